import type { Random } from '@cnnviz/internal';

/** The share of the pixels that a square covers falls by halves once this many queries are done, of 10,000. */
const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/**
 * The share of the pixels that the square of a query covers.
 *
 * @param iteration From 0, on the scale of 10,000.
 * @see Andriushchenko, Croce, Flammarion, Hein, "Square Attack", ECCV 2020, https://arxiv.org/abs/1912.00049, section
 *   4.
 */
export function squareShare(iteration: number, initialShare: number): number {
  return initialShare / 2 ** halvings.filter((queries) => iteration > queries).length;
}

/** Where a square lies: rows `top` to `top + side - 1`, columns `left` to `left + side - 1`. */
export interface Square {
  top: number;
  left: number;
  side: number;
}

/** A square of given side at a place inside the image, each equally likely. */
export function randomSquare(random: Random, side: number, height: number, width: number): Square {
  return { side, top: random.integer(height - side + 1), left: random.integer(width - side + 1) };
}

/** -1 or 1. */
export function randomSign(random: Random): -1 | 1 {
  return random.uniform() < 0.5 ? -1 : 1;
}

/** Adds `values`, `[side, side]`, to one channel of a picture `[height, width, channels]`. */
export function addToSquare(
  picture: Float32Array,
  [, width, channels]: readonly [height: number, width: number, channels: number],
  { top, left, side }: Square,
  channel: number,
  values: (row: number, column: number) => number,
): void {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      picture[((top + row) * width + left + column) * channels + channel]! += values(row, column);
    }
  }
}

/**
 * The L2 perturbation that a square begins with, `[side, side]` row by row, of length 1: two halves of opposite sign,
 * in each of which the values fall off from its center as the sum of 1 / k² over the nested rectangles around it.
 *
 * @param isTransposed Whether the halves lie side by side instead of one above the other.
 */
export function twoHills(side: number, isTransposed: boolean): Float32Array {
  const upper = Math.floor(side / 2);
  const hills = new Float32Array(side * side);
  addHill(hills, side, 0, upper, 1);
  addHill(hills, side, upper, side - upper, -1);
  let squares = 0;
  for (const value of hills) squares += value * value;
  const length = Math.sqrt(squares);
  return hills.map((_, index) => {
    const [row, column] = [Math.floor(index / side), index % side];
    return hills[isTransposed ? column * side + row : index]! / length;
  });
}

/** Adds a hill of length 1 over the full width, from row `top` on. */
function addHill(hills: Float32Array, side: number, top: number, height: number, sign: number): void {
  const hill = new Float64Array(height * side);
  const middleRow = Math.floor(height / 2);
  const middleColumn = Math.floor(side / 2);
  const rectangles = Math.max(middleRow, middleColumn) + 1;
  for (let k = 0; k < rectangles; k++) {
    for (let row = Math.max(middleRow - k, 0); row <= Math.min(middleRow + k, height - 1); row++) {
      for (let column = Math.max(middleColumn - k, 0); column <= Math.min(middleColumn + k, side - 1); column++) {
        hill[row * side + column]! += 1 / (k + 1) ** 2;
      }
    }
  }
  const length = Math.hypot(...hill);
  for (const [index, value] of hill.entries()) hills[top * side + index] = (sign * value) / length;
}
