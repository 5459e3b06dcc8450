// Whose cards were scanned on this phone, with the names that are known by now.

import { current } from "./me.js";
import { all } from "./outbox.js";
import { transact } from "./store.js";
import { nameOf } from "../scanner/whose.js";

/** @typedef {{ of: string, event: string | null, at: string, hour: string, name: string, waits: boolean }} Scanned */

/** Return my scans on this phone, the newest first, without what was taken back. @returns {Promise<Scanned[]>} */
export async function scanned() {
  const me = await current();
  if (!me) return [];
  /** @type {any[]} */
  const noted = (await transact(["observations"], "readonly", (store) => store("observations").getAll())) ?? [];
  const rows = await all(me), waiting = new Set(rows.map((row) => row.id));
  const gone = new Set(rows.filter((row) => row.item.kind === "void").map((row) => row.item.of));
  const mine = noted.filter((one) => one.me === me && !one.voided && !gone.has(one.id) && one.answer?.result !== "refused");
  const found = await Promise.all(mine.map(async ({ id, item, answer }) => ({
    of: id, event: item.event, at: item.at, hour: item.at.slice(11, 16).replace(/^0/, ""), waits: waiting.has(id),
    name: answer?.name ?? (item.token && (await nameOf(item.token))?.name) ?? "",
  })));
  return found.sort((one, other) => other.at.localeCompare(one.at));
}
