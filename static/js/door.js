// What was done at the door on this phone: shown at once, and marked as saved here until the server has it.

import { remove } from "./offline/outbox.js";
import { offer, stand } from "./room.js";

/** @typedef {import("./offline/outbox.js").Item} Item */

const PLACE = /\/events\/(\d+)\/attendance\/(\d+)(\/vouch)?$/;

/** Read what a button means: the kind of thing to keep, and its fields. @param {HTMLButtonElement} button @returns {[string, Record<string, unknown>]} */
export function meant(button) {
  const [, event, place, vouch] = PLACE.exec(new URL(button.formAction).pathname) ?? [];
  const fields = { event: Number(event), place: Number(place) };
  return vouch ? ["vouch", fields] : ["check_in", { ...fields, here: button.value === "yes" }];
}

/** Show on the page what was kept; return the row it shows in, if there is one. @param {Item} item */
export function mark(item) {
  const list = /** @type {HTMLElement} */ (document.getElementById("attendees"));
  document.querySelector(`[data-asks="${item.place}"]`)?.remove();
  if (item.kind === "walk_in") return stranger(item, list);
  const row = document.getElementById(`place-${item.place}`);
  if (!row || item.kind !== "check_in") return null;
  row.dataset.kinds = row.dataset.kinds?.replace(/\b(here|expected)\b/g, item.here ? "here" : "expected") ?? "";
  stand(row, item.here ? "present" : "going");
  offer(row, { here: item.here }, list);
  write(row, { since: item.here ? hour(item) : "", notes: list.dataset.saved ?? "" });
  return row;
}

/** Somebody who was let in here and has no place on the server yet. @param {Item} item @param {HTMLElement} list */
function stranger(item, list) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("new-attendee"));
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  row.id = `kept-${item.id}`;
  row.dataset.kinds = "walk_ins here";
  row.querySelector("a")?.removeAttribute("href");
  const button = /** @type {HTMLButtonElement | null} */ (row.querySelector("button"));
  if (button) offer(row, { here: true }, list);
  button?.setAttribute("type", "button");
  button?.addEventListener("click", async () => {
    await remove(item.id);
    row.remove();
  });
  stand(row, "present");
  write(row, { name: String(item.name), about: String(item.what_i_do ?? ""), since: hour(item), notes: list.dataset.saved ?? "" });
  list.prepend(row);
  return row;
}

/** @param {Element} row @param {Record<string, string>} words */
function write(row, words) {
  for (const [name, text] of Object.entries(words)) {
    for (const element of row.querySelectorAll(`[data-says="${name}"]`)) element.textContent = text;
  }
}

/** @param {Item} item */
const hour = ({ at }) => at.slice(11, 16).replace(/^0/, "");
