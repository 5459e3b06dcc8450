// The organiser's room on the page: its numbers, its line, and a row for everybody.

// What is dispatched on the document when this page itself changed somebody's attendance.
export const CHANGED = "attendance-changed";

/**
 * @typedef {{ id: number, name: string, about: string, since: string, notes: string, kinds: string, standing: string, here: boolean, asks: boolean }} Said
 * @typedef {{ figures: Record<string, string>, outline: string, since: number, rows: Said[] }} News
 */
const WRITTEN = /** @type {const} */ (["name", "about", "since", "notes"]);

/** @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const byName = new Intl.Collator(document.documentElement.lang, { sensitivity: "base" }).compare;

/** @param {Element} row @param {string} name @returns {NodeListOf<HTMLElement>} */
const part = (row, name) => row.querySelectorAll(`[data-says="${name}"]`);
/** @param {Element} row */
const nameOf = (row) => part(row, "name")[0].textContent ?? "";

/** @param {Element} list */
export const rowsOf = (list) => /** @type {HTMLElement[]} */ ([...list.children]);

// Says whether a row is among those the list was narrowed to, by the words typed and the kind chosen.
/** @param {HTMLElement} row @param {HTMLElement} list */
export function fits(row, list) {
  const { typed = "", show = "" } = list.dataset;
  const said = `${nameOf(row)} ${part(row, "about")[0].textContent}`;
  return (!show || (row.dataset.kinds ?? "").split(" ").includes(show)) && plain(said).includes(plain(typed.trim()));
}

// What stands in a template resolves no address yet: only its words can be changed.
/** @param {Element} element @param {string} attribute @param {(path: string) => string} to */
function lead(element, attribute, to) {
  element.setAttribute(attribute, to(element.getAttribute(attribute) ?? ""));
}

/** @param {string} id */
const template = (id) => /** @type {HTMLTemplateElement} */ (document.getElementById(id)).content;

/** @param {HTMLElement} list @param {number} id */
function add(list, id) {
  const row = /** @type {any} */ (template("new-attendee").firstElementChild?.cloneNode(true));
  row.id = `place-${id}`;
  row.dataset.id = id;
  lead(row.querySelector("a"), "href", (/** @type {string} */ path) => path + id);
  const button = row.querySelector("button");
  if (button) lead(button, "formaction", (path) => path + id);
  return row;
}

/** @param {HTMLElement} list @param {HTMLElement} row */
function place(list, row) {
  const next = rowsOf(list).find((other) => byName(nameOf(other), nameOf(row)) > 0);
  list.insertBefore(row, next ?? null);
}

/** @param {HTMLElement} row @param {Said} said */
function write(row, said) {
  for (const name of WRITTEN) {
    for (const element of part(row, name)) element.textContent = said[name];
  }
  row.dataset.kinds = said.kinds;
  stand(row, said.standing);
}

// Says in word, colour and picture how somebody stands.
/** @param {Element} row @param {string} standing */
export function stand(row, standing) {
  const tag = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-tag-of="${standing}"]`));
  row.querySelector("[data-standing]")?.replaceChildren(tag.content.cloneNode(true));
}

// Offers what can be done about somebody now: a check-in, or its undo.
/** @param {Element} row @param {{ here?: unknown }} said @param {HTMLElement} list */
export function offer(row, said, list) {
  const button = row.querySelector("button");
  if (!button) return;
  button.value = said.here ? "no" : "yes";
  button.classList.toggle("button-quiet", Boolean(said.here));
  button.classList.toggle("button-secondary", !said.here);
  part(button, "action")[0].textContent = (said.here ? list.dataset.undo : list.dataset.checkIn) ?? "";
}

// A number that is told in words ("fewer than 5") is set smaller than figures are.
/** @param {string} text */
function number(text) {
  if (/^\d+$/.test(text)) return text;
  const words = document.createElement("span");
  words.className = "in-words";
  words.textContent = text;
  return words;
}

// Brings the page up to date. A row that no longer fits what the list was narrowed to stays until it is narrowed
// anew: whoever was just checked in must not vanish before a slip can be undone.
/** @param {HTMLElement} list @param {News} news */
export function show(list, news) {
  for (const [name, text] of Object.entries(news.figures)) {
    const figure = document.getElementById(`figure-${name}`);
    figure?.replaceChildren(number(text));
  }
  document.getElementById("outline")?.setAttribute("d", news.outline);
  for (const said of news.rows) {
    const known = document.getElementById(`place-${said.id}`);
    const row = known ?? add(list, said.id);
    write(row, said);
    offer(row, said, list);
    ask(said);
    if (!known) place(list, row);
    if (!known || row.hidden) row.hidden = !fits(row, list);
  }
  if (news.since === 0) drop(list, new Set(news.rows.map((said) => String(said.id))));
}

// Keeps the list of those who checked in off the list, where there is one, at who waits for the door's yes.
/** @param {Said} said */
function ask(said) {
  const waiting = document.getElementById("waiting");
  if (!waiting) return;
  const known = waiting.querySelector(`[data-asks="${said.id}"]`);
  if (!said.asks) known?.remove();
  else if (!known) waiting.querySelector("ul")?.append(question(said));
  waiting.hidden = !waiting.querySelector("[data-asks]");
}

/** @param {Said} said */
function question(said) {
  const row = /** @type {HTMLElement} */ (template("new-question").firstElementChild?.cloneNode(true));
  row.dataset.asks = String(said.id);
  for (const name of /** @type {const} */ (["name", "since"])) for (const element of part(row, name)) element.textContent = said[name];
  for (const button of row.querySelectorAll("button")) lead(button, "formaction", (path) => path.replace("/0", `/${said.id}`));
  return row;
}

/** @param {HTMLElement} list @param {Set<string>} left */
function drop(list, left) {
  for (const row of rowsOf(list)) if (!left.has(row.dataset.id ?? "")) row.remove();
}
