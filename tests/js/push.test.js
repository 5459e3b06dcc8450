// Messages on the phone, on the shipped modules: each is shown once, whatever it holds, and taps go through the outbox.

import assert from "node:assert/strict";
import test from "node:test";

import { Phone } from "./phone.js";
import { json, Server } from "./server.js";

const words = { title: "Something waits for you", body: "It's under Today.", kept: "Kept on this phone." };
const ORIGIN = "https://marmalade.example";

function message(more = {}, data = {}) {
  const notification = { title: "Write to Ben?", body: "Whom?", tag: "prompt-7", navigate: `${ORIGIN}/n/7`, ...more };
  notification.data = { prompt: 7, round: 1, me: "me-ada", done: "Done", later: "Later", ...data };
  return JSON.stringify({ web_push: 8030, notification, app_badge: 3 });
}

async function phone({ pages = [], fetch, broken = false, me = "me-ada" } = {}) {
  const server = new Server(), one = new Phone({ fetch: fetch ?? server.fetch, me });
  const handlers = {}, shown = [], opened = [], badges = [], log = [];
  const registration = {
    showNotification: async (title, options) => {
      log.push("begins");
      await new Promise(setImmediate);
      if (title === "Refused") throw new TypeError("no leave");
      log.push("stands");
      shown.push({ title, ...options });
    },
    getNotifications: async ({ tag }) => {
      log.push("asks");
      return shown.filter((each) => each.tag === tag);
    },
    pushManager: { getSubscription: async () => null },
  };
  one.context.self = {
    registration,
    navigator: { setAppBadge: async (count) => void badges.push(count) },
    clients: { matchAll: async () => pages, openWindow: async (path) => void opened.push(path) },
    addEventListener: (name, does) => { handlers[name] = does; },
  };
  Object.assign(one.context, { URL, btoa, Uint8Array, location: { origin: ORIGIN }, MARMALADE: { push: { key: "", words } } });
  if (broken) one.context.indexedDB = { open() { throw new Error("no store"); } };
  await one.load("worker/push.js");
  const outbox = await one.load("offline/outbox.js");
  const happen = async (name, event) => {
    const work = [];
    handlers[name]({ ...event, waitUntil: (promise) => work.push(promise) });
    assert.equal(work.length, 1, "the worker is kept alive for it");
    await Promise.all(work);
  };
  const push = (text) => happen("push", { data: text === null ? null : { text: () => text } });
  const tap = (action, data) => happen("notificationclick", { action, notification: { close() {}, data } });
  return { shown, opened, badges, log, push, tap, outbox, server };
}

test("a message is shown with its buttons, and the icon counts what waits", async () => {
  const ada = await phone();
  await ada.push(message());
  assert.equal(ada.shown.length, 1);
  assert.equal(ada.shown[0].title, "Write to Ben?");
  assert.deepEqual(Array.from(ada.shown[0].actions, ({ action }) => action), ["done", "later"]);
  assert.deepEqual(ada.badges, [3]);
});

test("whatever came in, one thing is shown: nothing, nonsense, somebody else's, with no store on the phone", async () => {
  const odd = [null, "", "{broken", "[]", "null", '{"web_push":1}', '{"web_push":8030}', '{"web_push":8030,"notification":{}}', "x".repeat(4000)];
  for (const broken of [false, true]) {
    const ada = await phone({ broken });
    for (const text of odd) await ada.push(text);
    assert.equal(ada.shown.length, odd.length);
    for (const each of ada.shown) assert.equal(each.title, words.title);
  }
});

test("a message for whoever had this phone before, or has signed out, names nobody", async () => {
  const ada = await phone();
  await ada.push(message({}, { me: "me-ben" }));
  const out = await phone({ me: "" });
  await out.push(message());
  for (const { shown } of [ada, out]) {
    assert.deepEqual(shown.map(({ title }) => title), [words.title]);
    assert.ok(!JSON.stringify(shown).includes("Ben"));
  }
});

test("three in a row are three to see, and the same one again takes its own place without a sound", async () => {
  const ada = await phone();
  for (const tag of ["a", "b", "c"]) await ada.push(message({ tag }));
  assert.equal(ada.shown.length, 3);
  await ada.push(message({ tag: "a" }));
  assert.equal(ada.shown[3].tag, "a");
  assert.equal(ada.shown[3].renotify, false);
  await ada.push(message({ tag: "a" }, { round: 2 }));
  assert.equal(ada.shown[4].renotify, true);
});

test("messages that come at once are put on the screen in turn, and nobody asks what stands there in between", async () => {
  const ada = await phone();
  await Promise.all(["a", "b", "c"].map((tag) => ada.push(message({ tag }))));
  assert.deepEqual(ada.log, Array(3).fill(["asks", "begins", "stands"]).flat());
});

test("a message that the browser refuses is told as refused, and keeps none from the screen that comes after it", async () => {
  const ada = await phone();
  const came = await Promise.allSettled([message({ title: "Refused", tag: "a" }), message({ tag: "b" })].map(ada.push));
  assert.deepEqual(came.map(({ status }) => status), ["rejected", "fulfilled"]);
  assert.deepEqual(ada.shown.map(({ tag }) => tag), ["b"]);
});

for (const action of ["done", "later"]) {
  test(`"${action}" is answered through the outbox, and nothing opens`, async () => {
    const ada = await phone();
    await ada.tap(action, { prompt: 7, me: "me-ada", navigate: "/n/7" });
    const [item] = ada.server.batches.flatMap((batch) => batch.items);
    assert.deepEqual([item.kind, item.prompt, item.answer], ["answer", 7, action]);
    assert.deepEqual(ada.opened, []);
    assert.equal((await ada.outbox.tally()).waiting, 0);
  });

  test(`"${action}" without signal is kept, and says so`, async () => {
    const ada = await phone({ fetch: async () => { throw new TypeError("offline"); } });
    await ada.tap(action, { prompt: 7, me: "me-ada", navigate: "/n/7" });
    assert.equal((await ada.outbox.tally()).waiting, 1);
    assert.deepEqual(ada.shown.map(({ title }) => title), [words.kept]);
  });
}

test("a tap on somebody else's message answers nothing: it opens the page, which asks who is there", async () => {
  const ada = await phone();
  await ada.tap("done", { prompt: 7, me: "me-ben", navigate: `${ORIGIN}/n/7` });
  assert.equal((await ada.outbox.tally()).waiting, 0);
  assert.deepEqual(ada.server.batches, []);
  assert.deepEqual(ada.opened, ["/n/7"]);
});

test("a tap goes to a page that is open already, else opens one, and never leads elsewhere", async () => {
  const went = [];
  const page = { focus: async () => page, navigate: async (path) => { went.push(path); return page; } };
  const ada = await phone({ pages: [page] });
  await ada.tap("", { navigate: `${ORIGIN}/n/7` });
  assert.deepEqual([went, ada.opened], [["/n/7"], []]);
  const ben = await phone({ pages: [{ focus: async () => { throw new Error("no"); } }] });
  await ben.tap("", { navigate: "https://evil.example/n/7" });
  await ben.tap("", { navigate: "javascript:alert(1)" });
  assert.deepEqual(ben.opened, ["/today", "/today"]);
});

// This browser as one that takes messages

function browser({ key = null, hangs = false } = {}) {
  const log = [];
  const made = (used) => ({
    endpoint: `https://push.example/${log.length}`,
    options: { applicationServerKey: used && Buffer.from(used, "base64url") },
    toJSON() { return { endpoint: this.endpoint, keys: { p256dh: "p", auth: "a" } }; },
    async unsubscribe() { log.push("unsubscribe"); },
  });
  let held = key && made(key);
  const manager = {
    getSubscription: async () => held,
    subscribe: ({ applicationServerKey }) => {
      if (hangs) return new Promise(() => {});
      log.push("subscribe");
      held = made(Buffer.from(applicationServerKey).toString("base64url"));
      return Promise.resolve(held);
    },
  };
  return { manager, log };
}

async function device(answers = [{ renew: false }], me = "me-ada") {
  const posted = [];
  const fetch = async (path, init = {}) => {
    if (path === "/api/v1/me") return json({ svc: "marmalade", me, csrf: "token" });
    posted.push({ method: init.method, ...JSON.parse(init.body) });
    return json({ svc: "marmalade", key: "BBBB", ...answers.shift() });
  };
  const one = new Phone({ fetch });
  Object.assign(one.context, { btoa, Uint8Array });
  return { ...(await one.load("device.js")), posted };
}

test("a subscription is made with our key, told, and told again while it holds", async () => {
  const { begin, again, posted } = await device([{ renew: false }, { renew: false }]), { manager, log } = browser();
  assert.equal(await again(manager, "AAAA", "me-ada"), "off");
  assert.equal(await begin(manager, "AAAA", "me-ada"), "on");
  assert.equal(await again(manager, "AAAA", "me-ada"), "on");
  assert.deepEqual(log, ["subscribe"]);
  assert.deepEqual(posted.map(({ method, key }) => [method, key]), [["POST", "AAAA"], ["POST", "AAAA"]]);
});

test("one made with another key, or dead on the server, is made anew", async () => {
  const older = browser({ key: "OLDK" }), first = await device();
  assert.equal(await first.again(older.manager, "AAAA", "me-ada"), "on");
  assert.deepEqual(older.log, ["unsubscribe", "subscribe"]);
  const dead = browser({ key: "AAAA" }), second = await device([{ renew: true }, { renew: false }]);
  assert.equal(await second.again(dead.manager, "AAAA", "me-ada"), "on");
  assert.deepEqual(dead.log, ["unsubscribe", "subscribe"]);
  assert.equal(second.posted.at(-1).key, "BBBB");
});

test("a browser that never answers has failed, and a page of somebody else's tells nothing", async () => {
  const { inTime } = await device();
  await assert.rejects(inTime(new Promise(() => {}), 5));
  const other = await device([], "me-ben");
  assert.equal(await other.begin(browser().manager, "AAAA", "me-ada"), "failed");
  assert.deepEqual(other.posted, []);
});

test("taken back, it is told and let go of", async () => {
  const { end, posted } = await device([{}]), { manager, log } = browser({ key: "AAAA" });
  await end(manager);
  assert.deepEqual([posted[0].method, log], ["DELETE", ["unsubscribe"]]);
});
