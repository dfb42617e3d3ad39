import { type Check, checker, isA } from '@cnnviz/internal';
import type { Interpolation } from '../receptive-field/upsample.ts';
import { unitMaxima } from './unit-maxima.ts';

/**
 * Where each unit of a layer fires on an image, at the resolution of labels: only the pixels that do, as these are few.
 */
export interface UnitMasks {
  units: number;
  /** The pixels of unit u are `pixels[starts[u]]` up to, not with, `pixels[starts[u + 1]]`. */
  starts: Uint32Array;
  /** y · width + x; each pixel of a unit once, in no order. */
  pixels: Uint32Array;
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

function requireFloats(check: Check, name: string, values: Float32Array): Float32Array {
  return isA('Float32Array', values) ? values : check.fail('type', name, 'a Float32Array', values);
}

/** The maps of some units of a layer on one image: those that may fire. */
export interface SparseMaps {
  /** Rising. */
  units: Uint32Array;
  /** `[units.length, height, width]`. */
  maps: Float32Array;
}

/**
 * Takes the maps of the units that exceed their limit somewhere.
 *
 * @param activations `[height, width, units]`.
 * @param limits One a unit.
 * @param maxima The largest activation of each unit, for those who know them.
 */
export function mapsAbove(
  activations: Float32Array,
  limits: Float32Array,
  maxima: Float32Array = unitMaxima(activations, limits?.length),
): SparseMaps {
  const check = checker('@cnnviz/dissect', 'mapsAbove');
  const count = requireFloats(check, 'limits', limits).length;
  const positions = requireFloats(check, 'activations', activations).length / count;
  if (!Number.isInteger(positions)) check.fail('range', 'activations', `those of ${count} units`, activations);
  if (requireFloats(check, 'maxima', maxima).length !== count) {
    check.fail('range', 'maxima', `those of ${count} units`, maxima);
  }
  const above: number[] = [];
  maxima.forEach((activation, unit) => {
    if (activation > limits[unit]!) above.push(unit);
  });
  const units = Uint32Array.from(above);
  const maps = new Float32Array(units.length * positions);
  units.forEach((unit, row) => {
    for (let position = 0; position < positions; position++) {
      maps[row * positions + position] = activations[position * count + unit]!;
    }
  });
  return { units, maps };
}

/** Those of the maps whose unit exceeds its limit somewhere. */
export function mapsStillAbove({ units, maps }: SparseMaps, limits: Float32Array): SparseMaps {
  const positions = maps.length / units.length;
  const mapOf = (row: number) => maps.subarray(row * positions, (row + 1) * positions);
  const rows = Array.from(units.keys()).filter((row) => {
    const limit = limits[units[row]!]!;
    return mapOf(row).some((activation) => activation > limit);
  });
  if (rows.length === units.length) return { units, maps };
  const kept = new Float32Array(rows.length * positions);
  rows.forEach((row, index) => {
    kept.set(mapOf(row), index * positions);
  });
  return { units: Uint32Array.from(rows, (row) => units[row]!), maps: kept };
}

/**
 * Which pixels of the labels exceed the threshold of each unit once its map is upsampled, in float32 and strictly, as
 * NetDissect has it. A value between four positions is not above the largest of them, so that a cell is interpolated
 * only where some of its corners exceed the threshold and some do not.
 *
 * @param sparse Maps of the units that may fire; all others do not.
 * @param thresholds One a unit.
 */
export function unitMasks(sparse: SparseMaps, thresholds: Float32Array, interpolation: Interpolation): UnitMasks {
  const check = checker('@cnnviz/dissect', 'unitMasks');
  requireFloats(check, 'thresholds', thresholds);
  requireFloats(check, 'sparse.maps', check.options(sparse, 'sparse').maps);
  if (!isA('Uint32Array', sparse.units)) check.fail('type', 'sparse.units', 'a Uint32Array', sparse.units);
  const { rows, columns, mapSize } = check.options(interpolation, 'interpolation');
  check.shape('interpolation.mapSize', mapSize, 2);
  const [height, width] = mapSize;
  const positions = height * width;
  const labelWidth = columns.before.length;
  const rowStarts = cellStarts(rows.before, height);
  const columnStarts = cellStarts(columns.before, width);
  const starts = new Uint32Array(thresholds.length + 1);
  let pixels = new Uint32Array(65536);
  let length = 0;
  const count = thresholds.length;

  let row = 0;
  for (let unit = 0; unit < count; unit++) {
    starts[unit] = length;
    if (sparse.units[row] !== unit) continue;
    const map = sparse.maps.subarray(row * positions, (row + 1) * positions);
    row++;
    const threshold = thresholds[unit]!;
    const most = length + rows.before.length * labelWidth;
    if (most > pixels.length) pixels = grown(pixels, most);
    for (let i = 0; i < height; i++) {
      const top = rowStarts[i]!;
      const bottom = rowStarts[i + 1]!;
      if (top === bottom) continue;
      const upper = i * width;
      const lower = Math.min(i + 1, height - 1) * width;
      for (let j = 0; j < width; j++) {
        const left = columnStarts[j]!;
        const right = columnStarts[j + 1]!;
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
          const down = rows.fraction[y]!;
          const before = a + down * (c - a);
          const after = b + down * (d - b);
          for (let x = left; x < right; x++) {
            if (Math.fround(before + columns.fraction[x]! * (after - before)) > threshold) pixels[length++] = start + x;
          }
        }
      }
    }
  }
  starts[count] = length;
  return { units: count, starts, pixels: pixels.slice(0, length) };
}

/** The labels of cell i are those from starts[i] up to, not with, starts[i + 1]. */
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
