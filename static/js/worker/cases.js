// Everything the worker does, case by case. What is not listed here goes its own way, untouched.

import { flush } from "../offline/flush.js";
import { hasLeft, tellServer } from "../offline/leaving.js";
import { tally } from "../offline/outbox.js";
import * as pause from "../offline/pause.js";
import { file, fill, isOurs, shell, sweep } from "./shelf.js";

const PATIENCE_MS = 3_000;
const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(fill()));

worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(takeOver()));

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "take-over") worker.skipWaiting();
});

worker.addEventListener("sync", (/** @type {any} */ event) => {
  if (event.tag === "outbox") event.waitUntil(send());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET") return;
  if (isOurs(address)) event.respondWith(file(request));
  else if (request.mode === "navigate" && isPage(address)) event.respondWith(page(event));
});

// Asked for by the browser itself, a page's request still tells the server that a camera opened it (Sec-Fetch-Site).
// Firefox shows its own error page when what it asked for fails, whatever the worker answers: there "We met" is tapped.
async function takeOver() {
  await sweep();
  if (!navigator.userAgent.includes("Firefox")) await worker.registration.navigationPreload?.enable();
  await worker.clients.claim();
}

/** What is still waiting afterwards makes the phone try once more, later. */
async function send() {
  await pause.cutShort();
  await flush();
  if ((await tally()).waiting) throw new Error("Not everything went");
}

/** A file to keep, such as a card or a calendar entry, is no page. @param {URL} address */
function isPage(address) {
  return !/\.\w+$/.test(address.pathname);
}

/** The server's page if it comes within three seconds, else the shell. @param {any} event */
async function page(event) {
  // Whoever signed out without signal is signed out before the server shows a page to anybody.
  const left = await hasLeft().catch(() => false);
  if (left && !(await tellServer().catch(() => true))) return (await shell()) ?? Response.error();
  const answer = left ? fetch(event.request) : asked(event);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const first = await Promise.race([answer, late]).catch(() => undefined);
  return first ?? (await shell()) ?? answer;
}

/** The answer to what the browser has asked already, else to what is asked now. @param {any} event */
async function asked(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}
