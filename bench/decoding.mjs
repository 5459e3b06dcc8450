// Reads the frames that bench/decoding.py holds before it, by one decoder or by the ladder of the app, whose modules
// these are. A line asks for a frame by its number, the next tells what came of the sequence.
//
// A decoder by itself sees each picture as it is; the ladder sharpens every second one, as in the app.
// Time goes by itself: a frame lasts 100 ms, and a decoder that takes SLOWER times what it took here sees the next one
// that is there then, as on a phone.

import { readFile } from "node:fs/promises";
import { readSync, writeSync } from "node:fs";

const SIDE = 720, FRAME_MS = 100, LIMIT_MS = 3_000;
const SLOWER = Number(process.argv[2] ?? 4); // a phone from the middle of the shelf, some years old
const FETCH_MS = 400; // what is left of a megabyte, packed, on 10 Mbit/s

// Emscripten's loader knows the web and no files.
globalThis.fetch = async (address) => new Response(await readFile(new URL(address)), { headers: { "Content-Type": "application/wasm" } });
const { small, large, load } = await import("../static/js/scanner/decoder.js");
const { ladder } = await import("../static/js/scanner/ladder.js");

const before = process.cpuUsage();
await load();
const used = process.cpuUsage(before);
const LOAD_MS = FETCH_MS + (SLOWER * (used.user + used.system)) / 1_000;

let clock = 0, due = null;

/** How long a decoder takes is counted in processor time, which neighbours hardly change. */
async function timed(read, picture, isSharpened) {
  const began = process.cpuUsage();
  const text = await read(picture, isSharpened);
  const took = process.cpuUsage(began);
  clock += (SLOWER * (took.user + took.system)) / 1_000;
  return text;
}

const WAYS = {
  small: () => ({ read: (picture) => timed(small, picture).catch(() => null) }),
  large: () => ({ read: (picture) => timed(large, picture).catch(() => null) }),
  ladder: () => ladder({
    small: (picture, isSharpened) => timed(small, picture, isSharpened),
    large: (picture, isSharpened) => timed(large, picture, isSharpened),
    load: () => new Promise((loaded) => { due = { at: clock + LOAD_MS, loaded }; }),
  }, () => clock),
};

function line() {
  const byte = Buffer.alloc(1), read = [];
  while (readSync(0, byte) && byte[0] !== 10) read.push(byte[0]);
  return Buffer.from(read).toString();
}

function frame(number) {
  writeSync(1, `${number}\n`);
  const grey = Buffer.alloc(SIDE * SIDE), data = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let filled = 0; filled < grey.length; ) filled += readSync(0, grey, filled, grey.length - filled);
  for (let pixel = 0; pixel < grey.length; pixel += 1) data.fill(grey[pixel], pixel * 4, pixel * 4 + 3).fill(255, pixel * 4 + 3, pixel * 4 + 4);
  return { data, width: SIDE, height: SIDE };
}

async function sequence({ way, address }) {
  clock = 0;
  due = null;
  const steps = WAYS[way]();
  while (clock < LIMIT_MS) {
    if (due && clock >= due.at) {
      due.loaded();
      due = null;
      await null;
    }
    const began = clock, text = await steps.read(frame(Math.floor(clock / FRAME_MS)));
    if (text !== null) return { ms: clock, right: text === address };
    clock = Math.max(clock, began + FRAME_MS);
  }
  return { ms: null, right: false };
}

// A decoder is warm on a phone that has been looking for a second.
for (let asked; (asked = line()); ) writeSync(1, `${JSON.stringify(await sequence(JSON.parse(asked)))}\n`);
