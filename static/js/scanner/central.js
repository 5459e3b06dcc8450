// Of several codes in one picture, the one that the camera is held at.

/** @typedef {{ x: number, y: number, width: number, height: number }} Box */
/** @typedef {{ text: string, box: Box }} Seen */

/** @param {Box} box @param {{ width: number, height: number }} picture */
const off = (box, picture) => Math.hypot(box.x + (box.width - picture.width) / 2, box.y + (box.height - picture.height) / 2);

/**
 * Return the text of the most central code, or null where there is none.
 * @param {Seen[]} seen @param {{ width: number, height: number }} picture
 */
export function central(seen, picture) {
  const [first] = [...seen].sort((one, other) => off(one.box, picture) - off(other.box, picture));
  return first?.text ?? null;
}

/** Say whether a code lies over the middle of the picture: no other can be more central. @param {Box} box @param {{ width: number, height: number }} picture */
export function isInTheMiddle(box, picture) {
  const x = picture.width / 2 - box.x, y = picture.height / 2 - box.y;
  return x > 0 && y > 0 && x < box.width && y < box.height;
}
