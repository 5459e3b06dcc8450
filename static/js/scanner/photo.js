// A picture that was taken, or kept, read on this phone: it is sent nowhere.

import { frames, SIDE } from "./frames.js";
import { rungs } from "./rungs.js";

/** @param {File} file @returns {Promise<string | null>} the text of the code on it */
export async function photo(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const ways = await rungs();
  const grab = frames();
  await ways.load().catch(() => {}); // no signal: the small one alone
  for (const view of views(picture)) {
    const cut = await createImageBitmap(picture, ...view);
    for (const way of [ways.large, ways.small]) {
      const text = await way(grab(cut, cut.width, cut.height)).catch(() => null);
      if (text !== null) return text;
    }
  }
  return null;
}

/**
 * Where to look: the square in the middle, those at both ends, then the middle closer and closer.
 * @param {{ width: number, height: number }} picture @returns {[number, number, number, number][]} x, y, width, height
 */
export function views({ width, height }) {
  const least = Math.min(width, height), right = width - least, down = height - least;
  const ends = right || down ? [[0, 0, least], [right, down, least]] : [];
  const closer = [least / 2, least / 4].filter((side) => side >= SIDE / 2).map((side) => [(width - side) / 2, (height - side) / 2, side]);
  return [[right / 2, down / 2, least], ...ends, ...closer].map(([x, y, side]) => [Math.round(x), Math.round(y), Math.round(side), Math.round(side)]);
}
