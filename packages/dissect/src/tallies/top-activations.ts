import {
  type AnyProbe,
  askModel,
  type Batches,
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireLongWork,
  requireOutput,
  restoring,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { iterated } from '../data/iterated.ts';
import { isTop, type TopActivations, TopActivationsTally } from './top-activations-tally.ts';
import { unitMaxima } from './unit-maxima.ts';
import { requireFiniteActivations } from './unit-thresholds.ts';

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
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`, at once or later.
 * @param batches Images `[n, h, w, c]`. Still the data set's.
 * @returns Plain data, which does not depend on how the images are batched.
 * @throws RangeError if an option is outside its range or no record of these batches.
 * @throws TypeError if an argument, or what the probe returns, is of another kind.
 * @throws Error if an activation is not finite, or the number of units changes.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
 *   https://arxiv.org/abs/1311.2901, figure 2.
 *
 * @example
 * import { topActivations } from '@cnnviz/dissect';
 *
 * const top = await topActivations(probe, [images], { perUnit: 3 });
 * console.log(top.units[0]); // [{ image, row, column, activation }, …]
 */
export async function topActivations(
  probe: AnyProbe,
  batches: Batches<Tensor4D>,
  options: TopActivationsOptions = {},
): Promise<TopActivations> {
  const check = checker('@cnnviz/dissect', 'topActivations');
  check.callable('probe', probe);
  check.options(options);
  requireLongWork(check, options);
  const firstImage = check.number('firstImage', options.firstImage ?? 0, { integer: true, min: 0 });
  const perUnit = check.number('perUnit', options.perUnit ?? options.resume?.perUnit ?? 10, { integer: true, min: 1 });
  const { resume } = options;
  if (resume !== undefined && !(isTop(resume) && resume.perUnit === perUnit)) {
    check.fail('range', 'resume', `a result of topActivations with ${perUnit} images a unit`, resume);
  }
  const seen = resume?.images ?? 0;
  const isElsewhere = ({ image }: { image: number }) => !(image >= firstImage && image < firstImage + seen);
  if (resume && restoring(check, 'resume', () => resume.units.some((records) => records.some(isElsewhere)))) {
    check.fail('range', 'resume', `a result of the ${seen} images from ${firstImage} on`, resume);
  }
  let tally = resume === undefined || seen === 0 ? null : TopActivationsTally.from(resume);
  throwIfAborted(options);
  let passed = 0;
  for await (const batch of iterated(check, 'batches', 'batches of images, one after the other', batches)) {
    const count = check.images('batches', batch).shape[0];
    const skipped = Math.min(count, Math.max(0, (tally?.images ?? 0) - passed));
    passed += count;
    if (skipped === count) continue;
    const { values, shape } = await activationsOf(check, probe, batch, skipped);
    const [n, height, width, units] = shape;
    tally ??= new TopActivationsTally({ units, perUnit });
    if (units !== tally.units) check.failBecause('state', `probe must keep its ${tally.units} units, got ${units}`);
    const size = height * width * units;
    for (let index = 0; index < n; index++) {
      const image = firstImage + tally.images;
      const activations = values.subarray(index * size, (index + 1) * size);
      requireFiniteActivations(check, image, activations, units);
      tally.add(image, activations, [height, width], unitMaxima(activations, units));
    }
    await reportProgress(options, tally.result());
  }
  if (passed < (tally?.images ?? 0)) {
    check.fail('range', 'resume', `a result of these ${passed} images, not of ${tally?.images}`, resume);
  }
  return tally?.result() ?? { perUnit, images: 0, units: [] };
}

/**
 * What two parts of a data set give together; the order of merging does not matter.
 *
 * @param a Of some images; give each part its `firstImage`.
 * @param b Of the same probe on other images.
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
  if (a.images === 0) return structuredClone(b);
  if (b.images === 0) return structuredClone(a);
  if (a.units.length !== b.units.length)
    check.fail('range', 'b', `a result of ${a.units.length} units`, b.units.length);
  const merged = TopActivationsTally.from(a);
  merged.merge(TopActivationsTally.from(b));
  return merged.result();
}

/** Of the images of a batch from `skipped` on. */
async function activationsOf(
  check: Check,
  probe: AnyProbe,
  batch: Tensor4D,
  skipped: number,
): Promise<{ values: Float32Array; shape: Tensor4D['shape'] }> {
  const unseen = skipped === 0 ? batch : () => tf.slice(batch, skipped);
  const activations = await askModel(probe, unseen, (maps) => {
    const fits = ({ rank, shape, size }: Tensor) => rank === 4 && shape[0] === batch.shape[0] - skipped && size > 0;
    return tf.clone(
      requireOutput<Rank.R4>(check, 'probe', 'a function to float32 activations [n, h, w, units]', maps, fits),
    );
  });
  try {
    return { values: await activations.data<'float32'>(), shape: activations.shape };
  } finally {
    tf.dispose(activations);
  }
}
