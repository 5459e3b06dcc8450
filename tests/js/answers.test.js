// What an answer means, by the answer alone.

import assert from "node:assert/strict";
import test from "node:test";

import { asked, backOff, judge } from "../../static/js/offline/answers.js";

const facts = (status, more = {}) => ({ status, isJson: true, body: null, retryAfter: null, date: null, ...more });
const ours = { svc: "marmalade" };

test("only a 2xx in our own words is a receipt: a captive portal's page is a bad line", () => {
  assert.equal(judge(facts(200, { body: ours })).what, "taken");
  for (const portal of [facts(200, { isJson: false }), facts(200), facts(0), facts(302), facts(511, { isJson: false })]) {
    assert.equal(judge(portal).what, "wait");
  }
});

test("each refusal of a batch has its own way on", () => {
  const ways = { 401: "sign_in", 403: "renew", 413: "halve", 400: "singly", 422: "singly", 408: "wait", 409: "wait", 425: "wait", 429: "wait", 500: "wait", 503: "wait" };
  for (const [status, what] of Object.entries(ways)) assert.equal(judge(facts(Number(status))).what, what, status);
  assert.equal(judge(facts(409, { body: { ...ours, reason: "somebody_else" } })).what, "somebody_else");
});

test("a refusal in somebody else's words is a bad line, but too long is too long for any proxy", () => {
  for (const status of [400, 401, 403, 422]) assert.equal(judge(facts(status, { isJson: false })).what, "wait");
  assert.equal(judge(facts(413, { isJson: false })).what, "halve");
});

test("B14. Retry-After is read in seconds and as a date against the server's own clock, and never for more than an hour", () => {
  const date = "Tue, 24 Nov 2026 07:30:00 GMT";
  assert.equal(asked("120", date), 120_000);
  assert.equal(asked("Tue, 24 Nov 2026 07:31:30 GMT", date), 90_000);
  assert.equal(asked("Tue, 24 Nov 2026 07:29:00 GMT", date), 1_000);
  assert.equal(asked("999999", date), 3_600_000);
  for (const nonsense of [null, "", "soon", "-5", "Tue, 24 Nov 2026 07:31:30 GMT"]) assert.equal(asked(nonsense, null), null);
});

test("each failure waits twice as long as the last, spread by chance, and five minutes at most", () => {
  assert.deepEqual([0, 1, 2, 3].map((tries) => backOff(tries, 0.5)), [2_000, 4_000, 8_000, 16_000]);
  assert.equal(backOff(0, 0), 1_000);
  assert.equal(backOff(500, 0.5), 300_000);
  assert.ok(backOff(500, 0.999) < 450_000);
});
