// The door without signal: the list as it was, with what this phone has changed since; check-ins, undo, walk-ins.

import { read } from "../copies.js";
import { current } from "../me.js";
import { copied, lay, part, say } from "../paper.js";
import { show } from "../../room.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const number = Number(location.pathname.split("/")[2]), [copy, me] = [await read("doors"), await current()];
  const door = copy?.body.find((/** @type {any} */ one) => one.id === number);
  if (!copy || !door || !me || Date.now() >= Date.parse(door.closes_at)) return lay(main, copied("door-missing"), "");
  const page = copied("page-door");
  say(page, { name: door.name, when: door.when });
  for (const form of page.querySelectorAll("form")) form.dataset.event = String(door.id);
  const isOpen = Date.now() >= Date.parse(door.opens_at);
  part(page, "early").hidden = isOpen;
  part(page, "walk-in").hidden = !isOpen;
  const whole = lay(main, page, copy.at), list = part(whole, "rows");
  /** @type {HTMLElement} */ (document.querySelector("h1")).textContent = part(whole, "title").textContent;
  list.dataset.show = new URLSearchParams(location.search).get("show") ?? "expected";
  whole.querySelector(`a[href="?show=${CSS.escape(list.dataset.show)}"]`)?.setAttribute("aria-current", "true");
  lead(whole, door.id);
  show(list, { figures: {}, outline: "", since: 1, rows: door.rows });
  if (!isOpen) for (const button of list.querySelectorAll(".list-side")) button.remove();
  return whole;
}

/** The rows of the shell are nobody's: they lead to this event's places from here on. @param {HTMLElement} whole @param {number} number */
function lead(whole, number) {
  for (const template of whole.querySelectorAll("template")) {
    for (const element of template.content.querySelectorAll("[href], [formaction]")) {
      for (const name of ["href", "formaction"]) {
        const path = element.getAttribute(name);
        if (path) element.setAttribute(name, path.replace("/events/0/", `/events/${number}/`));
      }
    }
  }
}
