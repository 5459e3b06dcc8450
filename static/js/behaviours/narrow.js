// Narrows a list to the words that are being typed; without this the form's button does the same. Where nobody fits
// them as they are typed, the server is asked who may have been meant.

import { fits, rowsOf } from "../room.js";

const PAUSE = 250;

export default function narrow(form) {
  const list = document.getElementById(form.dataset.list);
  const nobody = document.getElementById(form.dataset.nobody);
  const typed = form.querySelector("input[type=search]");
  const only = list.dataset.show;
  let asked;
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;

  function again() {
    list.dataset.typed = typed.value;
    if ("everyone" in form.dataset) list.dataset.show = typed.value.trim() ? "" : only;
    for (const row of rowsOf(list)) row.hidden = !fits(row, list);
    nobody.hidden = anybody();
    clearTimeout(asked);
    if (!anybody() && form.dataset.asks) asked = setTimeout(ask, PAUSE);
  }

  const anybody = () => rowsOf(list).some((row) => !row.hidden);

  async function ask() {
    const words = typed.value;
    const answer = await fetch(`${form.dataset.asks}?q=${encodeURIComponent(words)}`).catch(() => null);
    const meant = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!meant || words !== typed.value) return;
    const ids = new Set(meant.ids.map(String));
    for (const row of rowsOf(list)) row.hidden = !ids.has(row.dataset.id);
    nobody.hidden = anybody();
  }

  typed.addEventListener("input", again);
  form.addEventListener("submit", (event) => anybody() && event.preventDefault());
  // What came with the page was narrowed by whoever may be asked, slips forgiven.
  if (typed.value && !form.dataset.asks) again();
}
