import { type Check, checker, isA } from '@cnnviz/internal';
import {
  type Interpolation,
  interpolationOf,
  type UpsampleOptions,
  type Upsampling,
} from '../receptive-field/upsample.ts';
import { mapsAbove, type SparseMaps } from './sparse-maps.ts';
import { unitMaxima } from './unit-maxima.ts';

/** Where each unit of a layer fires on an image, at the resolution of the labels: only the pixels that do, as these are few. */
export interface UnitMasks {
  units: number;
  /** The pixels of unit u are `pixels[starts[u]]` up to, but not including, `pixels[starts[u + 1]]`. */
  starts: Uint32Array;
  /** y · width + x; each pixel of a unit once, in no particular order. */
  pixels: Uint32Array;
}

/** Options of `unitMasks`: `size` is that of the label maps. */
export interface UnitMasksOptions extends UpsampleOptions {
  /** `[height, width]` of the layer's maps. */
  mapSize: readonly [height: number, width: number];
  /** Where each position of the map lies on the image. */
  upsampling: Upsampling;
}

/**
 * Finds the pixels at which each unit of a layer fires on one image: where its upsampled activation exceeds its threshold, in
 * float32 and strictly, as in NetDissect. With `UnitThresholds` before and `DissectionTally` after it, this makes a
 * dissection of activations that come from anywhere.
 *
 * @param activations The maps of one image on the host: `[height, width, units]`, row by row, finite.
 * @param thresholds One per unit, as `UnitThresholds` finds them.
 * @returns Plain data: pixels of label maps of `size`, as `DissectionTally.add` takes them.
 * @throws RangeError if a size is no whole number >= 1, or `activations` do not have `mapSize`.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   2.2.
 *
 * @example
 * import { unitMasks } from '@cnnviz/dissect';
 *
 * const activations = Float32Array.of(0, 1, 2, 3); // one unit on a map of 2 x 2 positions
 * const { pixels } = unitMasks(activations, Float32Array.of(1.5), {
 *   mapSize: [2, 2],
 *   upsampling: 'half-pixel',
 *   size: [4, 4],
 * });
 * pixels.length; // 8 of 16: the lower half
 */
export function unitMasks(activations: Float32Array, thresholds: Float32Array, options: UnitMasksOptions): UnitMasks {
  const check = checker('@cnnviz/dissect', 'unitMasks');
  const units = requireFloats(check, 'thresholds', thresholds).length;
  const { mapSize, upsampling } = check.options(options);
  const [height, width] = check.shape('mapSize', mapSize, 2);
  if (requireFloats(check, 'activations', activations).length !== height * width * units || units === 0) {
    check.fail('range', 'activations', `maps [${height}, ${width}, ${units}]`, activations);
  }
  const interpolation = interpolationOf(check, upsampling, options);
  return masksOf(mapsAbove(activations, thresholds, unitMaxima(activations, units)), thresholds, interpolation);
}

function requireFloats(check: Check, name: string, values: Float32Array): Float32Array {
  return isA('Float32Array', values) ? values : check.fail('type', name, 'a Float32Array', values);
}

/** Throws unless they are masks of so many units on label maps of a size. */
export function requireMasks(check: Check, masks: UnitMasks, units: number, [height, width]: readonly number[]): void {
  check.options(masks, 'masks');
  if (masks.units !== units) check.fail('range', 'masks', `those of ${units} units`, masks.units);
  const isMasks = masks.starts?.length === units + 1 && masks.pixels?.length === masks.starts[units];
  if (!isMasks) check.fail('range', 'masks', `starts of ${units} units, and as many pixels as they say`, masks);
  const pixels = height! * width!;
  for (let index = 0; index < masks.pixels.length; index++) {
    if (!(masks.pixels[index]! < pixels)) check.fail('range', 'masks.pixels', `below ${pixels}`, masks.pixels[index]);
  }
}

/**
 * The pixels at which units exceed their thresholds.
 *
 * @param sparse Maps of the units that may fire; all others do not.
 * @param thresholds One per unit.
 */
export function masksOf(sparse: SparseMaps, thresholds: Float32Array, interpolation: Interpolation): UnitMasks {
  const { rows, columns, mapSize } = interpolation;
  const positions = mapSize[0] * mapSize[1];
  const cells = { down: cellStarts(rows.before, mapSize[0]), across: cellStarts(columns.before, mapSize[1]) };
  const labels = rows.before.length * columns.before.length;
  const units = thresholds.length;
  const starts = new Uint32Array(units + 1);
  let pixels = new Uint32Array(65536);
  let length = 0;
  let row = 0;
  for (let unit = 0; unit < units; unit++) {
    starts[unit] = length;
    if (sparse.units[row] !== unit) continue;
    const map = sparse.maps.subarray(row * positions, (row + 1) * positions);
    row++;
    if (length + labels > pixels.length) pixels = grown(pixels, length + labels);
    length = addPixels(pixels, length, map, thresholds[unit]!, interpolation, cells);
  }
  starts[units] = length;
  return { units, starts, pixels: pixels.slice(0, length) };
}

interface Cells {
  down: Uint32Array;
  across: Uint32Array;
}

/**
 * Writes the pixels of one unit from index `length` on, and returns the index after the last of them. A value between four
 * positions is not above the largest of them, so a cell is interpolated only where some of its corners exceed the threshold
 * and some do not.
 */
function addPixels(
  pixels: Uint32Array,
  length: number,
  map: Float32Array,
  threshold: number,
  { rows, columns, mapSize: [height, width] }: Interpolation,
  { down, across }: Cells,
): number {
  const labelWidth = columns.before.length;
  for (let i = 0; i < height; i++) {
    const [top, bottom] = [down[i]!, down[i + 1]!];
    if (top === bottom) continue;
    const upper = i * width;
    const lower = Math.min(i + 1, height - 1) * width;
    for (let j = 0; j < width; j++) {
      const left = across[j]!;
      const right = across[j + 1]!;
      if (left === right) continue;
      const next = Math.min(j + 1, width - 1);
      const a = map[upper + j]!;
      const b = map[upper + next]!;
      const c = map[lower + j]!;
      const d = map[lower + next]!;
      const corners = Number(a > threshold) + Number(b > threshold) + Number(c > threshold) + Number(d > threshold);
      if (corners === 0) continue;
      for (let y = top; y < bottom; y++) {
        const start = y * labelWidth;
        if (corners === 4) {
          for (let x = left; x < right; x++) pixels[length++] = start + x;
          continue;
        }
        const fraction = rows.fraction[y]!;
        const before = a + fraction * (c - a);
        const after = b + fraction * (d - b);
        for (let x = left; x < right; x++) {
          if (Math.fround(before + columns.fraction[x]! * (after - before)) > threshold) pixels[length++] = start + x;
        }
      }
    }
  }
  return length;
}

/** The labels of cell i are those from starts[i] up to, but not including, starts[i + 1]. */
function cellStarts(before: Int32Array, cells: number): Uint32Array {
  const starts = new Uint32Array(cells + 1);
  for (const cell of before) starts[cell + 1]!++;
  for (let cell = 0; cell < cells; cell++) starts[cell + 1]! += starts[cell]!;
  return starts;
}

function grown(pixels: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, 2 * pixels.length));
  larger.set(pixels);
  return larger;
}
