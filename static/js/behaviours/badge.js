// Lets the icon count what waits (data-waiting), where icons can: a page that shows it knows best.

/** @param {HTMLElement} part */
export default function badge(part) {
  const waiting = Number(part.dataset.waiting);
  const set = waiting ? navigator.setAppBadge?.(waiting) : navigator.clearAppBadge?.();
  set?.catch(() => {});
}
