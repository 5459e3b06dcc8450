// What to do about an answer. Pure: no clock, no network, no store.

/** @typedef {import("./wire.js").Facts} Facts */
/** @typedef {"taken" | "sign_in" | "renew" | "somebody_else" | "halve" | "singly" | "wait"} What */
/** @typedef {{ what: What, after: number | null }} Verdict `after`: milliseconds that the server asked for */

const FIRST_MS = 2_000, MOST_MS = 5 * 60_000, LONGEST_MS = 60 * 60_000;

/** @type {Record<number, What>} */
const MEANINGS = { 401: "sign_in", 403: "renew", 413: "halve", 400: "singly", 422: "singly" };

/** Judge what came back for a batch. Whatever is not clearly ours is a bad line. @param {Facts} facts @returns {Verdict} */
export function judge(facts) {
  const { status, isJson, body } = facts;
  const after = asked(facts.retryAfter, facts.date);
  if (status >= 200 && status < 300) return { what: body ? "taken" : "wait", after };
  if (status === 409 && body?.reason === "somebody_else") return { what: "somebody_else", after };
  // A proxy in front refuses what is too long in its own words; smaller is never wrong.
  const isOurs = isJson || status === 413;
  return { what: (isOurs && MEANINGS[status]) || "wait", after };
}

/**
 * Return for how long the server asked us to wait, in milliseconds: seconds or a date (RFC 9110 §10.2.3), which is
 * read against the server's own clock, for this phone's may be anything.
 * @param {string | null} header @param {string | null} date @returns {number | null}
 */
export function asked(header, date) {
  if (!header) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.parse(date ?? "")) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1_000, 1_000), LONGEST_MS) : null;
}

/** Return how long to wait after so many failures in a row: twice as long each time, ± half by chance. */
export function backOff(/** @type {number} */ tries, /** @type {number} */ chance) {
  return Math.min(FIRST_MS * 2 ** Math.min(tries, 20), MOST_MS) * (0.5 + chance);
}
