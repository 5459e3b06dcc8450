// The phone's store through every version there was.

import assert from "node:assert/strict";
import test from "node:test";

import { IDBDatabase, IDBFactory } from "fake-indexeddb";
import { Phone } from "./phone.js";
import { json } from "./server.js";

async function steps() {
  return (await new Phone().load("offline/store.js")).STEPS;
}

const known = (me) => ({ me, tag: "one", asked: 0 });

/** Make a store as a version of ours left it, with something in its outbox. */
function left(indexedDB, version, made) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("marmalade", version);
    asked.onupgradeneeded = () => made.forEach((step) => step(asked.result));
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const work = asked.result.transaction(["outbox"], "readwrite");
      work.objectStore("outbox").put({ id: "old", me: "me-ada", item: { id: "old", kind: "scan", at: "", seq: 1 }, state: "waiting" });
      work.oncomplete = () => { asked.result.close(); resolve(); };
    };
  });
}

test("T6. from every version there was, and from one yet to come, what waits is still there", async () => {
  const made = await steps();
  for (let version = 1; version <= made.length + 1; version += 1) {
    const indexedDB = new IDBFactory();
    await left(indexedDB, version, made.slice(0, version));
    const ada = new Phone({ indexedDB });
    const outbox = await ada.load("offline/outbox.js");
    assert.deepEqual((await outbox.all("me-ada")).map((row) => row.id), ["old"], `version ${version}`);
    await outbox.keep("scan", { token: "t" });
    assert.equal((await outbox.all("me-ada")).length, 2);
    await (await ada.load("offline/copies.js")).write("me-ada", { card: { name: "Ada" } }, "", known("me-ada"));
  }
});

test("an old page lets go of the store when a newer one wants to change it, and finds it again", async () => {
  const ada = new Phone();
  const outbox = await ada.load("offline/outbox.js");
  await outbox.keep("scan", { token: "t" });
  await left(ada.indexedDB, (await steps()).length + 1, []);
  assert.equal((await outbox.all("me-ada")).length, 2);
});

/** Do something, and return the transactions that it began. */
async function begun(work) {
  const began = IDBDatabase.prototype.transaction, all = [];
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (options) all.push({ stores: stores.join("+"), mode, durability: options.durability }); // what opens the store has none
    return began.call(this, stores, mode, options);
  };
  try {
    await work();
  } finally {
    IDBDatabase.prototype.transaction = began;
  }
  return all;
}

test("what was done waits for the disk; what can be fetched again is written at once, and no scan waits behind it", async () => {
  const ada = new Phone({ fetch: async () => json({ svc: "marmalade", v: 1, me: "me-ada", tag: "one", at: "", people: [], doors: [] }) });
  const outbox = await ada.load("offline/outbox.js"), { refresh } = await ada.load("offline/refresh.js");
  const kept = await begun(() => outbox.keep("scan", { token: "t" }));
  assert.deepEqual(kept, [{ stores: "outbox+observations+meta", mode: "readwrite", durability: "strict" }]);
  const wrote = (await begun(refresh)).filter(({ mode }) => mode === "readwrite");
  assert.deepEqual(wrote, [{ stores: "copies+meta", mode: "readwrite", durability: "relaxed" }]);
});

test("a page that has nothing to send looks into the store five times at its start, and writes only what is too old", async () => {
  const ada = new Phone();
  const refresh = await ada.load("offline/refresh.js"), triggers = await ada.load("offline/triggers.js"), me = await ada.load("offline/me.js");
  await me.remember();
  await me.write("copies", { me: "me-ada", tag: "one", asked: Date.now() });
  const looks = await begun(() => triggers.start().then(refresh.start));
  assert.deepEqual(looks.map(({ stores, mode }) => `${mode} ${stores}`), [
    "readonly meta", "readonly meta", "readonly outbox", "readonly meta", "readwrite copies+rosters",
  ]);
});

test("copies belong to one person", async () => {
  const ada = new Phone();
  const copies = await ada.load("offline/copies.js");
  await copies.write("me-ada", { card: { name: "Ada" } }, "2026-11-24T07:30:00Z", known("me-ada"));
  await copies.write("me-ben", { card: { name: "Ben" } }, "2026-11-24T07:30:00Z", known("me-ben"));
  assert.deepEqual(structuredClone(await copies.read("card")), { body: { name: "Ada" }, at: "2026-11-24T07:30:00Z" });
  ada.document.body.dataset.me = "me-ben";
  assert.equal((await copies.read("card")).body.name, "Ben");
});
