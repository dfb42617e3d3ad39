import { type Check, checker } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { centerOf } from './algebra.ts';
import type { ReceptiveField } from './receptive-field.ts';

/**
 * How the map of a layer is upsampled to labels, always bilinearly.
 *
 * A `ReceptiveField`: each position at the center of the pixels that it sees, as NetDissect does. `half-pixel`: map and
 * labels cover the same area, as `resizeBilinear` with half-pixel centers and NetDissect-Lite do. `align-corners`: the
 * outermost positions on the outermost labels, as `resizeBilinear` with aligned corners does.
 */
export type Upsampling = ReceptiveField | 'half-pixel' | 'align-corners';

/** Options of `upsample`. */
export interface UpsampleOptions {
  /** `[height, width]` of the result. */
  size: readonly [height: number, width: number];
  /**
   * `[height, width]` of the images that the maps belong to, if `upsampling` is a receptive field without `inputSize`.
   * Default: `size`.
   */
  imageSize?: readonly [height: number, width: number];
}

/** For each index of one direction of the result: which position of the map comes before it, and how far it is past it. */
interface AxisInterpolation {
  /** Never falls from one index to the next. */
  before: Int32Array;
  /** In [0, 1), of the way to the next position. */
  fraction: Float64Array;
}

/** What `upsample` does, as indices: value = (1 - f) · map[before] + f · map[before + 1], down and across. */
export interface Interpolation {
  mapSize: readonly [height: number, width: number];
  rows: AxisInterpolation;
  columns: AxisInterpolation;
}

/**
 * Upsamples the maps of a layer to the resolution of labels, bilinearly, with each position placed where the layer looks.
 *
 * A label y of a receptive field's map stands at y · r, where r is how many pixels of the network's input one label is
 * (rounded, as NetDissect does), and position i at (⌊size / 2⌋ + offset) + i · stride, rounded down to labels. Beyond the
 * outermost positions the map stays constant. NetDissect rounds the stride down to labels too, and drifts where it
 * is no multiple of r; here it is not rounded. Where the network enlarged the map, and the numbers of the field are
 * fractions, position i stands at the exact center, offset + (size - 1) / 2 + i · stride.
 *
 * Synchronous, differentiable, runs inside `tf.tidy`.
 *
 * @param maps `[n, h, w, units]`; not modified.
 * @param upsampling Where positions lie.
 * @returns `[n, ...size, units]`. The caller disposes.
 * @throws RangeError if a size is no whole number >= 1.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   2.2.
 *
 * @example
 * import { receptiveField, upsample } from '@cnnviz/dissect';
 *
 * const maps = probe(images);
 * const field = receptiveField([{ size: 3, padding: 1 }, { size: 2, stride: 2 }], { inputSize: [28, 28] });
 * const enlarged = upsample(maps, field, { size: [28, 28] });
 */
export function upsample(maps: Tensor4D, upsampling: Upsampling, options: UpsampleOptions): Tensor4D {
  const check = checker('@cnnviz/dissect', 'upsample');
  check.images('maps', maps);
  check.options(options);
  const [count, height, width, units] = maps.shape;
  const { rows, columns } = interpolationOf(check, upsampling, { ...options, mapSize: [height, width] });
  const [rowCount, columnCount] = options.size;
  return tf.tidy(() => {
    const downwards: Tensor = tf.matMul(matrixOf(rows, height), tf.reshape(maps, [count, height, width * units]));
    const both: Tensor = tf.matMul(matrixOf(columns, width), tf.reshape(downwards, [count * rowCount, width, units]));
    return tf.reshape(both, [count, rowCount, columnCount, units]);
  });
}

/** Row i holds the weights of the positions that index i is made of. */
function matrixOf({ before, fraction }: AxisInterpolation, positions: number): Tensor2D {
  const weights = new Float32Array(before.length * positions);
  before.forEach((position, index) => {
    weights[index * positions + position]! += 1 - fraction[index]!;
    if (position + 1 < positions) weights[index * positions + position + 1]! += fraction[index]!;
  });
  return tf.tensor2d(weights, [before.length, positions]);
}

/** Where each label falls between the positions of a map. */
export function interpolationOf(
  check: Check,
  upsampling: Upsampling,
  { size, mapSize, imageSize = size }: UpsampleOptions & { mapSize: readonly [number, number] },
): Interpolation {
  check.shape('size', size, 2);
  check.shape('imageSize', imageSize, 2);
  const place = placement(check, upsampling, imageSize);
  const axis = (which: 0 | 1): AxisInterpolation => {
    const [positions, labels] = [mapSize[which], size[which]];
    const before = new Int32Array(labels);
    const fraction = new Float64Array(labels);
    for (let label = 0; label < labels; label++) {
      const position = Math.min(positions - 1, Math.max(0, place(which, label, positions, labels)));
      before[label] = Math.floor(position);
      fraction[label] = position - before[label]!;
    }
    return { before, fraction };
  };
  return { mapSize, rows: axis(0), columns: axis(1) };
}

/** Where on the map a label lies, in positions. */
function placement(
  check: Check,
  upsampling: Upsampling,
  imageSize: readonly [number, number],
): (which: 0 | 1, label: number, positions: number, labels: number) => number {
  if (upsampling === 'half-pixel') {
    return (_, label, positions, labels) => ((label + 0.5) * positions) / labels - 0.5;
  }
  if (upsampling === 'align-corners') {
    return (_, label, positions, labels) => (labels === 1 ? 0 : (label * (positions - 1)) / (labels - 1));
  }
  const field = requireField(check, upsampling);
  return (which, label, _, labels) => {
    const reduction = Math.max(1, Math.round((field.inputSize ?? imageSize)[which] / labels));
    const center = centerOf({ size: field.size[which], offset: field.offset[which] });
    const first = Number.isInteger(center) ? Math.floor(center / reduction) : center / reduction;
    return ((label - first) * reduction) / field.stride[which];
  };
}

function requireField(check: Check, upsampling: Exclude<Upsampling, string>): ReceptiveField {
  const isPair = (value: unknown, isRight: (each: number) => boolean) =>
    Array.isArray(value) && value.length === 2 && value.every((each) => Number.isFinite(each) && isRight(each));
  const { size, stride, offset, inputSize } = upsampling ?? {};
  const isField =
    isPair(size, (each) => each >= 1) &&
    isPair(stride, (each) => each > 0) &&
    isPair(offset, () => true) &&
    (inputSize === null || isPair(inputSize, (each) => Number.isInteger(each) && each >= 1));
  if (isField) return upsampling;
  return check.fail('type', 'upsampling', "a ReceptiveField, 'half-pixel' or 'align-corners'", upsampling);
}
