// What was done on this phone and is not known to be on the server yet. Rows belong to whoever was signed in.

import { current } from "./me.js";
import { tell } from "./news.js";
import { transact } from "./store.js";
import { local, v7 } from "./uuid.js";

/** @typedef {{ id: string, kind: string, at: string, seq: number, [field: string]: unknown }} Item */
/** @typedef {"waiting" | "attention"} State */
/** @typedef {{ id: string, me: string, item: Item, state: State, reason?: string, message?: string }} Row */

/** It could not be kept, and whoever did it has to be told. */
export class NotKept extends Error {}

/**
 * Keep what was just done; resolves when it is safely on this phone, and not before.
 * @param {string} kind @param {Record<string, unknown>} fields @returns {Promise<Item>}
 */
export async function keep(kind, fields) {
  try {
    const me = await current();
    if (!me) throw new NotKept("Nobody is signed in here");
    const item = { ...fields, id: v7(), kind, at: local(new Date()), seq: 0 };
    await transact(["outbox", "observations", "meta"], "readwrite", (store) => {
      const last = store("meta").get("seq");
      last.onsuccess = () => {
        item.seq = (last.result?.value ?? 0) + 1;
        store("meta").put({ key: "seq", value: item.seq });
        store("outbox").add({ id: item.id, me, item, state: "waiting" });
        if (kind === "scan") store("observations").add({ id: item.id, me, item, answer: null });
        if (kind === "void") change(store("observations"), fields.of, { voided: true });
      };
    });
    // It is kept, whether the others can be told or not. Whoever did it is told first: hence in a task of its own.
    setTimeout(() => changed().catch(() => {}));
    return item;
  } catch (reason) {
    tell("not-kept", null);
    throw reason instanceof NotKept ? reason : new NotKept("The phone's store refused", { cause: reason });
  }
}

/** @param {IDBObjectStore} store @param {any} id @param {object} news */
function change(store, id, news) {
  const known = store.get(id);
  known.onsuccess = () => known.result && store.put({ ...known.result, ...news });
}

/** Return somebody's rows in the order in which they were made. @param {string} me @returns {Promise<Row[]>} */
export async function all(me) {
  /** @type {Row[]} */
  const rows = (await transact(["outbox"], "readonly", (store) => store("outbox").getAll())) ?? [];
  return rows.filter((row) => row.me === me).sort((one, other) => one.item.seq - other.item.seq);
}

/** Count what is not on the server yet. @returns {Promise<{ waiting: number, attention: number }>} */
export async function tally() {
  const me = await current();
  const rows = me ? await all(me) : [];
  const attention = rows.filter((row) => row.state === "attention").length;
  return { waiting: rows.length - attention, attention };
}

/** Tell every page of ours how much waits now. */
export async function changed() {
  tell("outbox-changed", await tally());
}

/** Forget a row that somebody chose to throw away. @param {string} id */
export async function remove(id) {
  await transact(["outbox"], "readwrite", (store) => void store("outbox").delete(id));
  await changed();
}

/** Let rows that were put aside be sent again. @param {string[]} ids */
export async function retry(ids) {
  await transact(["outbox"], "readwrite", (store) => {
    for (const id of ids) change(store("outbox"), id, { state: "waiting" });
  });
  await changed();
}
