// Sends a tap on somebody's row without leaving the page; without this the page comes back at that row.

import { CHANGED } from "../room.js";

export default function checkIn(form) {
  const fault = document.getElementById(form.dataset.fault);

  async function send(button) {
    const body = new FormData(form);
    if (button.name) body.append(button.name, button.value);
    const answer = await fetch(button.formAction, {
      method: "POST", body, redirect: "error", headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(`The door answered ${answer.status}`);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    try {
      await send(button);
      fault.hidden = true;
      document.dispatchEvent(new Event(CHANGED));
    } catch {
      button.closest("li").append(fault);
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
