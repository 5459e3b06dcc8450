// Reads cards with the camera, from a picture and by their short code, and keeps each on this phone at once.

import { typed } from "../scanner/codes.js";
import { notes } from "../scanner/notes.js";
import { view } from "../scanner/view.js";
import { words } from "../scanner/words.js";

/** @param {HTMLElement} root */
export default function scan(root) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const say = words(root), event = root.dataset.event || null;
  const camera = view(root, say, {
    ours: take,
    barred(name) {
      part("elsewhere").hidden = name !== "in-app";
      part("elsewhere").firstElementChild.dataset.text = location.href;
    },
  });
  const kept = notes(root, say, { busy: camera.rest, done: () => camera.tell("looking") });

  /** @param {import("../scanner/codes.js").Ours} found */
  function take({ kind, token }) {
    if (token === root.dataset.mine) camera.tell("own");
    else if (kind === "poster") kept.poster(token);
    else if (kind === "help") kept.help(token);
    else kept.card({ token }, event);
  }

  part("photo").addEventListener("change", async (/** @type {{ target: HTMLInputElement }} */ { target }) => {
    const file = target.files?.[0];
    target.value = "";
    if (!file) return;
    const { photo } = await import("../scanner/photo.js");
    const text = await photo(file).catch(() => undefined);
    if (text) camera.take(text);
    else camera.tell(text === undefined ? "no-picture" : "no-code");
  });
  document.querySelector("form[data-typed]")?.addEventListener("submit", (submitted) => {
    const form = /** @type {HTMLFormElement} */ (submitted.target), field = /** @type {HTMLInputElement} */ (form.elements.namedItem("code"));
    const code = typed(field.value), hasPage = navigator.onLine && form.hasAttribute("action");
    if (hasPage) return; // with signal the page behind the form answers at once
    submitted.preventDefault();
    if (!code) return camera.tell("no-eight");
    field.value = "";
    kept.card({ code }, event);
  });
  camera.startIfAllowed();
}
