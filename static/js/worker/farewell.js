// The kill-switch: a worker that lets go of all that workers kept, and of itself. What waits to be sent is not its own.

const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());

worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(leave()));

async function leave() {
  const kept = (await caches.keys()).filter((name) => name.startsWith("marmalade-"));
  await Promise.all(kept.map((name) => caches.delete(name)));
  await worker.registration.unregister();
}
