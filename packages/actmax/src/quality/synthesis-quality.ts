import {
  type AnyClassifier,
  askModel,
  type Batches,
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireBatches,
  requireFinite,
  requireLongWork,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyEncoder, requireFeatures } from '../generators/encoder.ts';
import { distancesTo, imageRows, squaredDistance } from './nearest-distances.ts';

/** Images that one method made for one unit, each from another start. */
export interface Synthesis {
  /** Name of the method: `generator`, `fourier`, `pixels`. */
  method: string;
  /** The unit that they are for: a column of what `units` gives. */
  unit: number;
  /** `[n, h, w, c]`, as the networks take them. */
  images: Tensor4D;
}

export interface SynthesisQualityOptions extends LongWork<{ done: number; total: number }> {
  /** The network under study: images `[n, h, w, c]` to the activations `[n, units]` that were maximized, at once or later. */
  units: AnyEncoder;
  /** Real images, such as those that the networks were trained on. */
  data: Batches<Tensor4D>;
  /**
   * A network that had no part in making the images, whose classes are the units: images to logits, at once or later.
   * Default: none, as for hidden units.
   */
  judge?: AnyClassifier;
}

/** One method for one unit: numbers only, so that rows make a table. */
export interface SynthesisQualityRow {
  method: string;
  unit: number;
  /** Number of images. */
  images: number;
  /** Mean activation of the unit. */
  activation: number;
  /** The highest activation among the real images. */
  bestReal: number;
  /** `activation / bestReal`; above 1, more than any real image. */
  activationRatio: number;
  /** Share of the images whose largest logit of the judge is the unit's, from 0 to 1; null without a judge. */
  recognized: number | null;
  /** Mean probability that the judge gives the unit; null without a judge. */
  confidence: number | null;
  /** Mean root mean square distance to the nearest real image, in the units of the pixels; 0 means memorized. */
  nearestDistance: number;
  /** Mean root mean square distance between two of the images; null for a single one. */
  diversity: number | null;
}

/**
 * Measures how good synthesized images are: whether they excite the unit as real images do, whether another network sees
 * the same in them, whether they are new, and whether they differ.
 *
 * Add real images to the syntheses, under a name of their own, to see the best values that can be expected.
 *
 * @returns A row per synthesis, in their order; plain data.
 * @throws RangeError if there is no synthesis or no real image, or a unit does not exist.
 * @throws Error if an activation or a logit is not finite.
 *
 * @example
 * import { synthesisQuality } from '@cnnviz/actmax';
 *
 * const rows = await synthesisQuality([{ method: 'real', unit: 3, images }], {
 *   units: model,
 *   data: [images],
 *   judge: model,
 * });
 * console.table(rows); // nearestDistance 0
 */
export async function synthesisQuality(
  syntheses: readonly Synthesis[],
  options: SynthesisQualityOptions,
): Promise<SynthesisQualityRow[]> {
  const check = checker('@cnnviz/actmax', 'synthesisQuality');
  check.options(options);
  requireLongWork(check, options);
  const { units, data, judge } = options;
  check.callable('units', units);
  if (judge !== undefined && judge !== null) check.callable('judge', judge);
  if (!Array.isArray(syntheses)) check.fail('type', 'syntheses', 'a list', syntheses);
  if (syntheses.length === 0) check.fail('range', 'syntheses', 'at least one', syntheses);
  requireBatches(check, 'data', data);
  for (const [index, synthesis] of syntheses.entries()) {
    const { method, images, unit } = check.options(synthesis, `syntheses[${index}]`);
    if (typeof method !== 'string') check.fail('type', 'method', 'a string', method);
    check.images('images', images);
    check.number('unit', unit, { integer: true, min: 0 });
  }
  throwIfAborted(options);
  const bestReal = await largestActivations(check, units, data, options);
  const rows: SynthesisQualityRow[] = [];
  for (const { method, unit, images } of syntheses) {
    check.number('unit', unit, { integer: true, max: bestReal.length - 1 });
    const activation = mean(await activationsOf(check, units, images, unit));
    const nearest = await distancesTo(check, images, data, { signal: options.signal }, 'data');
    rows.push({
      method,
      unit,
      images: images.shape[0],
      activation,
      bestReal: bestReal[unit]!,
      activationRatio: activation / bestReal[unit]!,
      ...(await verdict(check, judge, images, unit)),
      nearestDistance: mean(nearest.map(({ distance }) => distance)),
      diversity: await meanPairwiseDistance(images),
    });
    await reportProgress(options, { done: rows.length, total: syntheses.length });
  }
  return rows;
}

/** The statistics of each unit over a data set. */
async function largestActivations(
  check: Check,
  units: AnyEncoder,
  data: Batches<Tensor4D>,
  { signal }: Pick<LongWork<never>, 'signal'>,
): Promise<Float32Array> {
  let largest: Float32Array | undefined;
  for await (const images of data) {
    signal?.throwIfAborted();
    check.images('data', images);
    const maxima = await askModel(units, images, (found) => tf.max(requireFeatures(check, found, images, 'units'), 0));
    try {
      await requireFinite(check, 'activations', maxima);
      const values = await maxima.data<'float32'>();
      largest =
        largest === undefined ? Float32Array.from(values) : largest.map((best, unit) => Math.max(best, values[unit]!));
    } finally {
      maxima.dispose();
    }
  }
  return largest ?? check.fail('range', 'data', 'at least one batch', []);
}

async function verdict(
  check: Check,
  judge: AnyClassifier | undefined,
  images: Tensor4D,
  unit: number,
): Promise<Pick<SynthesisQualityRow, 'recognized' | 'confidence'>> {
  if (judge === undefined || judge === null) return { recognized: null, confidence: null };
  const { seen, probabilities } = await askModel(judge, images, (answer) => {
    const logits = requireFeatures(check, answer, images, 'judge');
    if (unit >= logits.shape[1]) check.fail('range', 'judge', `one of more than ${unit} classes`, logits);
    warnOfProbabilities(check, judge, logits);
    return { seen: tf.argMax(logits, 1), probabilities: tf.slice(tf.softmax(logits), [0, unit], [-1, 1]) };
  });
  try {
    await requireFinite(check, 'logits', probabilities);
    const labels = [...(await seen.data())];
    return {
      recognized: labels.filter((label) => label === unit).length / labels.length,
      confidence: mean([...(await probabilities.data())]),
    };
  } finally {
    tf.dispose([seen, probabilities]);
  }
}

async function activationsOf(check: Check, units: AnyEncoder, images: Tensor4D, unit: number): Promise<number[]> {
  const values = await askModel(units, images, (found) =>
    tf.slice(requireFeatures(check, found, images, 'units'), [0, unit], [-1, 1]),
  );
  try {
    await requireFinite(check, 'activations', values);
    return [...(await values.data())];
  } finally {
    values.dispose();
  }
}

async function meanPairwiseDistance(images: Tensor4D): Promise<number | null> {
  if (images.shape[0] < 2) return null;
  const rows = await imageRows(images);
  const distances = rows.flatMap((row, index) =>
    rows.slice(0, index).map((other) => Math.sqrt(squaredDistance(row, other) / row.length)),
  );
  return mean(distances);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
