// Lets somebody in by name where there is no signal: kept on this phone. With signal the page behind the form answers.

import { mark } from "../door.js";
import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";
import { ask } from "../offline/wire.js";

/** @param {HTMLFormElement} form */
export default function walkIn(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, what_i_do: does } = Object.fromEntries(new FormData(form));
    if (form.hasAttribute("action") && (await ask("/api/v1/me")).status === 200) return form.submit();
    const fields = { event: Number(form.dataset.event), name: String(name).trim(), what_i_do: String(does).trim() };
    const item = await keep("walk_in", fields).catch(() => null);
    if (!item) return form.submit();
    mark(item);
    form.reset();
    flush();
  });
}
