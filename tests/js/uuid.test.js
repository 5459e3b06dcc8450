// Names made on the phone.

import assert from "node:assert/strict";
import test from "node:test";

import { local, v7 } from "../../static/js/offline/uuid.js";

test("a name is a UUID of version 7: the time first, then chance", () => {
  const before = Date.now(), name = v7(), after = Date.now();
  assert.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const time = Number.parseInt(name.replaceAll("-", "").slice(0, 12), 16);
  assert.ok(before <= time && time <= after);
  assert.equal(new Set(Array.from({ length: 10_000 }, v7)).size, 10_000);
});

test("a phone that believes it is 1970, or before, still makes names", (t) => {
  for (const now of [0, -5_000]) {
    t.mock.method(Date, "now", () => now);
    assert.match(v7(), /^00000000-0000-7/);
  }
});

test("a moment is written with the phone's own offset", (t) => {
  const moment = new Date("2026-11-24T07:30:00.000Z");
  for (const [minutes, written] of [[0, "2026-11-24T07:30:00.000+00:00"], [-60, "2026-11-24T08:30:00.000+01:00"], [210, "2026-11-24T04:00:00.000-03:30"]]) {
    t.mock.method(moment, "getTimezoneOffset", () => minutes);
    assert.equal(local(moment), written);
    assert.equal(Date.parse(local(moment)), moment.getTime());
  }
});
