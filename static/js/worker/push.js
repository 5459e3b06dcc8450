// Messages that reach this phone: each is shown, once and always, and what is tapped on it goes through the outbox.

import { begin } from "../device.js";
import { flush } from "../offline/flush.js";
import { current } from "../offline/me.js";
import { all, keep } from "../offline/outbox.js";
import { ours, shown } from "./shown.js";

const worker = /** @type {any} */ (self);
const { key, words } = MARMALADE.push;

worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(textOf(event.data))));

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification.data ?? {}));
});

worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(renew()));

/** @param {any} data */
function textOf(data) {
  try {
    return data?.text() ?? "";
  } catch {
    return "";
  }
}

/** A browser that is shown nothing takes the subscription away: no doubt, no store and no badge keeps this from showing. @param {string} text */
async function show(text) {
  const { title, options, badge } = shown(text, await current().catch(() => null), words);
  await inTurn(async () => {
    const [before] = await worker.registration.getNotifications({ tag: options.tag }).catch(() => []);
    const renotify = Boolean(before) && before.data?.round !== options.data.round;
    await worker.registration.showNotification(title, { ...options, renotify });
  });
  if (badge !== null) await worker.navigator.setAppBadge?.(badge).catch(() => {});
}

let last = Promise.resolve();

/**
 * Put what messages stand on the screen after those that are being put there. Asked in between what stands there,
 * Chromium forgets a message that is not on the screen yet: it is seen, but a tap on it does nothing.
 * @param {() => Promise<void>} work
 */
function inTurn(work) {
  const mine = last.then(work);
  last = mine.catch(() => {}); // who waits next is no worse off for it; whoever asked is told
  return mine;
}

/** @param {string} action @param {any} data */
async function act(action, data) {
  const me = await current().catch(() => null);
  const isMine = Boolean(me) && data.me === me && Number.isInteger(data.prompt);
  if (isMine && (action === "done" || action === "later")) return answer(String(me), action, data);
  await open(ours(data.navigate));
}

/** @param {string} me @param {string} action @param {any} data */
async function answer(me, action, data) {
  try {
    const item = await keep("answer", { prompt: data.prompt, answer: action });
    await flush();
    if (!(await all(me)).some((row) => row.id === item.id)) return;
  } catch {
    return open(ours(data.navigate)); // nothing can be kept here: the page asks once more
  }
  await worker.registration.sync?.register("outbox").catch(() => {});
  const options = { tag: "kept", data: { me, navigate: "/waiting" } };
  await inTurn(() => worker.registration.showNotification(words.kept, options));
}

/** @param {string} path */
async function open(path) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) {
    const here = await page.focus().catch(() => null);
    if (here && (await here.navigate(path).catch(() => null))) return;
  }
  await worker.clients.openWindow(path);
}

async function renew() {
  const me = await current();
  if (me && key) await begin(worker.registration.pushManager, key, me);
}
