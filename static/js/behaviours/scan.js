// Reads cards with the camera, from a picture and by their short code, and keeps each on this phone at once.

import { read, typed } from "../scanner/codes.js";
import { eye } from "../scanner/eye.js";
import { lights } from "../scanner/lights.js";
import { notes } from "../scanner/notes.js";
import { words } from "../scanner/words.js";

const FELT_MS = 60;

/** @param {HTMLElement} root */
export default function scan(root) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const say = words(root);
  const state = part("state"), start = part("start"), view = part("view");
  const offer = lights(view, part("torch"), part("zoom"));
  const event = root.dataset.event || null;

  const camera = eye(part("video"), {
    read: take,
    looking(track) {
      offer(track);
      view.classList.add("viewfinder-on");
      start.hidden = true;
      state.textContent = say("looking");
    },
    trouble(name) {
      view.classList.remove("viewfinder-on");
      part("torch").hidden = part("slider").hidden = true;
      start.hidden = name === "insecure" || name === "in-app";
      start.querySelector("span").textContent = say("again");
      part("elsewhere").hidden = name !== "in-app";
      state.textContent = say(name);
    },
  });
  const kept = notes(root, say, { busy: camera.rest, done: () => { state.textContent = say("looking"); } });

  /** @param {string} text */
  function take(text) {
    const found = read(text, root.dataset.host || location.host);
    if (found.kind === "foreign") return tell(found);
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(FELT_MS);
    state.textContent = "";
    if (found.token === root.dataset.mine) state.textContent = say("own");
    else if (found.kind === "poster") kept.poster(found.token);
    else if (found.kind === "help") kept.help(found.token);
    else kept.card({ token: found.token }, event);
  }

  /** @param {import("../scanner/codes.js").Foreign} found */
  function tell({ what, host }) {
    state.textContent = host ? say("link-to", { host }) : say(what === "broken" ? "broken-code" : what);
  }

  start.addEventListener("click", () => {
    state.textContent = say("starting");
    camera.start();
  });
  part("photo").addEventListener("change", async (/** @type {{ target: HTMLInputElement }} */ { target }) => {
    const file = target.files?.[0];
    target.value = "";
    if (!file) return;
    const { photo } = await import("../scanner/photo.js");
    const text = await photo(file).catch(() => undefined);
    if (text) take(text);
    else state.textContent = say(text === undefined ? "no-picture" : "no-code");
  });
  document.querySelector("form[data-typed]")?.addEventListener("submit", (submitted) => {
    const form = /** @type {HTMLFormElement} */ (submitted.target), field = /** @type {HTMLInputElement} */ (form.elements.namedItem("code"));
    const code = typed(field.value), hasPage = navigator.onLine && form.hasAttribute("action");
    if (hasPage) return; // with signal the page behind the form answers at once
    submitted.preventDefault();
    if (!code) return void (state.textContent = say("no-eight"));
    field.value = "";
    kept.card({ code }, event);
  });
  camera.startIfAllowed();
}
