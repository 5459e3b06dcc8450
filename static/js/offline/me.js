// Whose phone this is right now: an opaque key, told by every signed-in page and remembered for the offline ones.

import { transact } from "./store.js";

/** Return the key of whoever is signed in here, as far as this phone knows, or null. @returns {Promise<string | null>} */
export async function current() {
  return told() ?? (await read("me"));
}

/** Return what the page itself says. @returns {string | null} */
export function told() {
  return globalThis.document?.body?.dataset.me || null;
}

/** Remember whom this page is for. What waits of anybody else stays where it is, unseen. */
export async function remember() {
  const me = told();
  if (me && me !== (await read("me"))) await write("me", me);
}

/** Read one thing that this phone remembers. @param {string} key @returns {Promise<any>} */
export async function read(key) {
  const row = await transact(["meta"], "readonly", (store) => store("meta").get(key));
  return row?.value ?? null;
}

/** Remember something; null forgets it. Lost with the phone's power, it is told or asked again. @param {string} key @param {unknown} value */
export async function write(key, value) {
  await transact(["meta"], "readwrite", (store) => {
    if (value === null) store("meta").delete(key);
    else store("meta").put({ key, value });
  }, "relaxed");
}
