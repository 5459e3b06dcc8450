// The address of a card or a badge, opened where there is no signal: one tap keeps the meeting on this phone.

import { nameOf } from "../../scanner/whose.js";
import { flush } from "../flush.js";
import { keep } from "../outbox.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const token = location.pathname.split("/").pop() ?? "";
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("page-met"));
  const page = document.createElement("div");
  page.className = "stack";
  page.append(template.content.cloneNode(true));
  main.replaceChildren(page);

  /** @type {import("../outbox.js").Item | null} */
  let scan = null;
  bind("keep", async () => {
    scan = await keep("scan", { token, event: null });
    show("kept");
  });
  bind("undo", async () => {
    await keep("void", { of: scan?.id });
    show("ask");
  });
  const known = await nameOf(token).catch(() => null);
  for (const name of page.querySelectorAll('[data-says="name"]')) name.textContent = known?.name ?? "";

  /** @param {string} name @param {() => Promise<void>} does */
  function bind(name, does) {
    page.querySelector(`[data-does="${name}"]`)?.addEventListener("click", async () => {
      await does().then(flush, () => show("not-kept"));
    });
  }

  /** @param {string} part */
  function show(part) {
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-part]"))) {
      one.hidden = one.dataset.part !== part;
    }
  }
}
