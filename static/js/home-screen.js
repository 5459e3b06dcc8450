// What this device and its browser make of a Home Screen, told from what they say of themselves.

/**
 * @typedef {{ agent: string, touches: number, standalone: boolean, secure: boolean, media: boolean }} Said
 * @typedef {{ ios: boolean, installed: boolean, inside: boolean, old: boolean }} Facts
 */

const REMINDED_SINCE = [16, 4];

/** @returns {Said} */
export function said() {
  return {
    agent: navigator.userAgent,
    touches: navigator.maxTouchPoints,
    standalone: matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true,
    secure: isSecureContext,
    media: Boolean(navigator.mediaDevices),
  };
}

/**
 * inside: in another app's browser, which has no camera or gives itself away; old: an iPhone that cannot be reminded.
 * @param {Said} said
 * @returns {Facts}
 */
export function facts({ agent, touches, standalone, secure, media }) {
  // An iPad calls itself a Mac, but no Mac has a screen to touch.
  const isPad = /Macintosh/.test(agent) && touches > 1;
  const ios = isPad || /iPhone|iPad|iPod/.test(agent);
  const app = /; wv\)/.test(agent) || (ios && !/Safari\//.test(agent));
  return { ios, installed: standalone, inside: !standalone && secure && (app || !media), old: ios && isOld(agent) };
}

/** @param {string} agent */
function isOld(agent) {
  const [major, minor] = (/(?: OS |Version\/)(\d+)[_.](\d+)/.exec(agent) ?? []).slice(1).map(Number);
  return major < REMINDED_SINCE[0] || (major === REMINDED_SINCE[0] && minor < REMINDED_SINCE[1]);
}
