// Keeps a tap on somebody's row on this phone and sends it at once; without this the page comes back at that row.

import { mark, meant } from "../door.js";
import { flush } from "../offline/flush.js";
import { current } from "../offline/me.js";
import { all, keep } from "../offline/outbox.js";
import { CHANGED, fits } from "../room.js";

/** @param {HTMLFormElement} form */
export default function checkIn(form) {
  const fault = /** @type {HTMLElement} */ (document.getElementById(form.dataset.fault ?? ""));
  const words = /** @type {HTMLElement} */ (fault.querySelector("p")), unsaved = words.textContent;
  /** @type {Map<string, import("../offline/outbox.js").Item>} */
  const mine = new Map();

  /** A phone that keeps nothing sends it as it always did. @param {HTMLButtonElement} button */
  async function send(button) {
    const body = new FormData(form);
    if (button.name) body.append(button.name, button.value);
    const answer = await fetch(button.formAction, {
      method: "POST", body, redirect: "error", headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(`The door answered ${answer.status}`);
    document.dispatchEvent(new Event(CHANGED));
  }

  /** @param {HTMLButtonElement} button */
  async function done(button) {
    const item = await keep(...meant(button)).catch(() => null);
    if (!item) return send(button);
    mine.set(item.id, item);
    mark(item);
    flush();
  }

  /** @param {Element | null | undefined} row @param {string | null} why */
  function sorry(row, why) {
    words.textContent = why;
    row?.append(fault);
    fault.hidden = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    button.disabled = true;
    fault.hidden = true;
    await done(button).catch(() => sorry(button.closest("li"), unsaved));
    button.disabled = false;
  });

  /** What waited already when this page was opened stands where the list has it now. */
  async function again() {
    const me = await current(), list = /** @type {HTMLElement} */ (document.getElementById("attendees"));
    for (const { item, state } of me ? await all(me) : []) {
      if (state !== "waiting" || item.event !== Number(form.dataset.event)) continue;
      mine.set(item.id, item);
      const row = mark(item);
      if (row) row.hidden = !fits(row, list);
    }
  }

  document.addEventListener("outbox-answered", ({ detail }) => {
    for (const { id, result, message } of detail.answers) {
      const item = mine.get(id);
      document.getElementById(`kept-${id}`)?.remove();
      if (!item || result !== "refused") continue;
      mark({ ...item, here: !item.here });
      sorry(document.getElementById(`place-${item.place}`), message ?? unsaved);
    }
    document.dispatchEvent(new Event(CHANGED));
  });
  again().catch(() => {}); // a phone that keeps nothing has nothing to show
}
