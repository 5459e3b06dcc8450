// The scanner's own rules, without a camera: which decoder looks, what counts as new, what is wrong with a camera.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isFree } from "../../static/js/scanner/ahead.js";
import { central } from "../../static/js/scanner/central.js";
import { isBlack, square } from "../../static/js/scanner/frames.js";
import { ladder, PATIENCE_MS, TRY_AGAIN_MS } from "../../static/js/scanner/ladder.js";
import { views } from "../../static/js/scanner/photo.js";
import { repeats, WHILE_MS } from "../../static/js/scanner/repeats.js";
import { sharp } from "../../static/js/scanner/sharp.js";
import { barred, trouble } from "../../static/js/scanner/troubles.js";

const nothing = async () => null;

function clock() {
  let now = 1_000;
  return Object.assign(() => now, { move: (ms) => { now += ms; } });
}

/** A ladder that notes who looked. */
function watched(rungs, now) {
  const looked = [];
  const noted = (name) => async (picture) => { looked.push(name); return rungs[name]?.(picture) ?? null; };
  const steps = ladder({ native: rungs.native && noted("native"), small: noted("small"), large: noted("large"), load: rungs.load ?? nothing }, now);
  return { looked, look: async (times) => { for (let n = 0; n < times; n += 1) await steps.read({}); }, steps };
}

test("the small decoder looks at once, the large one is fetched after a second and a half without success", async () => {
  const now = clock();
  let asked = 0;
  const { looked, look } = watched({ load: async () => { asked += 1; } }, now);
  await look(1);
  now.move(PATIENCE_MS - 1);
  await look(1);
  assert.deepEqual([looked, asked], [["small", "small"], 0]);
  now.move(1);
  await look(3);
  assert.equal(asked, 1);
  assert.deepEqual([...new Set(looked.slice(2))].sort(), ["large", "small"]);
});

test("what was read in time fetches nothing, and the patience begins anew", async () => {
  const now = clock();
  let asked = 0;
  const { look } = watched({ small: async () => "a card", load: async () => { asked += 1; } }, now);
  for (let n = 0; n < 5; n += 1) {
    now.move(PATIENCE_MS - 1);
    await look(1);
  }
  assert.equal(asked, 0);
});

test("without signal for the large decoder the small one goes on, and it is asked for again later", async () => {
  const now = clock();
  let asked = 0;
  const { looked, look } = watched({ load: async () => { asked += 1; throw new Error("no signal"); } }, now);
  await look(1);
  now.move(PATIENCE_MS);
  await look(5);
  assert.deepEqual([new Set(looked), asked], [new Set(["small"]), 1]);
  now.move(TRY_AGAIN_MS);
  await look(1);
  assert.equal(asked, 2);
});

test("every second picture is sharpened first, for the small decoder as for the large one", async () => {
  const now = clock(), seen = new Set();
  const noted = (name) => async (picture, isSharpened) => { seen.add(`${name} ${isSharpened}`); return null; };
  const steps = ladder({ small: noted("small"), large: noted("large"), load: nothing }, now);
  await steps.read({});
  await steps.read({});
  assert.deepEqual([...seen], ["small false", "small true"]);
  now.move(PATIENCE_MS);
  for (let n = 0; n < 7; n += 1) await steps.read({});
  assert.deepEqual([...seen].sort(), ["large false", "large true", "small false", "small true"]);
});

test("a sharpened picture has its edges brought out, and even light stays as it was", () => {
  const side = 40, data = new Uint8ClampedArray(side * side * 4);
  for (let pixel = 0; pixel < side * side; pixel += 1) data.fill(pixel % side < side / 2 ? 90 : 150, pixel * 4, pixel * 4 + 3);
  const seen = sharp({ data, width: side, height: side }).data, at = (x) => seen[(20 * side + x) * 4];
  assert.ok(at(18) < 80 && at(21) > 160, `${at(18)} ${at(21)}`);
  assert.ok(Math.abs(at(8) - 90) <= 1 && Math.abs(at(32) - 150) <= 1);
});

test("the phone's own decoder is asked alone, and light is turned for dark for it; once it breaks the small one takes over", async () => {
  const now = clock();
  let breaks = false;
  const { looked, look, steps } = watched({ native: async () => { if (breaks) throw new Error("its service is gone"); return null; } }, now);
  now.move(PATIENCE_MS * 2);
  await look(3);
  assert.deepEqual([looked, steps.turns()], [["native", "native", "native"], true]);
  breaks = true;
  await look(2);
  assert.deepEqual([looked.slice(3), steps.turns()], [["native", "small", "small"], false]);
});

test("a decoder that fails has read nothing", async () => {
  const steps = ladder({ small: async () => { throw new Error("broken picture"); }, large: nothing, load: nothing });
  assert.equal(await steps.read({}), null);
});

test("a code that stays in view counts once, and again three seconds after it was last seen", () => {
  const now = clock(), isNew = repeats(now);
  assert.ok(isNew("a"));
  for (let n = 0; n < 40; n += 1) {
    now.move(100);
    assert.ok(!isNew("a"));
  }
  assert.ok(isNew("b"));
  assert.ok(!isNew("a"));
  now.move(WHILE_MS);
  assert.ok(isNew("a"));
});

test("of two codes the more central one is read", () => {
  const picture = { width: 720, height: 720 }, box = (x, y) => ({ x, y, width: 100, height: 100 });
  assert.equal(central([{ text: "left", box: box(20, 300) }, { text: "middle", box: box(330, 280) }], picture), "middle");
  assert.equal(central([], picture), null);
});

test("H8: whichever way the phone is turned, the square in the middle is looked at", () => {
  assert.deepEqual(square(1280, 720), { x: 280, y: 0, side: 720 });
  assert.deepEqual(square(720, 1280), { x: 0, y: 280, side: 720 });
});

test("H6: a black picture is told from a dim one", () => {
  const picture = (light) => ({ data: new Uint8ClampedArray(720 * 720 * 4).map((_, at) => (at % 4 === 3 ? 255 : light)), width: 720, height: 720 });
  assert.ok(isBlack(picture(3)));
  assert.ok(!isBlack(picture(30)));
});

test("H1, H2, H3, H4: each trouble with a camera has its own name", () => {
  const named = (name, permission = "prompt") => trouble({ name }, permission);
  assert.equal(named("NotAllowedError"), "denied");
  assert.equal(named("NotAllowedError", ""), "denied");
  assert.equal(named("NotAllowedError", "denied"), "denied-for-good");
  assert.equal(named("NotFoundError"), "no-camera");
  assert.equal(named("OverconstrainedError"), "no-camera");
  assert.equal(named("NotReadableError"), "busy");
  assert.equal(named("AbortError"), "busy");
  assert.equal(named("TypeError"), "broken");
});

test("an app's own window and an address without https have no camera", () => {
  const able = { mediaDevices: { getUserMedia() {} } };
  assert.equal(barred({ isSecureContext: true, navigator: able }), null);
  assert.equal(barred({ isSecureContext: true, navigator: {} }), "in-app");
  assert.equal(barred({ isSecureContext: true, navigator: { mediaDevices: {} } }), "in-app");
  assert.equal(barred({ isSecureContext: false, navigator: {} }), "insecure");
});

test("of a photo the middle is looked at, both ends, and the middle closer", () => {
  assert.deepEqual(views({ width: 3000, height: 4000 }), [
    [0, 500, 3000, 3000], [0, 0, 3000, 3000], [0, 1000, 3000, 3000], [750, 1250, 1500, 1500], [1125, 1625, 750, 750],
  ]);
  assert.deepEqual(views({ width: 400, height: 400 }), [[0, 0, 400, 400]]);
});

test("the large decoder is fetched ahead only where the line costs nothing", () => {
  assert.ok(isFree(undefined));
  assert.ok(isFree({ saveData: false, type: "wifi" }));
  assert.ok(!isFree({ saveData: true }));
  assert.ok(!isFree({ type: "cellular" }));
});
