// The outbox from keeping to receipt, on the shipped modules: nothing is lost, whatever comes back.

import assert from "node:assert/strict";
import test from "node:test";

import { Phone } from "./phone.js";
import { json, Server } from "./server.js";

async function phone(options = {}) {
  const server = options.server ?? new Server();
  const one = new Phone({ fetch: server.fetch, ...options });
  const outbox = await one.load("offline/outbox.js"), { flush } = await one.load("offline/flush.js");
  const pause = await one.load("offline/pause.js"), copies = await one.load("offline/copies.js");
  const scans = async (many) => {
    for (let n = 0; n < many; n += 1) await outbox.keep("scan", { token: `token-${n}`, event: null });
  };
  /** As a phone that has waited long enough. */
  const later = async () => { await pause.end(); await flush(); };
  return { ...one, one, server, outbox, flush, later, copies, scans };
}

const standing = async (one) => ({ ...(await one.outbox.tally()) });

test("what is kept is sent in the order in which it was made, and goes by its receipt alone", async () => {
  const ada = await phone();
  await ada.scans(120);
  assert.deepEqual(await standing(ada), { waiting: 120, attention: 0 });
  await ada.flush();
  assert.deepEqual(ada.server.batches.map((batch) => batch.items.length), [50, 50, 20]);
  assert.deepEqual(ada.server.batches.flatMap((batch) => batch.items.map((item) => item.seq)), Array.from({ length: 120 }, (_, n) => n + 1));
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
  const [batch] = ada.server.batches;
  assert.equal(batch.v, 1);
  assert.equal(batch.me, "me-ada");
  assert.ok(Math.abs(Date.parse(batch.client_now) - Date.now()) < 5_000);
});

test("an answer that gets lost after the server took it: the same items, by the same names, once more", async () => {
  const ada = await phone();
  await ada.scans(3);
  ada.server.next.push((batch) => { ada.server.take(batch); throw new TypeError("Failed to fetch"); });
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 3, attention: 0 });
  await ada.later();
  assert.deepEqual(ada.server.batches[0].items, ada.server.batches[1].items);
  assert.equal(ada.server.stored.size, 3);
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("B12. whatever is not the server's own word keeps every row: pages of portals, faults, silence, nonsense", async () => {
  const page = (status) => new Response("<h1>Welcome to the hotel</h1>", { status, headers: { "Content-Type": "text/html" } });
  const nonsense = [
    page(200), page(511), page(403), page(401), json({ ok: true }), json({ svc: "marmalade" }), json({ svc: "marmalade", answers: [] }),
    json({ svc: "marmalade", answers: [null, { id: 1 }, { id: "another", result: "stored" }] }), json({}, 500), json({}, 503), json({}, 429),
    new Response("{broken", { status: 200, headers: { "Content-Type": "application/json" } }), () => { throw new TypeError("redirect"); },
  ];
  const ada = await phone();
  await ada.scans(2);
  for (const answer of nonsense) {
    ada.server.next = [answer];
    await ada.later();
    assert.deepEqual(await standing(ada), { waiting: 2, attention: 0 });
  }
  ada.server.next = [];
  await ada.later();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("one item refused is put aside with its reason and keeps nobody else", async () => {
  const ada = await phone();
  ada.server.answer = (item) => item.seq === 7 ? { id: item.id, result: "refused", reason: "own_card", message: "That's your own card." } : { id: item.id, result: "stored" };
  await ada.scans(60);
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 1 });
  const [odd] = await ada.outbox.all("me-ada");
  assert.equal(odd.message, "That's your own card.");
  assert.equal(odd.item.token, "token-6");
  ada.server.answer = (item) => ({ id: item.id, result: "stored" });
  await ada.outbox.retry([odd.id]);
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("an item that the server can't even read is found by sending them singly", async () => {
  const ada = await phone();
  ada.server.fetch = ((before) => async (path, init) => {
    const poisoned = path.endsWith("sync") && JSON.parse(init.body).items.some((item) => item.seq === 3);
    return poisoned ? json({ title: "Please look again" }, 422) : before(path, init);
  })(ada.server.fetch);
  const sick = await phone({ server: ada.server });
  await sick.scans(5);
  await sick.flush();
  assert.deepEqual(await standing(sick), { waiting: 0, attention: 1 });
  assert.equal(ada.server.stored.size, 4);
});

test("a batch that is too long is halved until it fits, and one that never fits is put aside", async () => {
  const server = new Server();
  const before = server.fetch;
  server.fetch = async (path, init) => {
    const items = path.endsWith("sync") ? JSON.parse(init.body).items : [];
    return items.length > 8 || items.some((item) => item.seq === 20) ? new Response("", { status: 413 }) : before(path, init);
  };
  const ada = await phone({ server });
  await ada.scans(30);
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 1 });
  assert.equal(server.stored.size, 29);
});

test("signed out, everything is kept and nothing is tried again by itself in that round", async () => {
  const ada = await phone();
  const heard = [];
  ada.document.addEventListener("outbox-heard", (event) => heard.push(event.detail.what));
  await ada.scans(3);
  ada.server.next = [json({}, 401)];
  await ada.flush();
  assert.deepEqual(heard, ["sign_in"]);
  assert.deepEqual(await standing(ada), { waiting: 3, attention: 0 });
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("B11. a token that has gone stale is asked for once more, and once only", async () => {
  const ada = await phone();
  await ada.scans(1);
  ada.server.next = [json({ reason: "reload" }, 403)];
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
  await ada.scans(1);
  ada.server.next = [json({}, 403), json({}, 403), json({}, 403)];
  await ada.flush();
  assert.equal(ada.server.next.length, 1);
  assert.deepEqual(await standing(ada), { waiting: 1, attention: 0 });
});

test("O52. with somebody else signed in the rows are neither seen nor sent, and go when their owner is back", async () => {
  const ada = await phone();
  await ada.scans(2);
  const ben = await phone({ me: "me-ben", indexedDB: ada.indexedDB, server: ada.server });
  ada.server.me = "me-ben";
  assert.deepEqual(await standing(ben), { waiting: 0, attention: 0 });
  await ben.scans(1);
  await ben.flush();
  assert.deepEqual(ada.server.batches.map((batch) => [batch.me, batch.items.length]), [["me-ben", 1]]);
  await ada.flush();
  assert.equal(ada.server.batches.length, 1, "an old page of Ada's, in a browser where Ben is signed in");
  ada.server.me = "me-ada";
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("B14. Retry-After keeps every page and the worker waiting, and a new scan does not jump it", async () => {
  const ada = await phone();
  await ada.scans(1);
  ada.server.next = [json({}, 503, { "Retry-After": "120" })];
  await ada.flush();
  await ada.scans(1);
  await ada.flush();
  assert.equal(ada.server.batches.length, 1);
  await ada.later();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("two pages that flush at once send each item once", async () => {
  const ada = await phone();
  const tab = await phone({ server: ada.server, indexedDB: ada.indexedDB });
  tab.one.context.navigator.locks = ada.one.context.navigator.locks;
  await ada.scans(20);
  await Promise.all([ada.flush(), tab.flush(), ada.flush(), tab.flush()]);
  assert.equal(ada.server.batches.flatMap((batch) => batch.items).length, 20);
});

test("what is kept while a batch is under way goes in the same round", async () => {
  const ada = await phone();
  await ada.scans(1);
  ada.server.next = [async (batch) => { await ada.scans(1); return json(ada.server.take(batch)); }];
  await ada.flush();
  assert.deepEqual(await standing(ada), { waiting: 0, attention: 0 });
});

test("a store that refuses says so: nothing is called kept that is not", async () => {
  const full = { open() { throw new DOMException("No", "SecurityError"); } };
  const ada = await phone({ indexedDB: full });
  const heard = [];
  ada.document.addEventListener("not-kept", () => heard.push("not kept"));
  await assert.rejects(ada.outbox.keep("scan", { token: "t" }), ada.outbox.NotKept);
  assert.deepEqual(heard, ["not kept"]);
  await ada.flush();
});

test("nobody signed in, nothing is kept for nobody", async () => {
  const nobody = await phone({ me: "" });
  await assert.rejects(nobody.outbox.keep("scan", { token: "t" }), nobody.outbox.NotKept);
});
