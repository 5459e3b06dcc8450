// Asks the server something, and says plainly what came back. Whoever else answers in between is not the server.

const PATIENCE_MS = 10_000;
const SERVICE = "marmalade";

/**
 * @typedef {object} Facts What came back: status 0 is nothing at all.
 * @property {number} status
 * @property {boolean} isJson
 * @property {any} body ours, or null
 * @property {string | null} retryAfter
 * @property {string | null} date
 */

/** @type {Facts} */
const NOTHING = { status: 0, isJson: false, body: null, retryAfter: null, date: null };

/**
 * Ask, for ten seconds at most and without following anybody elsewhere.
 * @param {string} path @param {RequestInit} [init] @returns {Promise<Facts>}
 */
export async function ask(path, init = {}) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const headers = { Accept: "application/json", ...init.headers };
    const answer = await fetch(path, { ...init, headers, redirect: "error", cache: "no-store", signal: stop.signal });
    return await read(answer);
  } catch {
    return NOTHING;
  } finally {
    clearTimeout(late);
  }
}

/** @param {Response} answer @returns {Promise<Facts>} */
async function read(answer) {
  const isJson = /^application\/(problem\+)?json\b/.test(answer.headers.get("Content-Type") ?? "");
  const said = isJson ? await answer.json().catch(() => null) : null;
  return {
    status: answer.status,
    isJson: isJson && said !== null,
    body: said?.svc === SERVICE ? said : null,
    retryAfter: answer.headers.get("Retry-After"),
    date: answer.headers.get("Date"),
  };
}
