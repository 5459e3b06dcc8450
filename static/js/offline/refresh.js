// Brings what may be read without signal up to date: at the start, when somebody looks again, when something was sent.

import { write } from "./copies.js";
import { current, read as recall, write as note } from "./me.js";
import * as rosters from "./rosters.js";
import { tell } from "./news.js";
import { transact } from "./store.js";
import { ask } from "./wire.js";

const PATH = "/api/v1/copies", EVERY_MS = 3 * 60_000, DAY_MS = 86_400_000;
const NAMES = ["card", "people", "today", "event", "doors"];
const KEPT_DAYS = 14;

/** Begin: once a page. */
export async function start() {
  document.addEventListener("visibilitychange", () => !document.hidden && refresh().catch(() => {}));
  addEventListener("online", () => refresh(true).catch(() => {}));
  // What was just sent has changed what waits and who is here.
  document.addEventListener("outbox-answered", () => refresh(true).catch(() => {}));
  await refresh();
  await tidy(Date.now());
}

/** Ask for the copies, unless that was a moment ago; `anyway` asks all the same. @param {boolean} [anyway] */
export async function refresh(anyway = false) {
  const me = await current(), asked = await recall("copies");
  if (!me || !navigator.onLine) return;
  const mine = asked?.me === me ? asked : null;
  if (mine && !anyway && Math.abs(Date.now() - mine.asked) < EVERY_MS) return;
  const { status, body } = await ask(PATH, mine ? { headers: { "If-None-Match": `"${mine.tag}"` } } : {});
  if (status === 200 && body?.v === 1) await take(body);
  else if (status === 304 && mine) await note("copies", { ...mine, asked: Date.now() });
  else return;
  await rosters.refresh();
}

/** @param {any} body */
async function take(body) {
  const bodies = Object.fromEntries(NAMES.map((name) => [name, body[name]]));
  await write(body.me, bodies, body.at, { me: body.me, tag: body.tag, asked: Date.now() });
  tell("copies-changed", null);
}

/** Let go of what is too old to be kept, whoever's it is: a card stays until its owner signs out. @param {number} now */
export async function tidy(now) {
  await transact(["copies", "rosters"], "readwrite", (store) => {
    each(store("copies"), (row) => isOver(row, now) || (row.name !== "card" && now - Date.parse(row.at) > KEPT_DAYS * DAY_MS));
    each(store("rosters"), (row) => now - row.kept > rosters.KEPT_DAYS * DAY_MS);
  }, "relaxed");
}

/** The list of a door names everyone who was expected: it goes when the last of them has closed. @param {any} row @param {number} now */
function isOver({ name, body }, now) {
  return name === "doors" && body.length > 0 && body.every((/** @type {any} */ door) => Date.parse(door.closes_at) <= now);
}

/** @param {IDBObjectStore} store @param {(row: any) => boolean} isOld */
function each(store, isOld) {
  const all = store.openCursor();
  all.onsuccess = () => {
    if (!all.result) return;
    if (isOld(all.result.value)) all.result.delete();
    all.result.continue();
  };
}
