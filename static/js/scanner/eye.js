// The camera that looks until it sees a code: started, stopped and started again as the page is shown, hidden and
// shown. It says what it read and what is wrong, and knows nothing of cards.

import { stayAwake } from "../behaviours/awake.js";
import { camera, permission } from "./camera.js";
import { gaze } from "./gaze.js";
import { barred, trouble } from "./troubles.js";

/**
 * @typedef {object} Told
 * @property {(text: string) => void} read a text that was not in view before
 * @property {(track: MediaStreamTrack) => void} looking the camera shows something
 * @property {(name: string) => void} trouble it doesn't, and why
 *
 * @param {HTMLVideoElement} video @param {Told} told
 */
export function eye(video, told) {
  const lens = camera(video, () => begin());
  const looks = gaze(video, lens.track, { ...told, revive: () => begin() });
  /** @type {(() => void) | null} */
  let goDark = null;
  let on = false;

  async function begin() {
    if (!on || document.hidden) return;
    try {
      looks.prepare();
      if (!await lens.start()) return;
      goDark ??= stayAwake();
      looks.begin();
    } catch (fault) {
      stop();
      told.trouble(trouble(/** @type {Error} */ (fault), await permission()));
    }
  }

  function stop() {
    on = false;
    lens.stop();
    goDark?.();
    goDark = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? lens.stop() : begin()));
  window.addEventListener("pagehide", () => lens.stop());
  window.addEventListener("pageshow", (event) => event.persisted && begin());

  /** Start it, as a tap asks for. */
  async function start() {
    const bar = barred(window);
    if (bar) return told.trouble(bar);
    on = true;
    await begin();
  }

  return {
    start,
    stop,
    rest: looks.rest,
    /** Start it without a tap where it was allowed before; say at once where there can be none. */
    async startIfAllowed() {
      const bar = barred(window);
      if (bar) told.trouble(bar);
      else if (await permission() === "granted") await start();
    },
  };
}
