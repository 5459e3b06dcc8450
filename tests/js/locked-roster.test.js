// What a code opens in a locked roster: the vectors that the server's own test passes too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { plateOf } from "../../static/js/offline/locked-roster.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/locked-roster.json", import.meta.url), "utf8"));

for (const { why, token, plate } of vectors.opens) {
  test(`${why} opens as the vectors say`, async () => {
    assert.deepEqual(await plateOf(vectors, token), plate);
  });
}

test("Q17: a roster of yesterday opens to yesterday's codes, and knows no code that was issued since", async () => {
  const [yesterday] = vectors.opens;
  assert.equal((await plateOf(vectors, yesterday.token))?.name, yesterday.plate.name);
  assert.equal(await plateOf(vectors, "abcdefghijklmnopqrstuvwxyz"), null);
  assert.equal(await plateOf({ ...vectors, version: "another" }, yesterday.token), null);
});

test("Q18, Q19: no roster, and one that is newer than this app, open nothing and break nothing", async () => {
  const [{ token }] = vectors.opens;
  for (const roster of [null, undefined, {}, { ...vectors, v: 2, plates: 7 }, { ...vectors, v: "1" }]) {
    assert.equal(await plateOf(/** @type {any} */ (roster), token), null);
  }
});

test("a roster that was cut short or changed on the way opens nothing and breaks nothing", async () => {
  const [{ token }, badge] = vectors.opens, [{ find }] = vectors.openings;
  const changed = Buffer.from(vectors.plates, "base64");
  changed[changed.indexOf(Buffer.from(find, "hex")) + 10] ^= 1;
  for (const plates of ["", "AAAA", vectors.plates.slice(0, 40), changed.toString("base64")]) {
    assert.equal(await plateOf({ ...vectors, plates }, token), null);
    assert.equal(await plateOf({ ...vectors, plates }, badge.token), null);
  }
});

test("looking a name up takes less than five milliseconds among three hundred people", async () => {
  const [{ token }] = vectors.opens;
  const filler = Buffer.alloc(300 * 72, 1);
  for (let at = 0; at < filler.length; at += 72) filler.writeUInt16BE(64, at + 6);
  const plates = Buffer.concat([filler, Buffer.from(vectors.plates, "base64")]).toString("base64");
  const large = { ...vectors, plates }, times = [];
  for (let turn = 0; turn < 21; turn += 1) {
    const begun = performance.now();
    assert.ok(await plateOf(large, token));
    times.push(performance.now() - begun);
  }
  // Other tests run beside this one: what a phone needs shows in the turns that nobody disturbed.
  assert.ok(times.sort((a, b) => a - b)[2] < 5, `the third best was ${times[2]} ms`);
});
