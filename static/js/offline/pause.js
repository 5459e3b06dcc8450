// When to try again: kept with the rows, so that the next page and the worker wait as well.

import { backOff } from "./answers.js";
import { read, write } from "./me.js";

const LONGEST_MS = 60 * 60_000;

/** @typedef {{ until: number, tries: number, byServer: boolean }} Pause */

/** Say whether it is too early. A clock that was put back keeps nobody waiting. @returns {Promise<boolean>} */
export async function isOn() {
  /** @type {Pause | null} */
  const pause = await read("pause");
  const left = (pause?.until ?? 0) - Date.now();
  return left > 0 && left <= LONGEST_MS;
}

/** Wait as long as the server asked, else longer than the last time. @param {number | null} after milliseconds */
export async function begin(after) {
  /** @type {Pause | null} */
  const last = await read("pause");
  const tries = last?.tries ?? 0;
  const wait = Math.min(after ?? backOff(tries, Math.random()), LONGEST_MS);
  await write("pause", { until: Date.now() + wait, tries: tries + 1, byServer: after !== null });
}

/** It went. */
export async function end() {
  if (await read("pause")) await write("pause", null);
}

/** There is signal again, or somebody asks: don't wait, unless the server itself asked for it. */
export async function cutShort() {
  /** @type {Pause | null} */
  const pause = await read("pause");
  if (pause && !pause.byServer) await write("pause", { ...pause, until: 0 });
}
