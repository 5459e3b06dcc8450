// Checks in whoever's card or badge is held before the camera, and never notes a meeting. Without signal the name on the
// locked roster says whose row on this page it is, and the check-in is kept on this phone.

import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";
import { CHANGED, rowsOf } from "../room.js";
import { view } from "../scanner/view.js";
import { nameOf } from "../scanner/whose.js";
import { words } from "../scanner/words.js";

const PATIENCE_MS = 6_000;

/** @param {HTMLElement} root */
export default function doorScan(root) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const say = words(root), answer = part("answer"), open = part("open");
  const event = Number(root.dataset.event);
  const camera = view(root, say, { ours: ({ kind, token }) => (kind === "card" || kind === "badge" ? take(token) : camera.tell("not-read")) });
  let place = 0, isKept = false;

  /** @param {string} address @param {Record<string, string>} fields @returns {Promise<any>} null without signal */
  async function post(address, fields) {
    const csrf = /** @type {HTMLInputElement} */ (document.querySelector('[name="csrf_token"]')).value;
    const said = await fetch(address, {
      method: "POST", body: new URLSearchParams({ csrf_token: csrf, ...fields }), redirect: "error",
      headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(PATIENCE_MS),
    }).catch(() => null);
    const isOurs = said && /json/.test(said.headers.get("Content-Type") ?? "") || said?.status === 204;
    return isOurs ? { ok: said.ok, ...(await said.json().catch(() => ({}))) } : null;
  }

  /** @param {string} token */
  async function take(token) {
    answer.hidden = true;
    part("state").textContent = "";
    const said = await post(root.dataset.arrivals ?? "", { card: token });
    if (!said) return without(token);
    if (!said.ok) return void (part("state").textContent = said.detail ?? say("unsaved"));
    isKept = false;
    show(said.id, say(said.again ? "again" : "in", said));
    document.dispatchEvent(new Event(CHANGED));
  }

  /** @param {string} token */
  async function without(token) {
    const plate = await nameOf(token).catch(() => null), list = document.getElementById("attendees");
    const rows = list && plate ? rowsOf(list).filter((row) => row.querySelector('[data-says="name"]')?.textContent === plate.name) : [];
    if (!plate || rows.length !== 1) return camera.tell("by-name");
    isKept = true;
    const id = Number(/** @type {HTMLElement} */ (rows[0]).dataset.id);
    await keep("check_in", { event, place: id, here: true }).then(() => show(id, say("kept", { name: plate.name })), () => camera.tell("unsaved"));
    flush();
  }

  /** @param {number} id @param {string} sentence */
  function show(id, sentence) {
    place = id;
    part("note").textContent = sentence;
    answer.hidden = false;
  }

  part("undo").addEventListener("click", async () => {
    const said = isKept ? null : await post(`/events/${event}/attendance/${place}`, { arrived: "no", at: "door" });
    if (!said) await keep("check_in", { event, place, here: false }).then(flush, () => camera.tell("unsaved"));
    answer.hidden = true;
    camera.tell("looking");
    document.dispatchEvent(new Event(CHANGED));
  });
  open.addEventListener("click", () => {
    const isAway = (part("lens").hidden = !part("lens").hidden);
    open.setAttribute("aria-expanded", String(!isAway));
    open.querySelector("span").textContent = say(isAway ? "scan" : "away");
    if (isAway) camera.stop();
    else camera.start();
  });
}
