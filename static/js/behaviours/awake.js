// Keeps the screen lit while somebody looks at this: a code that goes dark cannot be scanned. A phone that has no such
// promise to give, or a battery too low for it, dims as it always did.

/**
 * Asks for the screen to stay lit, again whenever the page comes back; what it returns lets it go dark.
 * @returns {() => void}
 */
export function stayAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let wanted = true;

  async function hold() {
    if (!wanted || document.hidden) return;
    lock = await navigator.wakeLock?.request("screen").catch(() => null) ?? null;
    // Let go of while it was being asked for.
    if (!wanted) lock?.release();
  }

  document.addEventListener("visibilitychange", hold);
  hold();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", hold);
    lock?.release();
  };
}

export default function awake() {
  stayAwake();
}
