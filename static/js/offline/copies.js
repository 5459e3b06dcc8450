// What was last read, for reading it again without signal. Each copy belongs to one person and says how old it is.

import { current } from "./me.js";
import { transact } from "./store.js";

/** @typedef {{ body: any, at: string }} Copy `at`: when the server said so */
/** @typedef {{ me: string, tag: string, asked: number }} Known whose, and when last asked, by this phone's clock */

/** Return my copy of something, or null. @param {string} name @returns {Promise<Copy | null>} */
export async function read(name) {
  const me = await current();
  if (!me) return null;
  const row = await transact(["copies"], "readonly", (store) => store("copies").get([me, name]));
  return row ? { body: row.body, at: row.at } : null;
}

/**
 * Keep copies for whoever they were made for, all of them or none, and note by which tag to ask for newer ones.
 * @param {string} me @param {Record<string, unknown>} bodies by name @param {string} at @param {Known} known
 */
export async function write(me, bodies, at, known) {
  await transact(["copies", "meta"], "readwrite", (store) => {
    for (const [name, body] of Object.entries(bodies)) store("copies").put({ me, name, body, at });
    store("meta").put({ key: "copies", value: known });
  }, "relaxed");
}
