// What was last read, for reading it again without signal. Each copy belongs to one person and says how old it is.

import { current } from "./me.js";
import { transact } from "./store.js";

/** @typedef {{ body: any, at: string }} Copy `at`: when the server said so */

/** Return my copy of something, or null. @param {string} name @returns {Promise<Copy | null>} */
export async function read(name) {
  const me = await current();
  if (!me) return null;
  const row = await transact(["copies"], "readonly", (store) => store("copies").get([me, name]));
  return row ? { body: row.body, at: row.at } : null;
}

/** Keep a copy for whoever it was made for. @param {string} me @param {string} name @param {unknown} body @param {string} at */
export async function write(me, name, body, at) {
  await transact(["copies"], "readwrite", (store) => void store("copies").put({ me, name, body, at }));
}

/** Let go of a copy of mine. @param {string} me @param {string} name */
export async function forget(me, name) {
  await transact(["copies"], "readwrite", (store) => void store("copies").delete([me, name]));
}
