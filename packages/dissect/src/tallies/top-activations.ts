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
  requireSavedState,
  restoring,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { iterated } from '../data/iterated.ts';
import {
  isTop,
  type TopActivations,
  type TopActivationsState,
  TopActivationsTally,
  topActivationsFormat,
} from './top-activations-tally.ts';
import { unitMaxima } from './unit-maxima.ts';
import { requireFiniteActivations } from './unit-thresholds.ts';

/** Options of `topActivations`. */
export interface TopActivationsOptions extends LongWork<TopActivationsProgress> {
  /** Images kept per unit. Default: 10. */
  perUnit?: number;
  /** Index of the first image of the batches, if they are a part of a data set. Default: 0. */
  firstImage?: number;
  /**
   * Images in all batches, for `progress.total`. Default: counted if `batches` is an array, else unknown, and `total` is
   * `done`.
   */
  count?: number;
  /**
   * A state that `progress.state()` gave, of the same probe and the same batches. The images that it has seen are skipped.
   * Not modified.
   */
  resume?: TopActivationsState;
}

/** How far a search for top activations is. */
export interface TopActivationsProgress {
  /** Images that were seen. */
  done: number;
  /** Images in all batches, if known, else `done`. */
  total: number;
  /** Makes the state that the option `resume` of a later call takes. Plain JSON. */
  state: () => TopActivationsState;
}

/**
 * Finds the images and positions that drive each unit of a layer most, in one pass.
 *
 * Takes memory for one batch and its activations, and for `perUnit` records per unit. Progress is reported after each batch.
 * Save `progress.state()` and pass it as `resume` to continue after an abort.
 *
 * @param probe Images `[n, h, w, c]` to activations `[n, h', w', units]`, at once or later.
 * @param batches Images `[n, h, w, c]`; not disposed.
 * @returns Plain data. Does not depend on how the images are batched.
 * @throws RangeError if an option is outside its range, or `resume` is a state of other batches.
 * @throws TypeError if an argument or the probe's answer is of another kind.
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
  const { resume, count } = options;
  if (count !== undefined) check.number('count', count, { integer: true, min: 0 });
  let tally = resume === undefined ? null : resumed(check, resume, perUnit, firstImage);
  const total = count ?? countOf(batches);
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
    const { images } = tally;
    const state = tally.state.bind(tally);
    await reportProgress(options, { done: images, total: Math.max(images, total), state });
  }
  if (passed < (tally?.images ?? 0)) {
    check.fail('range', 'resume', `a state of at most these ${passed} images, not of ${tally?.images}`, resume);
  }
  return tally?.result() ?? { perUnit, images: 0, units: [] };
}

function resumed(
  check: Check,
  resume: TopActivationsState,
  perUnit: number,
  firstImage: number,
): TopActivationsTally | null {
  requireSavedState(check, resume, topActivationsFormat);
  if (!isTop(resume)) check.failBecause('state', 'resume is damaged: it has no records');
  const { images: seen, units } = resume;
  if (resume.perUnit !== perUnit)
    check.fail('range', 'resume', `a state with ${perUnit} images per unit`, resume.perUnit);
  const isElsewhere = ({ image }: { image: number }) => !(image >= firstImage && image < firstImage + seen);
  if (restoring(check, 'resume', () => units.some((records) => records.some(isElsewhere)))) {
    check.fail('range', 'resume', `a state of the ${seen} images from ${firstImage} on`, resume);
  }
  return seen === 0 ? null : TopActivationsTally.from(resume);
}

/** How many images the batches have, if that can be known without iterating; else 0. */
const countOf = (batches: Batches<Tensor4D>): number =>
  Array.isArray(batches)
    ? (batches as readonly unknown[]).reduce<number>(
        (sum, batch) => sum + (batch instanceof tf.Tensor ? batch.shape[0]! : 0),
        0,
      )
    : 0;

/**
 * Merges the top activations of two parts of a data set. The order of merging does not matter.
 *
 * @param a Top activations of some images; each part has its own `firstImage`.
 * @param b Top activations of the same probe on other images.
 * @returns Plain data; a copy.
 * @throws RangeError if they have different units or different `perUnit`.
 * @throws TypeError if an argument is no result of `topActivations`.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
 *   https://arxiv.org/abs/1311.2901, figure 2.
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
  if (a.perUnit !== b.perUnit) check.fail('range', 'b', `a result with ${a.perUnit} images per unit`, b.perUnit);
  if (a.images === 0) return structuredClone(b);
  if (b.images === 0) return structuredClone(a);
  if (a.units.length !== b.units.length)
    check.fail('range', 'b', `a result of ${a.units.length} units`, b.units.length);
  const merged = tallyOf(a);
  merged.merge(tallyOf(b));
  return merged.result();
}

const tallyOf = ({ perUnit, images, units }: TopActivations): TopActivationsTally =>
  TopActivationsTally.from({ ...topActivationsFormat, perUnit, images, units });

/** The activations of the images of a batch from `skipped` on. */
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
