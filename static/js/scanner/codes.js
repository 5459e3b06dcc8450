// What a scanned text is: one of ours, by its host and its path alone, or something foreign, named for what it is.
// Knows no page and no network; nothing that was scanned is ever opened, and only what was parsed here is used.

/** @typedef {{ kind: "card" | "badge" | "poster" | "help", token: string }} Ours */
/** @typedef {"wifi" | "vcard" | "link" | "script" | "text" | "binary" | "broken" | "ours-unknown"} What */
/** @typedef {{ kind: "foreign", what: What, host?: string }} Foreign */

const LONGEST = 1_000;
const TOKEN = /^[a-z2-7]{26}$/, HELP = /^[\w-]+\.[\w-]+$/, CODE_LENGTH = 8;
const NOT_CROCKFORD = /[^0-9A-HJKMNP-TV-Z]/g;
const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;
const PLAIN_ADDRESS = /^https?:\/\/[!-[\]-~]+$/i;
/** @type {[RegExp, What][]} */
const BEGINNINGS = [
  [/^wifi:/i, "wifi"],
  [/^(begin:vcard|mecard:|bizcard:)/i, "vcard"],
  [/^[\s"']*(javascript|data|vbscript|blob|file|intent|market|view-source):/i, "script"],
  [/^(https?:|www\.|[a-z][a-z0-9+.-]*:\/\/)/i, "link"],
];

/**
 * Say what a scanned text is. `host` is our own, with its port where it has one.
 * @param {string} text
 * @param {string} host
 * @returns {Ours | Foreign}
 */
export function read(text, host) {
  const words = text.trim();
  const url = PLAIN_ADDRESS.test(words) ? parsed(words) : null;
  // Names and passwords before the host are there to look like another one.
  if (url && url.host === host.toLowerCase() && !url.username && !url.password) return ours(url.pathname);
  if (NO_TEXT.test(words) || words.length > LONGEST) return { kind: "foreign", what: "binary" };
  const [, what] = BEGINNINGS.find(([beginning]) => beginning.test(words)) ?? [null, "text"];
  return what === "link" && url ? { kind: "foreign", what, host: url.host } : { kind: "foreign", what };
}

/**
 * Read a typed short code as it was meant: any case, O as 0, I and L as 1, whatever stands between ignored.
 * @param {string} code
 * @returns {string | null} its eight characters, or null if it has more or fewer
 */
export function typed(code) {
  const meant = code.toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1").replace(NOT_CROCKFORD, "");
  return meant.length === CODE_LENGTH ? meant : null;
}

/** @param {string} words */
function parsed(words) {
  try {
    return new URL(words);
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @returns {Ours | Foreign}
 */
function ours(path) {
  const [, door, token, ...more] = path.replace(/\/$/, "").split("/");
  const place = { c: "card", b: "badge", e: "poster", h: "help" }[door?.toLowerCase() ?? ""];
  if (!place || !token || more.length) return { kind: "foreign", what: "ours-unknown" };
  const whole = { card: token.toLowerCase(), badge: token.toLowerCase(), poster: typed(token), help: token }[place];
  const isWhole = place === "poster" ? whole : (place === "help" ? HELP : TOKEN).test(whole ?? "");
  if (!isWhole) return { kind: "foreign", what: "broken" };
  return /** @type {Ours} */ ({ kind: place, token: whole });
}
