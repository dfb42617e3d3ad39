import { checker } from '@cnnviz/internal';

/**
 * Encodes a mask as run lengths: row by row, outside and inside by turns, the first run outside. Plain JSON, and short for
 * masks without holes.
 *
 * @param inside The pixels inside, y · width + x, each once, in any order.
 * @param pixels Number of pixels in all.
 */
export function runsOfPixels(inside: ArrayLike<number>, pixels: number): number[] {
  const mask = new Uint8Array(pixels);
  for (let index = 0; index < inside.length; index++) mask[inside[index]!] = 1;
  const runs: number[] = [];
  let start = 0;
  for (let other = 1; ; other = 1 - other) {
    const end = mask.indexOf(other, start);
    runs.push((end === -1 ? pixels : end) - start);
    if (end === -1) return runs;
    start = end;
  }
}

/**
 * Decodes the mask of one of a dissection's top images.
 *
 * @param runs Run lengths, row by row, outside and inside by turns, the first run outside.
 * @returns `[height, width]`, row by row: 1 inside, 0 outside.
 * @throws RangeError if a length is no whole number >= 0.
 * @throws TypeError if `runs` is no list of numbers.
 * @see https://cocodataset.org/#format-data, whose run lengths are of this kind, but down the columns.
 *
 * @example
 * import { maskOfRuns } from '@cnnviz/dissect';
 *
 * maskOfRuns([1, 2, 1]); // Uint8Array [0, 1, 1, 0]
 */
export function maskOfRuns(runs: readonly number[]): Uint8Array {
  const check = checker('@cnnviz/dissect', 'maskOfRuns');
  if (!Array.isArray(runs)) check.fail('type', 'runs', 'a list of lengths', runs);
  for (const [index, run] of runs.entries()) check.number(`runs[${index}]`, run, { integer: true, min: 0 });
  const mask = new Uint8Array(runs.reduce((sum, run) => sum + run, 0));
  let place = 0;
  for (const [index, run] of runs.entries()) {
    if (index % 2 === 1) mask.fill(1, place, place + run);
    place += run;
  }
  return mask;
}
