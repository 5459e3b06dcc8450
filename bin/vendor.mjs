// Copies the two decoders of QR codes into static/vendor/, or into the folder given, as package-lock.json names them:
// `npm ci --ignore-scripts && node bin/vendor.mjs`. What is copied is committed, so that nobody who runs Marmalade
// needs Node. Of each package only what reads a code is taken, without its comments; its licence goes along.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const to = process.argv[2] ?? join(ROOT, "static/vendor");
const DECODERS = [
  { package: "qr", licence: "MIT", text: "LICENSE-MIT", file: "qr.js", takes: 'export { decodeQR, decodeQRBatch } from "qr/decode.js";' },
  {
    package: "zxing-wasm", licence: "MIT", text: "LICENSE", file: "zxing.js",
    takes: 'export { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";',
  },
];
// zxing.wasm is zxing-cpp, compiled: its licence is the other one that qr brings the words of.
const INSIDE = { package: "qr", licence: "Apache-2.0", text: "LICENSE", title: "zxing-cpp, inside zxing.wasm" };
const ELSEWHERE = /https:\/\/fastly\.jsdelivr\.net\/npm\/zxing-wasm@[\d.]+\/dist\//g;

const said = async (name, file) => readFile(join(ROOT, "node_modules", name, file), "utf8");

async function bundled(decoder) {
  const { version } = JSON.parse(await said(decoder.package, "package.json"));
  const { outputFiles: [made] } = await build({
    stdin: { contents: decoder.takes, resolveDir: ROOT },
    banner: { js: `// @ts-nocheck ${decoder.package} ${version}, ${decoder.licence}: see licences.txt` },
    bundle: true, minify: true, format: "esm", target: "es2020", charset: "utf8", write: false, legalComments: "none",
  });
  // Left to itself zxing-wasm asks another host for its module. No address of another host is left in the copy.
  return made.text.replace(ELSEWHERE, "./");
}

async function licence({ package: name, licence, text, title }) {
  const { version } = JSON.parse(await said(name, "package.json"));
  return `${title ?? `${name} ${version}`}, ${licence}\n\n${(await said(name, text)).trim()}\n`;
}

await mkdir(to, { recursive: true });
for (const decoder of DECODERS) await writeFile(join(to, decoder.file), await bundled(decoder));
await copyFile(join(ROOT, "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm"), join(to, "zxing.wasm"));
const licences = await Promise.all([...DECODERS, INSIDE].map(licence));
await writeFile(join(to, "licences.txt"), licences.join(`\n${"-".repeat(78)}\n\n`));
