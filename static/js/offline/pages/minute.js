// The minute when an event ends: one person met after the other, then whether it was worth it. All of it may be skipped.

import { flush } from "../flush.js";
import { keep } from "../outbox.js";
import { copied, does, part, say } from "../paper.js";
import { scanned } from "../scanned.js";

/**
 * @param {HTMLElement} place @param {{ code: string, name: string, starts_at: string, poll: string, met: { of: string, name: string }[] }} event
 * @param {string} at when the copy of the event was made @param {() => unknown} done
 */
export async function minute(place, event, at, done) {
  const met = await everyone(event, at);

  /** @param {number} turn */
  function next(turn) {
    place.replaceChildren(turn < met.length ? about(met[turn], turn) : end());
    if (turn) /** @type {HTMLElement} */ (place.querySelector("h2")).focus();
  }

  /** @param {{ of: string, name: string, hour?: string }} one @param {number} turn */
  function about({ of, name, hour }, turn) {
    const sheet = copied("minute-one"), form = /** @type {HTMLFormElement} */ (sheet.querySelector("form"));
    say(sheet, { event: event.name, progress: `${turn + 1}/${met.length}`, hour: name ? "" : hour ?? "" });
    if (name) say(sheet, { name, first: name.split(/\s+/)[0] });
    form.addEventListener("submit", async (submitted) => {
      submitted.preventDefault();
      const said = filled(form);
      if (Object.keys(said).length) await keep("fit", { of, ...said }).catch(() => {});
      flush();
      next(turn + 1);
    });
    does(sheet, "skip", () => next(turn + 1));
    return sheet;
  }

  function end() {
    const sheet = copied("minute-end"), form = /** @type {HTMLFormElement} */ (sheet.querySelector("form"));
    say(sheet, { event: event.name, poll: event.poll });
    part(sheet, "poll").hidden = !event.poll;
    form.addEventListener("submit", async (submitted) => {
      submitted.preventDefault();
      await keep("end", { event: event.code, worth: "", answer: "", ...filled(form) }).catch(() => {});
      flush();
      done();
    });
    return sheet;
  }

  next(0);
}

/** What was said, and nothing that was left open: that stays as it may stand already. @param {HTMLFormElement} form */
function filled(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, said]) => [name, String(said).trim()]).filter(([, said]) => said));
}

/** Whom I met there: as the copy has it, and whom this phone has scanned since. @param {any} event @param {string} at */
async function everyone(event, at) {
  const begun = Date.parse(event.starts_at) - 2 * 3_600_000, known = new Set(event.met.map((/** @type {any} */ one) => one.of));
  const since = (await scanned()).filter((one) => !known.has(one.of) && (one.event === event.code || Date.parse(one.at) > begun)
    && (one.waits || Date.parse(one.at) > Date.parse(at)));
  return [...event.met, ...since.reverse()];
}
