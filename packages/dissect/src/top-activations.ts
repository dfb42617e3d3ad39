import {
  type Batches,
  type Check,
  checker,
  type LongWork,
  type Probe,
  reportProgress,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Where a unit was driven. */
export interface TopActivation {
  /** Index of the image. */
  image: number;
  /** Of the position in the layer's map. */
  row: number;
  column: number;
  activation: number;
}

/** The images that drive each unit most; plain JSON. */
export interface TopActivations {
  /** How many images a unit keeps. */
  perUnit: number;
  /** How many images were seen. */
  images: number;
  /**
   * For each unit, strongest first, each image once, at the position that drives the unit most in it. Of equal
   * activations the image and the position (row by row) that come first. Empty while no image was seen.
   */
  units: TopActivation[][];
}

export interface TopActivationsOptions extends LongWork<TopActivations> {
  /** How many images a unit keeps. Default: 10. */
  perUnit?: number;
  /** Index of the first image of the batches, where they are a part of a data set. Default: 0. */
  firstImage?: number;
  /**
   * A result of the same probe and the same batches that stopped early: the images that it has seen are passed over.
   * Not modified.
   */
  resume?: TopActivations;
}

/**
 * The images and positions that drive each unit of a layer most, found in one pass.
 *
 * Memory is that of one batch and its activations, and of `perUnit` records a unit. Each batch is reported with what was
 * found up to it, as a record of its own: save it and give it to `resume` to go on after an abort.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`.
 * @param batches Images `[n, h, w, c]`. Still the data set's.
 * @returns Plain data, which does not depend on how the images are batched.
 * @throws RangeError if an option is outside its range or no record of these batches.
 * @throws TypeError if an argument, or what the probe returns, is of another kind.
 * @throws Error if an activation is not finite, or the number of units changes.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, figure 2.
 *
 * @example
 * import { topActivations } from '@cnnviz/dissect';
 *
 * const top = await topActivations(probe, [images], { perUnit: 3 });
 * console.log(top.units[0]); // [{ image, row, column, activation }, …]
 */
export async function topActivations(
  probe: Probe,
  batches: Batches<Tensor4D>,
  options: TopActivationsOptions = {},
): Promise<TopActivations> {
  const check = checker('@cnnviz/dissect', 'topActivations');
  check.callable('probe', probe);
  if (!isIterable(batches)) check.fail('type', 'batches', 'batches of images, one after the other', batches);
  const firstImage = check.number('firstImage', options.firstImage ?? 0, { integer: true, min: 0 });
  const perUnit = check.number('perUnit', options.perUnit ?? options.resume?.perUnit ?? 10, { integer: true, min: 1 });
  const { resume } = options;
  if (resume !== undefined && !(isTop(resume) && resume.perUnit === perUnit)) {
    check.fail('range', 'resume', `a result of topActivations with ${perUnit} images a unit`, resume);
  }
  const top: TopActivations = resume ? copyOf(resume) : { perUnit, images: 0, units: [] };
  throwIfAborted(options);
  let passed = 0;
  for await (const batch of batches) {
    const count = check.images('batches', batch).shape[0];
    const skipped = Math.min(count, Math.max(0, top.images - passed));
    passed += count;
    if (skipped === count) continue;
    const { values, shape } = await activationsOf(check, probe, batch, skipped);
    const [n, height, width, units] = shape;
    if (top.images === 0) top.units = Array.from({ length: units }, () => []);
    if (units !== top.units.length) {
      check.failBecause('state', `probe must keep its ${top.units.length} units, got ${units}`);
    }
    for (let index = 0; index < n; index++) {
      const image = firstImage + top.images;
      const found = strongestPositions(values, index * height * width * units, height * width, units);
      for (let unit = 0; unit < units; unit++) {
        const activation = found.activations[unit]!;
        if (!Number.isFinite(activation)) {
          check.failBecause(
            'state',
            `activations must be finite, got ${activation} from unit ${unit} on image ${image}`,
          );
        }
        const position = found.positions[unit]!;
        const record = { image, row: Math.floor(position / width), column: position % width, activation };
        insert(top.units[unit]!, record, perUnit);
      }
      top.images++;
    }
    await reportProgress(options, copyOf(top));
  }
  if (passed < top.images) {
    check.fail('range', 'resume', `a result of these ${passed} images, not of ${top.images}`, resume);
  }
  return top;
}

/**
 * What two parts of a data set give together; the order of merging does not matter.
 *
 * @param a, b Results of the same probe on different images: give each part its `firstImage`.
 * @throws RangeError if they are of different units, or keep different numbers of images.
 *
 * @example
 * import { mergeTopActivations, topActivations } from '@cnnviz/dissect';
 *
 * const first = await topActivations(probe, [images]);
 * const second = await topActivations(probe, [images], { firstImage: 4 });
 * const both = mergeTopActivations(first, second);
 */
export function mergeTopActivations(a: TopActivations, b: TopActivations): TopActivations {
  const check = checker('@cnnviz/dissect', 'mergeTopActivations');
  if (!isTop(a)) check.fail('type', 'a', 'a result of topActivations', a);
  if (!isTop(b)) check.fail('type', 'b', 'a result of topActivations', b);
  if (a.perUnit !== b.perUnit) check.fail('range', 'b', `a result with ${a.perUnit} images a unit`, b.perUnit);
  if (a.images === 0) return copyOf(b);
  if (b.images === 0) return copyOf(a);
  if (a.units.length !== b.units.length)
    check.fail('range', 'b', `a result of ${a.units.length} units`, b.units.length);
  const merged = copyOf(a);
  merged.images += b.images;
  for (const [unit, records] of b.units.entries()) {
    for (const record of records) insert(merged.units[unit]!, { ...record }, a.perUnit);
  }
  return merged;
}

/** Of the images of a batch from `skipped` on. */
async function activationsOf(
  check: Check,
  probe: Probe,
  batch: Tensor4D,
  skipped: number,
): Promise<{ values: Float32Array; shape: Tensor4D['shape'] }> {
  const activations: Tensor = tf.tidy(() => probe(skipped === 0 ? batch : tf.slice(batch, skipped)));
  try {
    const isMaps = activations instanceof tf.Tensor && activations.rank === 4 && activations.dtype === 'float32';
    if (!isMaps || activations.shape[0] !== batch.shape[0] - skipped || activations.size === 0) {
      check.fail('type', 'probe', 'a function to float32 activations [n, h, w, units]', activations);
    }
    return { values: await activations.data<'float32'>(), shape: activations.shape as Tensor4D['shape'] };
  } finally {
    tf.dispose(activations);
  }
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

export function isTop(value: unknown): value is TopActivations {
  const top = value as Partial<TopActivations> | null;
  return (
    typeof top === 'object' &&
    top !== null &&
    Number.isInteger(top.perUnit) &&
    Number.isInteger(top.images) &&
    Array.isArray(top.units) &&
    top.units.every((records) => Array.isArray(records))
  );
}

function copyOf({ perUnit, images, units }: TopActivations): TopActivations {
  return { perUnit, images, units: units.map((records) => records.map((record) => ({ ...record }))) };
}

/** For each unit of one image the first position of its largest activation; NaN if there is one. */
function strongestPositions(
  values: Float32Array,
  start: number,
  positionCount: number,
  units: number,
): { activations: Float32Array; positions: Int32Array } {
  const activations = values.slice(start, start + units);
  const positions = new Int32Array(units);
  for (let position = 1; position < positionCount; position++) {
    const offset = start + position * units;
    for (let unit = 0; unit < units; unit++) {
      const activation = values[offset + unit]!;
      // Written so that NaN comes in and stays.
      if (!(activation <= activations[unit]!) && !Number.isNaN(activations[unit]!)) {
        activations[unit] = activation;
        positions[unit] = position;
      }
    }
  }
  return { activations, positions };
}

function insert(records: TopActivation[], record: TopActivation, limit: number): void {
  const comesBefore = (other: TopActivation) =>
    record.activation > other.activation || (record.activation === other.activation && record.image < other.image);
  if (records.length === limit && !comesBefore(records.at(-1)!)) return;
  const place = records.findIndex(comesBefore);
  records.splice(place === -1 ? records.length : place, 0, record);
  if (records.length > limit) records.pop();
}
