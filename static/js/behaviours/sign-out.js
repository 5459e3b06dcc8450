// Before one signs out: what isn't sent yet is sent or thrown away, as one likes. Then all of it leaves this phone.

import { flush } from "../offline/flush.js";
import { leave, tellServer } from "../offline/leaving.js";
import { current } from "../offline/me.js";
import { all } from "../offline/outbox.js";
import * as pause from "../offline/pause.js";

/** @param {HTMLFormElement} form */
export default function signOut(form) {
  const question = /** @type {HTMLElement} */ (document.getElementById(form.dataset.asks ?? ""));
  const says = /** @type {HTMLElement} */ (question.querySelector("[data-says]"));
  const still = /** @type {HTMLElement} */ (question.querySelector("[data-still]"));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const me = await current().catch(() => null);
    const unsent = me ? await all(me).catch(() => []) : [];
    if (!me) return form.submit(); // this browser keeps nothing
    if (!unsent.length) return go(me);
    const { one, many } = says.dataset;
    says.textContent = unsent.length === 1 ? one ?? "" : (many ?? "").replace("{n}", String(unsent.length));
    question.hidden = false;
    question.querySelector("button")?.focus();
  });

  const does = {
    send: async (/** @type {string} */ me) => {
      await pause.cutShort();
      await flush();
      still.hidden = !(await all(me)).length;
      if (still.hidden) await go(me);
    },
    discard: go,
    stay: () => { question.hidden = true; },
  };
  for (const [name, way] of Object.entries(does)) {
    question.querySelector(`[data-does="${name}"]`)?.addEventListener("click", async () => way(await current() ?? ""));
  }

  /** @param {string} me */
  async function go(me) {
    await leave(me, String(new FormData(form).get("csrf_token")));
    await tellServer();
    // Without signal this is the frame that says so.
    location.replace("/");
  }
}
