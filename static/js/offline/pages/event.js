// The morning without signal: when and where, how many, that I'm here; and when it ends, a minute for whom one met.

import { read } from "../copies.js";
import { flush } from "../flush.js";
import { current } from "../me.js";
import { all, keep } from "../outbox.js";
import { copied, does, lay, part, say } from "../paper.js";
import { minute } from "./minute.js";

/** @param {HTMLElement} main */
export async function draw(main) {
  const [copy, doors, me] = [await read("event"), (await read("doors"))?.body ?? [], await current()];
  if (!copy || !me) return lay(main, copied("event-missing"), "");
  const event = copy.body, rows = await all(me);
  if (!event) return lay(main, doors.length ? keepers(doors) : copied("event-none"), copy.at);
  const page = copied("page-event"), said = rows.map(({ item }) => item).filter((item) => item.event === event.code);
  say(page, {
    name: event.name, place: event.place, when: event.when, since: event.since,
    present: String(event.figures.present), expected: String(event.figures.expected),
  });
  const now = Date.now(), here = event.here, told = said.some((item) => item.kind === "arrive");
  const isOn = Date.parse(event.opens_at) <= now && now < Date.parse(event.closes_at);
  part(page, "here").hidden = !here;
  part(page, "told").hidden = here || !told;
  part(page, "early").hidden = now >= Date.parse(event.opens_at);
  part(page, "arrive").hidden = here || told || !isOn;
  part(page, "doors").append(keepers(doors));
  does(page, "arrive", (button) => arrive(button, main, event));
  const over = (here || told) && now >= Date.parse(event.ends_at);
  const isSettled = event.settled || said.some((item) => item.kind === "end");
  part(page, "settled").hidden = !over || !isSettled;
  const whole = lay(main, page, copy.at);
  if (over && !isSettled) await minute(part(whole, "minute"), event, copy.at, () => draw(main));
  return whole;
}

/** @param {{ id: number, name: string, when: string }[]} doors */
function keepers(doors) {
  const links = copied("event-doors"), list = part(links, "links");
  for (const { id, name, when } of doors) {
    const link = copied("event-door");
    say(link, { door: name, when });
    /** @type {HTMLAnchorElement} */ (link.querySelector("a")).href = `/events/${id}/door`;
    list.append(link);
  }
  return doors.length ? links : document.createDocumentFragment();
}

/** @param {any} button @param {HTMLElement} main @param {{ code: string }} event */
async function arrive(button, main, { code }) {
  button.disabled = true;
  await keep("arrive", { event: code }).catch(() => null); // the strip across the top says when a phone keeps nothing
  flush();
  await draw(main);
}
