// The phone's store through every version there was.

import assert from "node:assert/strict";
import test from "node:test";

import { IDBFactory } from "fake-indexeddb";
import { Phone } from "./phone.js";

async function steps() {
  return (await new Phone().load("offline/store.js")).STEPS;
}

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
    await (await ada.load("offline/copies.js")).write("me-ada", "card", { name: "Ada" }, "");
  }
});

test("an old page lets go of the store when a newer one wants to change it, and finds it again", async () => {
  const ada = new Phone();
  const outbox = await ada.load("offline/outbox.js");
  await outbox.keep("scan", { token: "t" });
  await left(ada.indexedDB, (await steps()).length + 1, []);
  assert.equal((await outbox.all("me-ada")).length, 2);
});

test("copies belong to one person", async () => {
  const ada = new Phone();
  const copies = await ada.load("offline/copies.js");
  await copies.write("me-ada", "card", { name: "Ada" }, "2026-11-24T07:30:00Z");
  await copies.write("me-ben", "card", { name: "Ben" }, "2026-11-24T07:30:00Z");
  assert.deepEqual(structuredClone(await copies.read("card")), { body: { name: "Ada" }, at: "2026-11-24T07:30:00Z" });
  ada.document.body.dataset.me = "me-ben";
  assert.equal((await copies.read("card")).body.name, "Ben");
});
