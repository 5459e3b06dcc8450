// One look after another, ten a second, for as long as the same camera runs.

import { frames, isBlack } from "./frames.js";
import { ladder } from "./ladder.js";
import { repeats } from "./repeats.js";
import { rungs } from "./rungs.js";

const PACE_MS = 100, BREATH_MS = 300; // after a read: what was read is kept meanwhile, and not held up by pictures
const ASKS_AGAIN = 20, GIVES_UP = 60; // so many black pictures in a row

/**
 * @param {HTMLVideoElement} video @param {() => MediaStreamTrack | null} track the camera's, while it runs
 * @param {import("./eye.js").Told & { revive(): void }} told
 */
export function gaze(video, track, told) {
  const grab = frames(), isNew = repeats();
  /** @type {Promise<ReturnType<typeof ladder>> | null} */
  let steps = null;
  let resting = false, pause = PACE_MS, looks = 0, black = 0, shows = false;

  const prepare = () => (steps ??= rungs().then((made) => ladder(made)));

  async function glance() {
    const step = await prepare();
    looks += 1;
    const picture = grab(video, video.videoWidth, video.videoHeight, step.turns() && looks % 2 === 0);
    if (isDark(picture)) return;
    if (!shows) told.looking(/** @type {MediaStreamTrack} */ (track()));
    shows = true;
    const text = await step.read(picture);
    if (text === null || resting || !isNew(text)) return;
    pause = BREATH_MS;
    told.read(text);
  }

  /** @param {ImageData} picture */
  function isDark(picture) {
    black = isBlack(picture) ? black + 1 : 0;
    // Some phones give nothing but black until they are asked a second time.
    if (black === ASKS_AGAIN) told.revive();
    if (black === GIVES_UP) {
      shows = false;
      told.trouble("black");
    }
    return black > 0;
  }

  return {
    prepare,
    /** Look for as long as this camera runs. */
    async begin() {
      const mine = track(), step = await prepare();
      step.rest();
      shows = false;
      while (mine && mine === track()) {
        const since = performance.now();
        pause = PACE_MS;
        if (!resting && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) await glance();
        await new Promise((next) => setTimeout(next, Math.max(0, pause - (performance.now() - since))));
      }
    },
    /** Look away while somebody types, or look again; the picture stays. @param {boolean} wanted */
    rest(wanted) {
      resting = wanted;
    },
  };
}
