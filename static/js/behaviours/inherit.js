// A guest becomes one with somebody who has an account: what waits on this phone goes along with the rest.

import { current } from "../offline/me.js";
import { transact } from "../offline/store.js";

/** @param {HTMLFormElement} form `data-heir`: whose the rows are from now on */
export default function inherit(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await handOver(form.dataset.heir ?? "").catch(() => {}); // a phone that keeps nothing has nothing to hand over
    form.submit();
  }, { once: true });
}

/** @param {string} heir */
async function handOver(heir) {
  const me = await current();
  await transact(["outbox", "observations"], "readwrite", (store) => {
    for (const name of ["outbox", "observations"]) {
      const all = store(name).getAll();
      all.onsuccess = () => all.result.forEach((row) => row.me === me && store(name).put({ ...row, me: heir }));
    }
  });
}
