// Pictures from a camera or a photo, cut to the square in the middle that a decoder looks at.

export const SIDE = 720;
const DARK = 20, EVERY = 997; // of every so manyth pixel: enough to tell a black picture from a dim room

/** Return the largest square in the middle. @param {number} width @param {number} height */
export function square(width, height) {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, side };
}

/** Say whether a picture shows nothing at all. @param {{ data: ArrayLike<number>, width: number, height: number }} picture */
export function isBlack({ data, width, height }) {
  for (let pixel = 0; pixel < width * height; pixel += EVERY) {
    if (data[pixel * 4] > DARK || data[pixel * 4 + 1] > DARK || data[pixel * 4 + 2] > DARK) return false;
  }
  return true;
}

export function frames() {
  const canvas = document.createElement("canvas");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));

  /**
   * Return the middle of what is shown, at most 720 px wide, light and dark turned round if asked.
   * @param {CanvasImageSource} source @param {number} width @param {number} height @param {boolean} [turned]
   */
  return function grab(source, width, height, turned = false) {
    const { x, y, side } = square(width, height);
    const size = Math.max(1, Math.min(SIDE, Math.round(side)));
    if (canvas.width !== size) canvas.width = canvas.height = size;
    pen.globalCompositeOperation = "copy";
    pen.drawImage(source, x, y, side, side, 0, 0, size, size);
    if (turned) {
      pen.globalCompositeOperation = "difference";
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, size, size);
    }
    return pen.getImageData(0, 0, size, size);
  };
}
