// Everything the worker does, case by case. What is not listed here goes its own way, untouched.

import { flush } from "../offline/flush.js";
import { tellServer } from "../offline/leaving.js";
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
  else if (request.mode === "navigate" && isPage(address)) event.respondWith(page(request));
});

async function takeOver() {
  await sweep();
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

/** The server's page if it comes within three seconds, else the shell. @param {Request} request */
async function page(request) {
  // Whoever signed out without signal is signed out before the server shows a page to anybody.
  const knows = await tellServer().catch(() => true);
  if (!knows) return (await shell()) ?? Response.error();
  const answer = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const first = await Promise.race([answer, late]).catch(() => undefined);
  return first ?? (await shell()) ?? answer;
}
