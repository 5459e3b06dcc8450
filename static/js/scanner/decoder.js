// The worker that reads pictures, so that no page stands still meanwhile: by the small decoder, or by the large one
// once it is loaded. Its own policy, and no page's, lets it compile WebAssembly.

import { decodeQR, decodeQRBatch } from "../../vendor/qr.js";
import { central, isInTheMiddle } from "./central.js";
import { sharp } from "./sharp.js";

/** @typedef {import("./central.js").Seen} Seen */
/** @typedef {{ data: Uint8ClampedArray, width: number, height: number }} Picture */

const MORE_TRIES_MS = 40;
/** @type {Promise<typeof import("../../vendor/zxing.js")> | null} */
let loading = null;

/** @param {Picture} picture @param {boolean} [isSharpened] first, in place */
export async function small(picture, isSharpened = false) {
  if (isSharpened) sharp(picture);
  /** @type {Seen[]} */
  const seen = [];
  const options = {
    format: /** @type {const} */ ("RGBA"), timeLimit: MORE_TRIES_MS,
    pointsOnDetect: (/** @type {{ boundingBox: import("./central.js").Box }} */ points, /** @type {unknown} */ result) => {
      if (typeof result === "string") seen.push({ text: result, box: points.boundingBox });
    },
  };
  try {
    decodeQR(picture, options);
  } catch {
    return null;
  }
  // It stops at the first code it finds, which is another's where two phones are held side by side.
  if (seen[0] && !isInTheMiddle(seen[0].box, picture)) await decodeQRBatch([picture], { ...options, maxSize: picture });
  return central(seen, picture);
}

/** Load the large decoder, once; a failure is forgotten, so that it can be tried again. */
export function load() {
  loading ??= import("../../vendor/zxing.js").then(async (zxing) => {
    const locateFile = (/** @type {string} */ _name) => new URL("../../vendor/zxing.wasm", import.meta.url).href;
    await zxing.prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
    return zxing;
  }).catch((fault) => {
    loading = null;
    throw fault;
  });
  return loading;
}

/** @param {Picture} picture @param {boolean} [isSharpened] first, in place */
export async function large(picture, isSharpened = false) {
  const { readBarcodes } = await load();
  if (isSharpened) sharp(picture);
  const found = await readBarcodes(/** @type {ImageData} */ (picture), { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 });
  return central(found.map(({ text, position: { topLeft, bottomRight } }) => ({
    text, box: { x: topLeft.x, y: topLeft.y, width: bottomRight.x - topLeft.x, height: bottomRight.y - topLeft.y },
  })), picture);
}

const WAYS = { small, large, load: async () => void (await load()) };

/** @param {MessageEvent<{ id: number, way: keyof typeof WAYS, picture: Picture, isSharpened?: boolean }>} event */
async function answer({ data: { id, way, picture, isSharpened } }) {
  try {
    postMessage({ id, text: await WAYS[way](picture, isSharpened) });
  } catch (fault) {
    postMessage({ id, fault: String(fault) });
  }
}

const worker = /** @type {any} */ (globalThis);
if (worker.WorkerGlobalScope) worker.addEventListener("message", answer);
