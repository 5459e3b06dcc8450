// Which decoder looks at a picture: the phone's own where it reads QR codes; else the small one at once, and the
// large one, fetched only then, once the small one has had its time. Ours are given every second picture with its edges
// brought out: a blurred or dim one can be read only so, one from far away only as it is.

/** @typedef {(picture: ImageData) => Promise<string | null>} Read */
/** @typedef {(picture: ImageData, isSharpened?: boolean) => Promise<string | null>} Decode */
/** @typedef {{ native?: Read | null, small: Decode, large: Decode, load: () => Promise<unknown> }} Rungs */

export const PATIENCE_MS = 1_500, TRY_AGAIN_MS = 15_000;

/** @param {Rungs} rungs @param {() => number} [now] in milliseconds */
export function ladder(rungs, now = () => performance.now()) {
  let native = rungs.native ?? null;
  /** @type {number | null} */
  let begun = null;
  let loaded = false, asked = Number.NEGATIVE_INFINITY, turn = 0;

  function climb() {
    if (loaded || now() - (begun ?? now()) < PATIENCE_MS || now() - asked < TRY_AGAIN_MS) return;
    asked = now();
    rungs.load().then(() => { loaded = true; }, () => {}); // out of reach: the small one goes on meanwhile
  }

  /** @type {Read} */
  async function look(picture) {
    if (native) {
      try {
        return await native(picture);
      } catch {
        native = null; // its service is gone, as on phones without the maker's own: down to the next rung
      }
    }
    climb();
    turn += 1;
    const decode = loaded && turn % 3 ? rungs.large : rungs.small;
    return decode(picture, turn % 2 === 0);
  }

  return {
    /** Say whether pictures are to be turned light for dark now and then, since the decoder does not do so itself. */
    turns: () => native !== null,

    /** Read one picture. @type {Read} */
    async read(picture) {
      begun ??= now();
      const text = await look(picture).catch(() => null);
      if (text !== null) begun = now();
      return text;
    },

    /** Begin anew: the camera was away. */
    rest() {
      begun = null;
    },
  };
}
