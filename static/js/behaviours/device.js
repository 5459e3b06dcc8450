// Says at every start that this browser still takes messages, and what its badge should count.

import { again } from "../device.js";
import { told } from "../offline/me.js";

const SAID = "device-said";

/** @param {HTMLElement} part */
export default async function device(part) {
  const me = told();
  if (!me || !part.dataset.key || !globalThis.PushManager || globalThis.Notification?.permission !== "granted") return;
  const mark = [me, part.dataset.key, part.dataset.session].join(" ");
  try {
    if (sessionStorage.getItem(SAID) === mark) return;
    const { pushManager } = await navigator.serviceWorker.ready;
    if ((await again(pushManager, part.dataset.key, me)) !== "failed") sessionStorage.setItem(SAID, mark);
  } catch {
    // It is said again with the next page.
  }
}
