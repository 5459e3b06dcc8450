// The scanner without signal. It knows my own card, and the morning I am at, from what this phone has kept.

import { read } from "../copies.js";
import { copied, lay } from "../paper.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const [card, morning] = [(await read("card"))?.body, (await read("event"))?.body];
  const page = copied("page-scan"), scanner = /** @type {HTMLElement} */ (page.querySelector("[data-behaviour~=scan]"));
  const isOn = morning?.here && Date.now() < Date.parse(morning.closes_at);
  Object.assign(scanner.dataset, { mine: card?.address.split("/").at(-1) ?? "", event: isOn ? morning.code : "" });
  return lay(main, page, "");
}
