// What pages drawn on the phone are made of: templates of the shell, the words in them, and how old they are.

import { bind } from "../app.js";

/** @param {string} id @returns {DocumentFragment} */
export function copied(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {DocumentFragment} */ (template.content.cloneNode(true));
}

/** Put words wherever they belong, and hide what has none. @param {ParentNode} where @param {Record<string, string>} words */
export function say(where, words) {
  for (const [name, text] of Object.entries(words)) {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (where.querySelectorAll(`[data-says="${name}"]`))) {
      element.textContent = text;
      element.hidden = !text;
    }
  }
}

/** @param {ParentNode} where @param {string} name @returns {any} */
export const part = (where, name) => where.querySelector(`[data-part="${name}"]`);

/** Do something when a button is tapped. @param {ParentNode} where @param {string} name @param {(button: any) => unknown} does */
export function does(where, name, does) {
  for (const button of where.querySelectorAll(`[data-does="${name}"]`)) button.addEventListener("click", () => does(button));
}

/** Show a page, with the hour of its copy; without a copy, what to do. @param {HTMLElement} main @param {DocumentFragment} page @param {string} at */
export function lay(main, page, at) {
  const whole = document.createElement("div");
  whole.className = "stack";
  whole.append(page);
  say(whole, { age: age(at, new Date()) });
  main.replaceChildren(whole);
  bind(whole);
  return whole;
}

/** Write when a copy was made: its hour, and its day if that was another one. @param {string} at @param {Date} now */
export function age(at, now) {
  const then = new Date(at);
  if (Number.isNaN(then.valueOf())) return "";
  const hour = `${then.getHours()}:${String(then.getMinutes()).padStart(2, "0")}`;
  if (then.toDateString() === now.toDateString()) return hour;
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
  return `${day.format(then).replace(",", "")}, ${hour}`;
}
