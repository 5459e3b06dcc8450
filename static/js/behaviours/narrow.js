// Narrows a list to the words that are being typed; without this the form's button does the same.

import { fits, rowsOf } from "../room.js";

export default function narrow(form) {
  const list = document.getElementById(form.dataset.list);
  const nobody = document.getElementById(form.dataset.nobody);
  const typed = form.querySelector("input[type=search]");
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;

  function again() {
    list.dataset.typed = typed.value;
    for (const row of rowsOf(list)) row.hidden = !fits(row, list);
    nobody.hidden = rowsOf(list).some((row) => !row.hidden);
  }

  typed.addEventListener("input", again);
  form.addEventListener("submit", (event) => event.preventDefault());
  if (typed.value) again();
}
