// A picture with its edges brought out: what a moving hand or a lens that hunts for the distance has smeared can be
// read again. Grain is evened out first, over 3 × 3 pixels, since it would be brought out as well.

const AROUND = 3, GAIN = 2; // so many pixels to each side make up the surroundings an edge is told from
const OWN = (1 + GAIN) / 9, OTHERS = GAIN / (2 * AROUND + 1) ** 2;

/**
 * Let each pixel of this very picture stand out from its surroundings more than it did, in grey (unsharp masking). A rim
 * of three pixels stays as it was: no code is read there.
 * @template {{ data: Uint8ClampedArray, width: number, height: number }} Picture
 * @param {Picture} picture @returns {Picture} the same
 */
export function sharp(picture) {
  const { data, width, height } = picture;
  const light = new Uint8Array(width * height);
  for (let pixel = 0; pixel < light.length; pixel += 1) light[pixel] = data[pixel * 4 + 1]; // green is nearest to what an eye sees
  const near = new Int32Array(width), wide = new Int32Array(width); // sums down each column, of 3 pixels and of 7
  for (let y = 0; y < 2 * AROUND; y += 1) add(wide, light, y, width);
  for (let y = AROUND - 1; y <= AROUND; y += 1) add(near, light, y, width);
  for (let y = AROUND; y < height - AROUND; y += 1) {
    add(wide, light, y + AROUND, width);
    add(near, light, y + 1, width);
    row(data, y * width, near, wide, width);
    add(wide, light, y - AROUND, width, -1);
    add(near, light, y - 1, width, -1);
  }
  return picture;
}

/** @param {Int32Array} sums @param {Uint8Array} light @param {number} y @param {number} width @param {1 | -1} [sign] */
function add(sums, light, y, width, sign = 1) {
  const start = y * width;
  for (let x = 0; x < width; x += 1) sums[x] += sign * light[start + x];
}

/** @param {Uint8ClampedArray} out @param {number} start @param {Int32Array} near @param {Int32Array} wide @param {number} width */
function row(out, start, near, wide, width) {
  let around = 0;
  for (let x = 0; x < 2 * AROUND; x += 1) around += wide[x];
  for (let x = AROUND; x < width - AROUND; x += 1) {
    around += wide[x + AROUND];
    const at = (start + x) * 4;
    out[at] = out[at + 1] = out[at + 2] = ((near[x - 1] + near[x] + near[x + 1]) * OWN - around * OTHERS) | 0;
    around -= wide[x - AROUND];
  }
}
