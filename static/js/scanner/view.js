// The picture on the page: its start button, its torch and zoom, and the sentence under it.

import { read } from "./codes.js";
import { eye } from "./eye.js";
import { lights } from "./lights.js";

const FELT_MS = 60;

/** @typedef {import("./codes.js").Ours} Ours */

/**
 * @param {HTMLElement} root @param {(name: string, given?: Record<string, string>) => string} say
 * @param {{ ours(found: Ours): void, barred?(name: string): void }} told what was read, and why there can be no camera
 */
export function view(root, say, told) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = part("state"), start = part("start"), lens = part("view");
  const offer = lights(lens, part("torch"), part("zoom"));

  const camera = eye(part("video"), {
    read: take,
    looking(track) {
      offer(track);
      lens.classList.add("viewfinder-on");
      start.hidden = true;
      tell("looking");
    },
    trouble(name) {
      lens.classList.remove("viewfinder-on");
      part("torch").hidden = part("slider").hidden = true;
      start.hidden = name === "insecure" || name === "in-app";
      start.querySelector("span").textContent = say("again");
      tell(name);
      told.barred?.(name);
    },
  });

  /** @param {string} name @param {Record<string, string>} [given] */
  function tell(name, given) {
    state.textContent = say(name, given);
  }

  /** Take a text that was read, from wherever. Nothing foreign gets any further than its name. @param {string} text */
  function take(text) {
    const found = read(text, root.dataset.host || location.host);
    if (found.kind === "foreign") {
      const { what, host } = found;
      return host ? tell("link-to", { host }) : tell(what === "broken" ? "broken-code" : what);
    }
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(FELT_MS);
    told.ours(found);
  }

  start.addEventListener("click", () => {
    tell("starting");
    camera.start();
  });
  return { ...camera, tell, take };
}
