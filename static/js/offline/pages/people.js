// Whom I met at the last two events, and whose cards are on this phone alone so far.

import { read } from "../copies.js";
import { copied, lay, part, say } from "../paper.js";
import { scanned } from "../scanned.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const [copy, fresh] = [await read("people"), await scanned()];
  const waiting = fresh.filter((one) => one.waits);
  if (!copy?.body && !waiting.length) return lay(main, copied("people-missing"), "");
  const page = copied("page-people"), lists = part(page, "lists");
  if (waiting.length) lists.append(section("people-waiting", {}, waiting.map(({ name, hour }) => row({ name, hour, line: "" }))));
  for (const { event, day, people } of copy?.body ?? []) lists.append(section("people-event", { event, day }, people.map(row)));
  part(page, "nobody").hidden = lists.childElementCount > 0;
  part(page, "aged").hidden = !copy;
  return lay(main, page, copy?.at ?? "");
}

/** @param {string} id @param {Record<string, string>} words @param {DocumentFragment[]} rows */
function section(id, words, rows) {
  const whole = copied(id);
  say(whole, words);
  part(whole, "rows").append(...rows);
  return whole;
}

/** @param {{ name: string, firm?: string, line: string, hour: string }} person */
function row({ name, firm = "", line, hour }) {
  const one = copied("people-row");
  say(one, { line: [line, firm].filter(Boolean).join(" · "), hour, letters: letters(name) });
  if (name) say(one, { name });
  return one;
}

/** @param {string} name */
function letters(name) {
  const found = name.split(/\s+/).map((word) => [...word][0]).filter((first) => first && /\p{L}/u.test(first));
  return [found[0], found.length > 1 ? found.at(-1) : ""].join("").toUpperCase();
}
