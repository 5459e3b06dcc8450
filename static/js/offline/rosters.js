// The locked rosters on this phone: fetched from a day before an event until it closes, kept for seven days.

import { read } from "./copies.js";
import { current } from "./me.js";
import { transact } from "./store.js";
import { ask } from "./wire.js";

/** @typedef {import("./locked-roster.js").Roster & { me: string, kept: number }} Row */

export const KEPT_DAYS = 7;
const AHEAD_MS = 24 * 3_600_000;
const CODE = /^\/e\/([0-9A-Z]{8})\b/i;

/** Return my rosters, the newest first. @returns {Promise<Row[]>} */
export async function mine() {
  const me = await current();
  /** @type {Row[]} */
  const rows = (await transact(["rosters"], "readonly", (store) => store("rosters").getAll())) ?? [];
  return rows.filter((row) => row.me === me).sort((one, other) => other.kept - one.kept);
}

/** Bring up to date whichever I shall need: of the event that this page is about, and of those within a day. */
export async function refresh() {
  const known = await mine();
  for (const event of await wanted()) {
    const have = known.find((row) => row.event === event);
    const tag = have ? { headers: { "If-None-Match": `"${have.version}"` } } : {};
    const { status, body } = await ask(`/api/v1/events/${event}/roster`, tag);
    // One of another format is kept as well: whoever updates the app tomorrow can read it then.
    if (status === 200 && body?.plates) await keep(body);
    else if (status === 304 && have) await keep(have);
  }
}

/** @param {any} roster */
async function keep({ me, v, event, version, plates, ways }) {
  await transact(["rosters"], "readwrite", (store) => {
    store("rosters").put({ me, v, event, version, plates, ways, kept: Date.now() });
  }, "relaxed");
}

/** @returns {Promise<Set<string>>} */
async function wanted() {
  const here = globalThis.location?.pathname.match(CODE)?.[1].toUpperCase();
  const [mine, doors] = [await read("event"), await read("doors")];
  const events = [mine?.body, ...(doors?.body ?? [])].filter((event) => event && isNear(event));
  return new Set([...(here ? [here] : []), ...events.map((event) => event.code)]);
}

/** @param {{ starts_at: string, closes_at: string }} event */
function isNear({ starts_at, closes_at }) {
  return Date.parse(starts_at) - AHEAD_MS <= Date.now() && Date.now() < Date.parse(closes_at);
}
