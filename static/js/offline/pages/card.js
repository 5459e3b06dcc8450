// My card without signal: the code, my name, my line and the short code, as they were when there was signal.

import { read } from "../copies.js";
import { copied, lay, part, say } from "../paper.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const copy = await read("card");
  if (!copy?.body) return lay(main, copied("card-missing"), "");
  const { name, line, short_code, svg } = copy.body, page = copied("page-card");
  say(page, { name, line, begin: short_code.slice(0, 4), end: short_code.slice(4) });
  const code = part(page, "code"), squares = part(page, "squares"), ground = part(page, "ground");
  code.setAttribute("viewBox", `0 0 ${svg.side} ${svg.side}`);
  ground.setAttribute("d", `M0 0h${svg.side}v${svg.side}H0z`);
  squares.setAttribute("d", svg.path);
  return lay(main, page, copy.at);
}
