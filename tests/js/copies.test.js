// What may be read without signal: asked for seldom, kept per person, let go of in time; names from the locked rosters.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { IDBFactory } from "fake-indexeddb";

import { Phone } from "./phone.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/locked-roster.json", import.meta.url), "utf8"));
const DAY = 86_400_000;
const soon = (/** @type {number} */ hours) => new Date(Date.now() + hours * 3_600_000).toISOString();

/** A server with copies and a roster, which notes what it was asked. */
function server({ me = "me-ada", event = { code: vectors.event, starts_at: soon(1), closes_at: soon(6) }, roster = vectors } = {}) {
  /** @type {string[]} */
  const asked = [];
  const copies = { svc: "marmalade", v: 1, me, tag: "one", at: soon(0), card: { name: "Ada" }, people: [], today: [], event, doors: [] };
  const answers = /** @type {Record<string, any>} */ ({
    "/api/v1/copies": copies,
    [`/api/v1/events/${vectors.event}/roster`]: { svc: "marmalade", me, ...roster },
  });
  const fetch = async (/** @type {string} */ path, /** @type {any} */ { headers }) => {
    const tag = headers["If-None-Match"];
    asked.push(tag ? `${path} ${tag}` : path);
    const body = answers[path];
    const isKnown = tag && [body.tag, body.version].includes(tag.slice(1, -1));
    return isKnown ? new Response(null, { status: 304 }) : Response.json(body ?? {}, { status: body ? 200 : 404 });
  };
  return { asked, answers, fetch: /** @type {any} */ (fetch) };
}

/** @param {Phone} phone @param {string} store */
async function rows(phone, store) {
  const { transact } = await phone.load("offline/store.js");
  return transact([store], "readonly", (/** @type {any} */ of) => of(store).getAll());
}

const nameOn = async (/** @type {Phone} */ phone, /** @type {string} */ token) => (await phone.load("scanner/whose.js")).nameOf(token);

test("the copies are asked for at the start, and not again within minutes unless something was sent", async () => {
  const { asked, fetch } = server(), phone = new Phone({ fetch });
  const { refresh } = await phone.load("offline/refresh.js");
  await refresh();
  await refresh();
  assert.deepEqual(asked, ["/api/v1/copies", `/api/v1/events/${vectors.event}/roster`]);
  await refresh(true);
  assert.deepEqual(asked.slice(2), ['/api/v1/copies "one"', `/api/v1/events/${vectors.event}/roster "${vectors.version}"`]);
  assert.equal((await (await phone.load("offline/copies.js")).read("card")).body.name, "Ada");
});

test("a roster is fetched from a day before the event until it closes, and at no other time", async () => {
  for (const [starts_at, closes_at, wanted] of /** @type {[string, string, boolean][]} */ ([
    [soon(25), soon(30), false], [soon(23), soon(28), true], [soon(-5), soon(-1), false],
  ])) {
    const { asked, fetch } = server({ event: { code: vectors.event, starts_at, closes_at } });
    await (await new Phone({ fetch }).load("offline/refresh.js")).refresh();
    assert.equal(asked.length === 2, wanted, `${starts_at}`);
  }
});

test("a scanned code shows its name from the roster, and nobody else's", async () => {
  const { fetch } = server(), phone = new Phone({ fetch });
  await (await phone.load("offline/refresh.js")).refresh();
  for (const { token, plate } of vectors.opens) assert.equal((await nameOn(phone, token))?.name, plate?.name);
});

test("Q18: without a roster a scan has no name yet, and nothing breaks", async () => {
  const { answers, fetch } = server(), phone = new Phone({ fetch });
  answers[`/api/v1/events/${vectors.event}/roster`] = null;
  await (await phone.load("offline/refresh.js")).refresh();
  assert.equal(await nameOn(phone, vectors.opens[0].token), null);
});

test("Q19: a roster of a newer format is kept for a newer app, and opens nothing here", async () => {
  const { fetch } = server({ roster: { ...vectors, v: 2 } }), phone = new Phone({ fetch });
  await (await phone.load("offline/refresh.js")).refresh();
  assert.equal((await rows(phone, "rosters")).length, 1);
  assert.equal(await nameOn(phone, vectors.opens[0].token), null);
});

test("what one person's phone has kept, another who signs in on it neither reads nor loses", async () => {
  const indexedDB = new IDBFactory(), [ada, ben] = [new Phone({ fetch: server().fetch, indexedDB }), new Phone({ me: "me-ben", fetch: server({ me: "me-ben" }).fetch, indexedDB })];
  await (await ada.load("offline/refresh.js")).refresh();
  assert.equal(await (await ben.load("offline/copies.js")).read("card"), null);
  assert.equal(await nameOn(ben, vectors.opens[0].token), null);
  await (await ben.load("offline/refresh.js")).refresh();
  assert.equal((await rows(ben, "copies")).length, 10);
});

test("copies go after fourteen days but for the card, and rosters after seven", async () => {
  const { fetch } = server(), phone = new Phone({ fetch });
  const { refresh, tidy } = await phone.load("offline/refresh.js");
  const names = async () => (await rows(phone, "copies")).map((/** @type {any} */ row) => row.name).sort();
  await refresh();
  await tidy(Date.now() + 6.9 * DAY);
  assert.deepEqual([(await names()).length, (await rows(phone, "rosters")).length], [5, 1]);
  await tidy(Date.now() + 7.1 * DAY);
  assert.deepEqual([(await names()).length, (await rows(phone, "rosters")).length], [5, 0]);
  await tidy(Date.now() + 14.1 * DAY);
  assert.deepEqual(await names(), ["card"]);
});

test("the list of a door goes when the door has closed", async () => {
  const { answers, fetch } = server(), phone = new Phone({ fetch });
  answers["/api/v1/copies"].doors = [{ code: "00000000", starts_at: soon(1), closes_at: soon(6), rows: [{ name: "Gareth" }] }];
  const { refresh, tidy } = await phone.load("offline/refresh.js");
  await refresh();
  const kept = async () => JSON.stringify(await rows(phone, "copies")).includes("Gareth");
  await tidy(Date.now() + 5 * 3_600_000);
  assert.ok(await kept());
  await tidy(Date.now() + 7 * 3_600_000);
  assert.ok(!(await kept()));
});

test("a captive portal's page, a signed-out answer and somebody else's format change no copy", async () => {
  const good = server(), phone = new Phone({ fetch: good.fetch });
  const { refresh } = await phone.load("offline/refresh.js");
  await refresh();
  const before = await rows(phone, "copies");
  for (const answer of [
    () => new Response("<h1>Welcome</h1>", { headers: { "Content-Type": "text/html" } }),
    () => Response.json({ svc: "marmalade" }, { status: 401 }),
    () => Response.json({ svc: "other", v: 1, me: "me-ada" }),
    () => Response.json({ svc: "marmalade", v: 2, me: "me-ada", card: { name: "Newer" } }),
  ]) {
    phone.context.fetch = async () => answer();
    await refresh(true);
    assert.deepEqual(await rows(phone, "copies"), before);
  }
});
