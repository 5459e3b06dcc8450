// Sends a form as ever where there is signal. Where there is none, what it says is kept on this phone, and it says so.

import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";
import { ask } from "../offline/wire.js";

/** @param {HTMLFormElement} form */
export default function kept(form) {
  const { kind, takes = {}, ...fields } = JSON.parse(form.dataset.kept ?? "{}");
  let passed = false;

  form.addEventListener("submit", async (event) => {
    if (passed || event.defaultPrevented) return;
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    const said = new FormData(form);
    if (button?.name) said.append(button.name, button.value);
    if (button) button.disabled = true;
    const answer = await ask(form.action, { method: "POST", body: said, headers: { "X-Answer": "next" } });
    if (button) button.disabled = false;
    if (answer.body?.next) return location.assign(answer.body.next);
    // Refused, or a page of its own: sent once more, the way pages are, so that the page says what is wrong.
    if (answer.body && answer.status < 500) {
      passed = true;
      return form.requestSubmit(button);
    }
    await here(said);
  });

  /** @param {FormData} said */
  async function here(said) {
    for (const [name, from] of Object.entries(takes)) fields[name] = String(said.get(String(from)) ?? "");
    try {
      await keep(kind, fields);
      say("kept-here");
      flush();
    } catch {
      say("not-kept");
    }
  }

  /** @param {string} id */
  function say(id) {
    document.querySelector("[data-kept-says]")?.remove();
    const words = /** @type {HTMLTemplateElement} */ (document.getElementById(id)).content.cloneNode(true);
    const box = document.createElement("div");
    box.dataset.keptSays = id;
    box.append(words);
    form.after(box);
  }
}
