// This browser as one that may be sent messages: subscribed, told to the server, and subscribed anew where it must be.

import { ask } from "./offline/wire.js";

const PATH = "/api/v1/devices";
const PATIENCE_MS = 10_000;

/** @typedef {"on" | "off" | "failed"} State */

/** Without a network a browser may never answer: then it has failed. @template T @param {Promise<T>} work @returns {Promise<T>} */
export async function inTime(work, patience = PATIENCE_MS) {
  let clock;
  const late = new Promise((_resolve, reject) => { clock = setTimeout(() => reject(new Error("No answer")), patience); });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([work, late]));
  } finally {
    clearTimeout(clock);
  }
}

/**
 * Subscribe, or see that an older subscription still holds, and tell the server.
 * @param {any} manager the browser's PushManager @param {string} key ours, as it is now @param {string} me
 * @returns {Promise<State>}
 */
export async function begin(manager, key, me) {
  try {
    const found = await inTime(manager.getSubscription());
    const mine = found && sameKey(found, key) ? found : await anew(manager, found, key);
    const said = await post(mine, key, me);
    if (!said?.renew) return said ? "on" : "failed";
    return (await post(await anew(manager, mine, said.key), said.key, me)) ? "on" : "failed";
  } catch {
    return "failed";
  }
}

/** Tell the server that a subscription still holds, if there is one. @returns {Promise<State>} */
export async function again(/** @type {any} */ manager, /** @type {string} */ key, /** @type {string} */ me) {
  const found = await inTime(manager.getSubscription()).catch(() => null);
  return found ? begin(manager, key, me) : "off";
}

/** Send nothing more to this browser. @param {any} manager */
export async function end(manager) {
  const found = await inTime(manager.getSubscription()).catch(() => null);
  if (!found) return;
  await send("DELETE", { endpoint: found.endpoint }).catch(() => null);
  await found.unsubscribe();
}

/** @param {any} manager @param {any} old @param {string} key */
async function anew(manager, old, key) {
  if (old) await old.unsubscribe();
  return inTime(manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }));
}

/** @param {any} subscription @param {string} key */
function sameKey(subscription, key) {
  const used = subscription.options?.applicationServerKey;
  return !used || text(new Uint8Array(used)) === key;
}

/** @param {any} subscription @param {string} key @param {string} me */
function post(subscription, key, me) {
  const { endpoint, keys } = subscription.toJSON();
  return send("POST", { me, key, endpoint, p256dh: keys.p256dh, auth: keys.auth });
}

/** @param {string} method @param {any} body @returns {Promise<any>} what the server said, or null */
async function send(method, body) {
  const who = await ask("/api/v1/me");
  if (who.status !== 200 || (body.me && who.body?.me !== body.me)) return null;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": String(who.body.csrf) };
  const { status, body: said } = await ask(PATH, { method, headers, body: JSON.stringify(body) });
  return status === 200 ? said : null;
}

/** @param {string} key @returns {Uint8Array} */
function bytes(key) {
  return Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** @param {Uint8Array} content */
function text(content) {
  return btoa(String.fromCharCode(...content)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
