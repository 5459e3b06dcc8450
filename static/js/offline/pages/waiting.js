// What waits on this phone, and what needs a look: send, try again, copy, remove.

import { flush } from "../flush.js";
import { current } from "../me.js";
import { all, remove, retry } from "../outbox.js";
import * as pause from "../pause.js";

/** @typedef {import("../outbox.js").Row} Row */

/** @param {string} id */
const copied = (id) =>
  /** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (document.getElementById(id)).content.cloneNode(true));
/** @param {string} kind */
const word = (kind) => copied("waiting-kinds").querySelector(`[data-kind="${kind}"]`)?.textContent ?? kind;
const hour = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });

/** @param {HTMLElement} main */
export async function draw(main) {
  const page = document.createElement("div");
  page.className = "stack";
  page.append(copied("page-waiting"));
  main.replaceChildren(page);
  bind(page, "send", async () => { await pause.cutShort(); await flush(); });
  bind(page, "export", async (button) => hand(await mine(), button));
  document.addEventListener("outbox-changed", () => show(page));
  await show(page);
}

async function mine() {
  const me = await current();
  return me ? all(me) : [];
}

/** @param {HTMLElement} page */
async function show(page) {
  const rows = await mine();
  for (const state of ["attention", "waiting"]) {
    const part = /** @type {HTMLElement} */ (page.querySelector(`[data-part="${state}"]`));
    const these = rows.filter((row) => row.state === state);
    part.hidden = !these.length;
    part.querySelector("[data-rows]")?.replaceChildren(...these.map(drawn));
  }
  /** @type {HTMLElement} */ (page.querySelector('[data-says="nothing"]')).hidden = rows.length > 0;
}

/** @param {Row} row */
function drawn(row) {
  const line = copied("waiting-row"), { item } = row;
  const says = (/** @type {string} */ name) => /** @type {HTMLElement} */ (line.querySelector(`[data-says="${name}"]`));
  says("kind").textContent = word(item.kind);
  const why = row.state === "attention" ? row.message || word(row.reason === "halve" ? "too_large" : "refused") : "";
  says("about").textContent = [hour.format(new Date(item.at)), item.text, why].filter(Boolean).join(" · ");
  const ways = /** @type {HTMLElement} */ (line.querySelector('[data-part="ways"]'));
  ways.hidden = row.state !== "attention";
  bind(ways, "retry", async () => { await retry([row.id]); await flush(); });
  bind(ways, "copy", (button) => hand([row], button));
  bind(ways, "remove", async (button) => {
    if (button.textContent === button.dataset.sure) await remove(row.id);
    else button.textContent = button.dataset.sure ?? "";
  });
  return line;
}

/** @param {HTMLElement} where @param {string} name @param {(button: HTMLElement) => unknown} does */
function bind(where, name, does) {
  const button = /** @type {HTMLElement} */ (where.querySelector(`[data-does="${name}"]`));
  button.addEventListener("click", () => does(button));
}

/** Hand what waits to whatever the phone can share with, else to its clipboard. @param {Row[]} rows @param {HTMLElement} button */
async function hand(rows, button) {
  const text = JSON.stringify({ v: 1, items: rows.map((row) => row.item) }, null, 1);
  const shared = await navigator.share?.({ text }).then(() => true, (fault) => fault.name === "AbortError");
  if (shared) return;
  await navigator.clipboard.writeText(text);
  const label = button.querySelector("[data-label]") ?? button;
  label.textContent = button.dataset.done ?? "";
}
