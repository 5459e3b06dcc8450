// Brings the browser's own question about a Home Screen where there is one, and tells what is true of this device.
// An offer (data-offer) shows itself only where something can come of it, and never again after an answer.

import { offer } from "../app.js";
import { answer, answered } from "../asked.js";
import { facts, said } from "../home-screen.js";

const ANSWERED = "home-screen-answered";

/** @param {HTMLElement} part */
export default function install(part) {
  const here = facts(said());
  const isOffer = "offer" in part.dataset;
  const button = part.querySelector("[data-install]");
  for (const one of part.querySelectorAll("[data-if]")) one.hidden = !here[one.dataset.if];
  if (here.ios) part.querySelector("details#ios")?.setAttribute("open", "");

  function end() {
    answer(ANSWERED);
    part.hidden = isOffer;
  }

  function show() {
    const canAsk = offer.question !== null;
    if (button) button.hidden = !canAsk;
    if (isOffer) part.hidden = here.installed || here.inside || answered(ANSWERED) || !(canAsk || here.ios);
  }

  button?.addEventListener("click", async () => {
    const { question } = offer;
    offer.question = null;
    await question.prompt();
    await question.userChoice;
    show();
    end();
  });
  part.querySelector("[data-refuse]")?.addEventListener("click", end);
  document.addEventListener("install-offered", show);
  show();
}
