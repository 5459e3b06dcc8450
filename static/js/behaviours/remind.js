// Asks once whether to remind on this phone (data-ask), or lets it be turned on and off (in Settings). Unseen where
// nothing can come of it. On an iPhone that has it only in Safari the way leads to the Home Screen, with letters meanwhile.

import { answer, answered } from "../asked.js";
import { begin, end } from "../device.js";
import { facts, said } from "../home-screen.js";
import { told } from "../offline/me.js";

const ANSWERED = "remind-answered";

/** @param {HTMLElement} part */
export default async function remind(part) {
  const { key = "", guide = "" } = part.dataset;
  const find = (/** @type {string} */ name) => /** @type {HTMLElement | null} */ (part.querySelector(`[data-${name}]`));
  const here = facts(said()), needsHome = here.ios && !here.installed && !here.old;
  const can = Boolean(globalThis.PushManager && globalThis.Notification && navigator.serviceWorker);
  const isAsk = "ask" in part.dataset, form = part.querySelector("form");

  /** Show one of the sentences, and the buttons that go with it. @param {string} state */
  function say(state) {
    for (const one of part.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(state);
    part.hidden = false;
  }

  async function state() {
    if (needsHome) return "off";
    if (!can) return "never";
    if (Notification.permission === "denied") return "denied";
    const worker = await navigator.serviceWorker.getRegistration();
    const on = Notification.permission === "granted" && (await worker?.pushManager.getSubscription().catch(() => null));
    return on ? "on" : "off";
  }

  /** Letters come as long as no message can. */
  async function mail() {
    if (form) await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
  }

  find("yes")?.addEventListener("click", async () => {
    answer(ANSWERED);
    if (needsHome) {
      await mail();
      location.assign(guide);
      return;
    }
    if ((await Notification.requestPermission()) !== "granted") return say("denied");
    say("wait");
    const { pushManager } = await navigator.serviceWorker.ready;
    say((await begin(pushManager, key, told() ?? "")) === "on" ? "on" : "failed");
  });
  find("no")?.addEventListener("click", async () => {
    const { pushManager } = await navigator.serviceWorker.ready;
    await end(pushManager);
    say("off");
  });
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer(ANSWERED);
    await mail();
    say("mail");
  });

  const now = await state();
  if (!isAsk || (now === "off" && !answered(ANSWERED))) say(now);
}
