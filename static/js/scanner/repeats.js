// A code that stays in view is read many times a second, and counts once.

export const WHILE_MS = 3_000;

/** @param {() => number} [now] in milliseconds */
export function repeats(now = () => performance.now()) {
  /** @type {Map<string, number>} */
  const seen = new Map();

  /** Say whether this text was not seen within the last three seconds; seeing it counts. @param {string} text */
  return function isNew(text) {
    for (const [other, at] of seen) if (now() - at >= WHILE_MS) seen.delete(other);
    const known = seen.has(text);
    seen.set(text, now());
    return !known;
  };
}
