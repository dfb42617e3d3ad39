const side = 28;
const box = 20;

/**
 * A drawing as MNIST has its digits: scaled, keeping its proportions, so that the longer side of what is drawn is 20
 * pixels, and placed in 28 x 28 so that its center of mass is in the middle.
 *
 * @param ink Of a square drawing, row by row, 0 to 1.
 * @returns 28 x 28, 0 to 1; all 0 if nothing is drawn.
 * @see LeCun, Cortes, Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist
 */
export function centerDigit(ink: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const size = Math.sqrt(ink.length);
  const centered = new Float32Array(side * side);
  const bounds = boundsOf(ink, size);
  if (bounds === undefined) return centered;
  const { left, top, width, height } = bounds;
  const scale = Math.max(width, height) / box;

  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[(top + y) * size + left + x]!;
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  // Of the middle of the 28 x 28, in pixels of the drawing.
  const [middleX, middleY] = [left + massX / mass, top + massY / mass];
  const start = (middle: number, pixel: number) => middle + (pixel - side / 2) * scale;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      centered[y * side + x] = meanInk(ink, size, start(middleX, x), start(middleY, y), scale);
    }
  }
  return centered;
}

function boundsOf(ink: ArrayLike<number>, size: number) {
  let [left, top, right, bottom] = [size, size, -1, -1];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (ink[y * size + x]! < 0.1) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Of the square with that corner, each pixel by the share of it inside. Beyond the drawing there is no ink. */
function meanInk(ink: ArrayLike<number>, size: number, left: number, top: number, length: number): number {
  let sum = 0;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(size, top + length); y++) {
    const rows = Math.min(y + 1, top + length) - Math.max(y, top);
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(size, left + length); x++) {
      sum += rows * (Math.min(x + 1, left + length) - Math.max(x, left)) * ink[y * size + x]!;
    }
  }
  return Math.min(1, sum / length ** 2);
}
