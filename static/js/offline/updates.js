// The worker: registered by every page, looked after once an hour, and changed for a newer one only when nobody is busy.

import { trusted } from "../trusted.js";
import { read, write } from "./me.js";
import { tell } from "./news.js";

const EVERY_MS = 60 * 60_000;

/** Register the worker, and let one that waits take over now: a page has just begun, so nothing is under way in it. */
export async function start() {
  if (!navigator.serviceWorker) return;
  document.addEventListener("input", beBusy, { once: true });
  if (isTyped()) beBusy(); // somebody was quicker than this script
  document.addEventListener("playing", beBusy, { once: true, capture: true });
  const worker = await navigator.serviceWorker.register(trusted("/sw.js"), { scope: "/", updateViaCache: "none" });
  if (worker.waiting && !(await letTakeOver(worker))) tell("new-version", null);
  // The first of all passes through waiting as well, and is nobody's news.
  const isNews = () => worker.waiting && navigator.serviceWorker.controller;
  const follow = () => worker.installing?.addEventListener("statechange", () => isNews() && tell("new-version", null));
  worker.addEventListener("updatefound", follow);
  follow(); // found already while this page was loading
  document.addEventListener("visibilitychange", () => !document.hidden && look(worker));
}

/** Hold the phone's worker as it is until this page is left: a scan is on, or something has been typed. */
function beBusy() {
  navigator.locks?.request("busy", { mode: "shared" }, () => new Promise(() => {}));
}

function isTyped() {
  /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
  const fields = document.querySelectorAll("input:not([type=hidden]), textarea");
  return [...fields].some((field) => field.value !== field.defaultValue);
}

/** Let the one that waits take over, unless a page of ours is busy; say whether it may. @param {ServiceWorkerRegistration} worker */
async function letTakeOver(worker) {
  return Boolean(await navigator.locks?.request("busy", { ifAvailable: true }, (nobody) => {
    if (nobody) worker.waiting?.postMessage("take-over");
    return nobody !== null;
  }));
}

/** Ask for a newer one, once an hour at most. @param {ServiceWorkerRegistration} worker */
async function look(worker) {
  const last = (await read("looked")) ?? 0;
  if (Math.abs(Date.now() - last) < EVERY_MS) return;
  await write("looked", Date.now());
  await worker.update().catch(() => {}); // no signal: the next time
}
