// Draws what this phone has of a page. Which page that is, the address says.

import { read } from "../offline/me.js";

/** @type {[RegExp, string][]} */
const PAGES = [
  [/^\/(today)?$/, "today"],
  [/^\/people$/, "people"],
  [/^\/scan$/, "scan"],
  [/^\/card$/, "card"],
  [/^\/event$/, "event"],
  [/^\/e\/\w+$/, "event"],
  [/^\/events\/\d+\/door$/, "door"],
  [/^\/[bc]\/\w+$/i, "met"],
  [/^\/waiting$/, "waiting"],
];

/** @param {HTMLElement} main */
export default async function shell(main) {
  markPlace();
  if (await read("left").catch(() => null)) return say(main, "page-left");
  const name = PAGES.find(([form]) => form.test(location.pathname))?.[1];
  const page = name && await import(`../offline/pages/${name}.js`).catch(() => null);
  if (!page) return say(main, "page-elsewhere");
  await page.draw(main);
}

/** @param {HTMLElement} main @param {string} id */
function say(main, id) {
  const words = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  main.replaceChildren(words.content.cloneNode(true));
}

/** Show in the bar where we are, and call the page what the bar calls it. */
function markPlace() {
  const path = location.pathname === "/" ? "/today" : location.pathname;
  const place = document.querySelector(`.place[href="${CSS.escape(path)}"], .place[href="${path}"]`);
  if (!place) return;
  place.setAttribute("aria-current", "page");
  const heading = /** @type {HTMLElement} */ (document.querySelector("h1"));
  heading.textContent = place.textContent;
  document.title = document.title.replace(/^.* ·/, `${place.textContent} ·`);
}
