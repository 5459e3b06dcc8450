// A room of phones whose wifi comes back: each runs the shipped modules of static/js/offline, on a store in memory.
// Reads its plan from standard input, as bench/storm.py wrote it, and writes what happened to standard output.

import { readFileSync } from "node:fs";

import { Phone } from "../tests/js/phone.js";

const plan = JSON.parse(readFileSync(0, "utf8"));
const LOOKS_EVERY_MS = 1_000; // a page looks every 30 seconds, and at each tap; here somebody is always tapping
const took = [], happened = { cut: 0, unheard: 0, doubled: 0, failed: 0 };

/** A small generator of chance, so that a storm can be had again (mulberry32). */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ask as a phone does on a bad line: some requests never leave, some answers never come, some leave twice. */
function line(cookie, dice) {
  return async (path, init) => {
    const headers = { ...init.headers, Cookie: `session=${cookie}` };
    const go = () => fetch(plan.site + path, { ...init, headers });
    if (!path.endsWith("/sync")) return go();
    if (dice() < plan.cut) return fail("cut");
    const begun = performance.now();
    const [answer] = await Promise.all(dice() < plan.doubled ? [go(), count(go(), "doubled")] : [go()]);
    const body = await answer.arrayBuffer();
    took.push(performance.now() - begun);
    if (!answer.ok) happened.failed += 1;
    if (dice() < plan.unheard) return fail("unheard");
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}

function fail(how) {
  happened[how] += 1;
  throw new TypeError("Failed to fetch");
}

async function count(asked, how) {
  happened[how] += 1;
  return asked.then((answer) => answer.arrayBuffer()).catch(() => {});
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function live(one, seed) {
  const dice = chance(seed), skew = (dice() * 2 - 1) * plan.skew_ms;
  const phone = new Phone({ me: one.me, fetch: line(one.cookie, dice), skew });
  const outbox = await phone.load("offline/outbox.js"), { flush } = await phone.load("offline/flush.js");
  const pause = await phone.load("offline/pause.js"), kept = [];
  for (const { token, again } of one.scans) {
    const scan = await outbox.keep("scan", { token, event: null });
    kept.push(scan);
    if (again) await outbox.keep("void", { of: scan.id });
  }
  return async () => {
    await sleep(dice() * plan.within_ms);
    const until = performance.now() + plan.patience_ms;
    for (;;) {
      await pause.cutShort();
      await flush();
      const left = await outbox.tally();
      if ((!left.waiting && !left.attention) || performance.now() > until) return left;
      await sleep(LOOKS_EVERY_MS * (0.5 + dice()));
    }
  };
}

const phones = [];
for (const [seed, one] of plan.phones.entries()) phones.push(await live(one, plan.seed * 100_000 + seed));
const begun = performance.now();
const left = await Promise.all(phones.map((reconnect) => reconnect()));
const total = (name) => left.reduce((sum, one) => sum + one[name], 0);
process.stdout.write(JSON.stringify({
  waiting: total("waiting"), attention: total("attention"), took, ...happened, seconds: (performance.now() - begun) / 1_000,
}));
