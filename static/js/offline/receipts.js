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

const RESULTS = new Set(["stored", "duplicate", "refused"]);
/** Refusals that pass: after the server's next version, when it is well again, when the event is over. */
const PASSING = new Set(["unknown_kind", "broken", "event_not_over"]);

/** Take the answers for these rows; return the ids of those that are settled. @param {Row[]} rows @param {unknown} said */
export async function take(rows, said) {
  const sent = new Map(rows.map((row) => [row.id, row]));
  const known = (Array.isArray(said) ? said : []).filter((one) => sent.has(one?.id) && RESULTS.has(one.result));
  const answers = known.filter((one) => one.result !== "refused" || !PASSING.has(one.reason));
  await transact(["outbox", "observations"], "readwrite", (store) => {
    for (const answer of answers) settle(store, /** @type {Row} */ (sent.get(answer.id)), answer);
  });
  await changed();
  if (answers.length) tell("outbox-answered", { answers });
  return new Set(answers.map((one) => String(one.id)));
}

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
