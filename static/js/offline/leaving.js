// Signing out: what is mine leaves this phone at once. The server is told before anything else, as soon as it can be.

import { judge } from "./answers.js";
import { read, write } from "./me.js";
import { transact } from "./store.js";
import { ask } from "./wire.js";

const BY_ROW = ["outbox", "observations"], BY_KEY = ["copies", "rosters"];

/** Wipe what one person keeps here. What waits of anybody else stays. @param {string} me @param {string} csrf */
export async function leave(me, csrf) {
  await transact([...BY_ROW, ...BY_KEY, "meta"], "readwrite", (store) => {
    for (const name of BY_ROW) {
      const all = store(name).getAll();
      all.onsuccess = () => all.result.filter((row) => row.me === me).forEach((row) => store(name).delete(row.id));
    }
    for (const name of BY_KEY) store(name).delete(IDBKeyRange.bound([me], [me, []]));
    store("meta").clear();
    store("meta").put({ key: "left", value: { csrf } });
  });
  const worker = await navigator.serviceWorker?.getRegistration();
  const push = await worker?.pushManager?.getSubscription().catch(() => null);
  await push?.unsubscribe().catch(() => {}); // the server's half ends with the session
}

/** Say whether somebody has signed out here and the server doesn't know yet. */
export async function hasLeft() {
  return (await read("left")) !== null;
}

/** Tell the server that somebody has signed out here; say whether it knows now. @returns {Promise<boolean>} */
export async function tellServer() {
  const mark = await read("left");
  if (!mark) return true;
  let knows = await signOut(mark.csrf);
  if (knows === null) {
    const who = await ask("/api/v1/me");
    knows = judge(who).what === "sign_in" || (Boolean(who.body) && Boolean(await signOut(who.body.csrf)));
  }
  // With its answer the server may have had the browser forget all of it already.
  if (knows) await write("left", null).catch(() => {});
  return knows;
}

/** @param {string} csrf @returns {Promise<boolean | null>} null: the token is no longer good */
async function signOut(csrf) {
  const waiting = (await transact(["outbox"], "readonly", (store) => store("outbox").count())) ?? 0;
  const { what } = judge(await ask("/sign-out", {
    method: "POST",
    headers: { "X-CSRF-Token": csrf, "X-Answer": "next" },
    body: new URLSearchParams(waiting ? { others: "yes" } : {}),
  }));
  return what === "renew" ? null : what === "taken" || what === "sign_in";
}
