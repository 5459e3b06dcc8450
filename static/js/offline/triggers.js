// When to try: at the start, when there is signal, when somebody looks, after each thing kept, and now and then.

import { hasLeft, tellServer } from "./leaving.js";
import { remember } from "./me.js";
import { tally } from "./outbox.js";
import { flush } from "./flush.js";
import * as pause from "./pause.js";

const NOW_AND_THEN_MS = 30_000;

/** Begin: once a page. */
export async function start() {
  if (await hasLeft()) return goOut();
  await remember();
  addEventListener("online", signal);
  addEventListener("pageshow", (event) => event.persisted && flush());
  document.addEventListener("visibilitychange", () => !document.hidden && flush());
  document.addEventListener("outbox-changed", (event) => event.detail.waiting && lookAfter());
  setInterval(() => !document.hidden && flush(), NOW_AND_THEN_MS);
  if (await lookAfter()) await flush();
}

/** Somebody has signed out here: before the server knows, this phone does nothing else. */
async function goOut() {
  if (await tellServer()) location.replace("/");
  else addEventListener("online", goOut, { once: true });
}

/** Whoever is at it may have begun without signal, and fail yet: what that leaves is tried again now, not later. */
async function signal() {
  await navigator.locks?.request("outbox", () => {});
  await pause.cutShort();
  await flush();
}

/**
 * Ask the phone to send by itself what this page may not live to send; it gives up at some time, so ask each time.
 * Say whether anything waits.
 */
async function lookAfter() {
  if (!(await tally()).waiting) return false;
  const worker = await navigator.serviceWorker?.getRegistration();
  // Not every browser has it, and a person may have forbidden it: the pages send as well.
  await /** @type {any} */ (worker)?.sync?.register("outbox").catch(() => {});
  return true;
}
