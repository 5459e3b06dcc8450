// The honest line across the top: what is on this phone and not on the server yet. Sets everything offline going.

import { current, told } from "../offline/me.js";
import { all } from "../offline/outbox.js";
import * as refresh from "../offline/refresh.js";
import * as triggers from "../offline/triggers.js";
import * as updates from "../offline/updates.js";

/** @param {HTMLElement} strip */
export default function outbox(strip) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (strip.querySelector(`[data-${name}]`));
  let heard = "", newer = false, refuses = false, turn = 0;

  const word = (/** @type {string} */ name, /** @type {number} */ n) => (strip.dataset[name] ?? "").replace("{n}", String(n));

  /** @param {string} name @param {import("../offline/outbox.js").Row[]} rows */
  function counted(name, rows) {
    const kind = rows.every((row) => row.item.kind === "scan") ? "Scan" : "Thing";
    return word(`${name}${kind}${rows.length === 1 ? "" : "s"}`, rows.length);
  }

  /** @param {import("../offline/outbox.js").Row[]} waiting */
  function standing(waiting) {
    if (!navigator.onLine) return [word("offline", 0), waiting.length ? counted("saved", waiting) : ""];
    if (!waiting.length) return [];
    return [heard === "wait" ? counted("still", waiting) : word("waits", waiting.length)];
  }

  async function draw() {
    const mine = ++turn;
    const me = await current().catch(() => null);
    const rows = me ? await all(me).catch(() => []) : [];
    if (mine !== turn) return;
    const waiting = rows.filter((row) => row.state === "waiting"), odd = rows.length - waiting.length;
    const isOut = waiting.length > 0 && navigator.onLine && (heard === "sign_in" || (!told() && isSigningIn()));
    const words = isOut ? [] : standing(waiting);
    if (odd) words.push(word(odd === 1 ? "attention" : "attentions", odd));
    if (refuses) words.push(word("refuses", 0));
    if (newer) words.push(word("newer", 0));
    part("words").textContent = words.filter(Boolean).join(" ");
    part("enter").textContent = isOut ? counted("signIn", waiting) : "";
    part("enter").hidden = !isOut;
    part("look").hidden = !rows.length || isOut || location.pathname === "/waiting";
    strip.hidden = !isOut && !part("words").textContent;
  }

  const isSigningIn = () => !document.querySelector("[data-behaviour~=shell]");

  document.addEventListener("outbox-changed", draw);
  document.addEventListener("outbox-heard", (event) => {
    heard = /** @type {CustomEvent} */ (event).detail.what;
    draw();
  });
  document.addEventListener("not-kept", () => { refuses = true; draw(); });
  document.addEventListener("new-version", () => { newer = true; draw(); });
  for (const name of ["online", "offline"]) addEventListener(name, draw);
  draw();
  triggers.start().then(refresh.start).catch(() => { refuses = Boolean(told()); draw(); });
  if ("worker" in strip.dataset) updates.start().catch(() => {}); // a browser may refuse it: then it is a plain page
}
