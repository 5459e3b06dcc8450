// What waits, to be answered without signal: done, later, the wide circle; and a morning that has just ended.

import { read } from "../copies.js";
import { flush } from "../flush.js";
import { current } from "../me.js";
import { all, keep, remove } from "../outbox.js";
import { copied, does, lay, part, say } from "../paper.js";

/** @typedef {{ id: number, about: string, question: string, choices: string[], later: { day: string, label: string }[] }} Prompt */

/** @param {HTMLElement} main */
export async function draw(main) {
  const [copy, event, me] = [await read("today"), (await read("event"))?.body, await current()];
  if (!copy?.body || !me) return lay(main, copied("today-missing"), "");
  const page = copied("page-today"), prompts = part(page, "prompts"), rows = await all(me);
  const over = event?.here && !event.settled && Date.now() >= Date.parse(event.ends_at);
  const settled = rows.some(({ item }) => item.kind === "end" && item.event === event?.code);
  part(page, "over").hidden = !over || settled;
  for (const prompt of copy.body) {
    const said = rows.find(({ item }) => item.kind === "answer" && item.prompt === prompt.id);
    prompts.append(sheet(prompt, said?.id));
  }
  part(page, "nothing").hidden = copy.body.length > 0 || !part(page, "over").hidden;
  return lay(main, page, copy.at);
}

/** @param {Prompt} prompt @param {string} [answered] the item that answers it, if there is one */
function sheet(prompt, answered) {
  const one = copied(prompt.choices.length ? "today-prompt" : "today-needs-signal");
  say(one, { about: prompt.about, question: prompt.question });
  if (!prompt.choices.length) return one;
  for (const button of one.querySelectorAll("[data-does]")) {
    const name = /** @type {HTMLElement} */ (button).dataset.does ?? "";
    /** @type {HTMLElement} */ (button).hidden = name === "wide_circle" && !prompt.choices.includes(name);
  }
  const whole = /** @type {HTMLElement} */ (one.firstElementChild);
  for (const { day, label } of prompt.later) part(one, "days").append(choice(whole, prompt, day, label));
  for (const name of ["done", "wide_circle"]) does(one, name, () => answer(whole, prompt, { answer: name }));
  does(one, "undo", () => undo(whole));
  show(whole, answered);
  return one;
}

/** @param {HTMLElement} whole @param {Prompt} prompt @param {string} day @param {string} label */
function choice(whole, prompt, day, label) {
  const button = copied("today-day");
  say(button, { label });
  does(button, "later", () => answer(whole, prompt, { answer: "later", until: day }));
  return button;
}

/** @param {HTMLElement} whole @param {Prompt} prompt @param {Record<string, string>} said */
async function answer(whole, prompt, said) {
  const item = await keep("answer", { prompt: prompt.id, ...said }).catch(() => null);
  if (item) show(whole, item.id);
  part(whole, "unkept").hidden = Boolean(item);
  flush();
}

/** @param {HTMLElement} whole */
async function undo(whole) {
  await remove(whole.dataset.answered ?? "");
  show(whole);
}

/** @param {HTMLElement} whole @param {string} [answered] */
function show(whole, answered = "") {
  whole.dataset.answered = answered;
  part(whole, "choices").hidden = Boolean(answered);
  part(whole, "saved").hidden = !answered;
}
