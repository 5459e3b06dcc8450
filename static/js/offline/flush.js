// Sends what waits, as often as need be: whatever happens, a row stays until the server has answered for it.

import { judge } from "./answers.js";
import { current } from "./me.js";
import { tell } from "./news.js";
import { all } from "./outbox.js";
import * as pause from "./pause.js";
import { setAside, take } from "./receipts.js";
import { local } from "./uuid.js";
import { ask } from "./wire.js";

const BATCH = 50;
const STALE = new Set(["renew", "sign_in", "somebody_else"]);
/** @typedef {import("./outbox.js").Row} Row */
let csrf = "", again = false;
/** @type {Promise<void> | null} */
let running = null;

/** Send what waits, if it is time; one at a time on this phone, whoever asks. Never throws. @returns {Promise<void>} */
export function flush() {
  again = running !== null;
  running ??= inTurn().catch(() => {}).finally(() => {
    running = null;
    if (again) return flush();
  });
  return running;
}

async function inTurn() {
  if (!navigator.locks) return run();
  await navigator.locks.request("outbox", { ifAvailable: true }, (lock) => lock && run());
}

async function run() {
  const me = await current();
  if (!me || (await pause.isOn())) return;
  let most = BATCH, renewed = false;
  const alone = new Set(), unsettled = new Set();
  for (;;) {
    const waiting = (await all(me)).filter((row) => row.state === "waiting" && !unsettled.has(row.id));
    const rows = waiting.slice(0, alone.has(waiting[0]?.id) ? 1 : most);
    if (!rows.length) return unsettled.size ? pause.begin(null) : pause.end();
    const { what, after, body } = await send(me, rows);
    tell("outbox-heard", { what });
    if (what === "taken") {
      const settled = await take(rows, body.answers);
      for (const row of rows) if (!settled.has(row.id)) unsettled.add(row.id);
    } else if (what === "renew" && !renewed) {
      renewed = true;
    } else if ((what === "halve" || what === "singly") && rows.length === 1) {
      await setAside(rows[0], body?.reason ?? what, body?.message ?? "");
    } else if (what === "halve") {
      most = Math.ceil(rows.length / 2);
    } else if (what === "singly") {
      for (const row of rows) alone.add(row.id);
    } else {
      return what === "wait" || what === "renew" ? pause.begin(after) : undefined;
    }
  }
}

/** @param {string} me @param {Row[]} rows @returns {Promise<import("./answers.js").Verdict & { body: any }>} */
async function send(me, rows) {
  if (!csrf) {
    const who = await ask("/api/v1/me");
    const known = judge(who);
    if (known.what !== "taken") return { ...known, body: null };
    if (who.body.me !== me) return { what: "somebody_else", after: null, body: null };
    csrf = String(who.body.csrf);
  }
  const items = rows.map((row) => row.item);
  const facts = await ask("/api/v1/sync", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify({ v: 1, me, client_now: local(new Date()), items }),
  });
  const verdict = judge(facts);
  if (STALE.has(verdict.what)) csrf = "";
  return { ...verdict, body: facts.body };
}
