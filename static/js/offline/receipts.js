// What the server answered, item by item. A row goes by its own receipt only; what is refused is put aside, never dropped.

import { changed } from "./outbox.js";
import { tell } from "./news.js";
import { transact } from "./store.js";

/** @typedef {import("./outbox.js").Row} Row */
/**
 * @typedef {object} Answer
 * @property {string} id
 * @property {"stored" | "duplicate" | "refused"} result
 * @property {string | null} reason
 * @property {string | null} message
 */

/** Take the answers for these rows; return how many of them are settled. @param {Row[]} rows @param {unknown} said @returns {Promise<number>} */
export async function take(rows, said) {
  const sent = new Map(rows.map((row) => [row.id, row]));
  const answers = (Array.isArray(said) ? said : []).filter((one) => sent.has(one?.id) && RESULTS.has(one.result));
  await transact(["outbox", "observations"], "readwrite", (store) => {
    for (const answer of answers) settle(store, /** @type {Row} */ (sent.get(answer.id)), answer);
  });
  await changed();
  if (answers.length) tell("outbox-answered", { answers });
  return answers.length;
}

const RESULTS = new Set(["stored", "duplicate", "refused"]);

/** @param {(name: string) => IDBObjectStore} store @param {Row} row @param {Answer} answer */
function settle(store, row, answer) {
  const { reason, message } = answer;
  if (answer.result === "refused") store("outbox").put({ ...row, state: "attention", reason, message });
  else store("outbox").delete(row.id);
  const noted = store("observations").get(row.id);
  noted.onsuccess = () => noted.result && store("observations").put({ ...noted.result, answer });
}

/** Put one row aside that the server would not even read. @param {Row} row @param {string} reason @param {string} message */
export async function setAside(row, reason, message) {
  await transact(["outbox"], "readwrite", (store) => {
    store("outbox").put({ ...row, state: "attention", reason, message });
  });
  await changed();
}
