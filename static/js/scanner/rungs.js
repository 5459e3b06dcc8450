// The decoders as this phone has them: its own, and ours in a worker of their own.

import { trusted } from "../trusted.js";
import { ahead } from "./ahead.js";
import { central } from "./central.js";

const NATIVE = "qr_code", LARGE = "../../vendor/zxing.wasm";

/** @typedef {{ detect(picture: ImageData): Promise<{ rawValue: string, boundingBox: import("./central.js").Box }[]> }} Detector */

/** Return the phone's own decoder, or null where it has none for QR codes. @returns {Promise<import("./ladder.js").Read | null>} */
async function native() {
  /** @type {any} */
  const Native = /** @type {any} */ (globalThis).BarcodeDetector;
  const formats = await Native?.getSupportedFormats?.().catch(() => []) ?? [];
  if (!formats.includes(NATIVE)) return null;
  /** @type {Detector} */
  const detector = new Native({ formats: [NATIVE] });
  return async (picture) => {
    const found = await detector.detect(picture);
    return central(found.map(({ rawValue, boundingBox }) => ({ text: rawValue, box: boundingBox })), picture);
  };
}

/** @typedef {import("./ladder.js").Rungs} Rungs */
/** @type {Promise<Rungs> | null} */
let made = null;

/** Return the decoders, made once a page. @returns {Promise<Rungs>} */
export const rungs = () => (made ??= make());

/** @returns {Promise<Rungs>} */
async function make() {
  const worker = new Worker(trusted(new URL("./decoder.js", import.meta.url).pathname), { type: "module" });
  /** @type {Map<number, { resolve(text: any): void, reject(fault: Error): void }>} */
  const asked = new Map();
  let last = 0;

  worker.addEventListener("message", ({ data: { id, text, fault } }) => {
    const question = asked.get(id);
    asked.delete(id);
    if (fault) question?.reject(new Error(fault));
    else question?.resolve(text);
  });
  worker.addEventListener("error", () => {
    for (const question of asked.values()) question.reject(new Error("The decoder did not start"));
    asked.clear();
  });

  /** @param {string} way @param {ImageData} [picture] @param {boolean} [isSharpened] */
  function ask(way, picture, isSharpened) {
    return new Promise((resolve, reject) => {
      asked.set((last += 1), { resolve, reject });
      const whole = picture && { data: picture.data, width: picture.width, height: picture.height };
      worker.postMessage({ id: last, way, picture: whole, isSharpened }, picture ? [picture.data.buffer] : []);
    });
  }

  const own = await native();
  if (!own) ahead(new URL(LARGE, import.meta.url).href);
  return {
    native: own,
    small: (picture, isSharpened) => ask("small", picture, isSharpened),
    large: (picture, isSharpened) => ask("large", picture, isSharpened),
    load: () => ask("load"),
  };
}
