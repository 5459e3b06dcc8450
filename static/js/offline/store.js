// The phone's own store: what waits to be sent, what was noted, and the copies for reading without signal. Knows no rule.

export const NAME = "marmalade";
const PATIENCE_MS = 5_000;
/**
 * What each version brought. A step only adds: what waits in the outbox waits through every one of them.
 * @type {((db: IDBDatabase) => void)[]}
 */
export const STEPS = [
  (db) => {
    db.createObjectStore("outbox", { keyPath: "id" });
    db.createObjectStore("observations", { keyPath: "id" });
    db.createObjectStore("meta", { keyPath: "key" });
  },
  (db) => {
    db.createObjectStore("copies", { keyPath: ["me", "name"] });
    db.createObjectStore("rosters", { keyPath: ["me", "event"] });
  },
];

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** Open the store once; after a failure the next call tries again. @returns {Promise<IDBDatabase>} */
export function open() {
  opening ??= connect(STEPS.length);
  opening.catch(() => { opening = null; });
  return opening;
}

/** @param {number} [version] @returns {Promise<IDBDatabase>} */
function connect(version) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, version);
    // An old page of ours may keep the store from being changed; it is told to let go, and seldom doesn't.
    const late = setTimeout(() => reject(new Error("The store is held by another page")), PATIENCE_MS);
    asked.onupgradeneeded = (event) => {
      for (const step of STEPS.slice(event.oldVersion)) step(asked.result);
    };
    asked.onsuccess = () => {
      clearTimeout(late);
      const db = asked.result;
      db.onversionchange = db.onclose = () => { opening = null; db.close(); };
      resolve(db);
    };
    asked.onerror = () => {
      clearTimeout(late);
      // A newer version of ourselves was here already. Its steps only added, so what we know is there.
      if (version && asked.error?.name === "VersionError") resolve(connect());
      else reject(asked.error);
    };
  });
}

/**
 * Do some work in one transaction, and return what its request found once it is all on the disk, not before.
 * @template T
 * @param {string[]} stores @param {IDBTransactionMode} mode
 * @param {(stores: (name: string) => IDBObjectStore) => { result: T } | void} work
 * @param {IDBTransactionDurability} [durability] "relaxed" for what can be fetched again: a scan would wait behind it
 * @returns {Promise<T | undefined>}
 */
export async function transact(stores, mode, work, durability = "strict") {
  const transaction = await begin(stores, mode, durability);
  return new Promise((resolve, reject) => {
    const asked = work((name) => transaction.objectStore(name));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("The store took it back"));
  });
}

/** @param {string[]} stores @param {IDBTransactionMode} mode @param {IDBTransactionDurability} durability */
async function begin(stores, mode, durability) {
  const start = async () => (await open()).transaction(stores, mode, { durability });
  return start().catch(() => {
    opening = null; // closed behind our back: once more, from the start
    return start();
  });
}
