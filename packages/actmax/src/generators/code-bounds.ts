import {
  askModel,
  type Batches,
  checker,
  type LongWork,
  reportProgress,
  requireBatches,
  requireFinite,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImagesProgress, imagesProgress } from '../parts/images-progress.ts';
import { addToCodeMoments, type CodeMoments, emptyCodeMoments, requireMoments } from './code-moments.ts';
import { type AnyEncoder, requireFeatures } from './encoder.ts';

export interface CodeBoundsOptions {
  /** How many standard deviations above its mean a feature may rise, > 0. Default: 3, as in DGN-AM. */
  deviations?: number;
  /**
   * Whether features may be negative; if so, they may also fall as far below their mean. Default: false, as after a ReLU,
   * where the lower bounds are 0.
   */
  signed?: boolean;
}

/** The box of codes that are like those of real images; plain data. */
export interface CodeBounds {
  /** Smallest value of each feature. */
  lower: Float32Array;
  /** Largest value of each feature. */
  upper: Float32Array;
  /** Mean of each feature. */
  mean: Float32Array;
  /** Standard deviation of each feature, of the images as the whole population. */
  deviation: Float32Array;
  /** Images measured. */
  images: number;
}

/**
 * Measures the range that codes for a generator may have, for each feature of its encoder: [0, mean + 3 standard
 * deviations] over a data set.
 *
 * Reads the images once, in float64. For a data set that is spread over several machines, use `addToCodeMoments`,
 * `mergeCodeMoments` and `codeBoundsOf`.
 *
 * @param encoder Images `[n, h, w, c]` to features `[n, d]`, at once or later.
 * @param batches Images `[n, h, w, c]` as the encoder takes them.
 * @returns The bounds, with mean and deviation of each feature; plain data.
 * @throws RangeError if there is no image, or a feature is negative without `signed`.
 * @throws TypeError if the encoder does not give features `[n, d]`.
 * @throws Error if a feature is not finite.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304.
 *
 * @example
 * import { codeBounds } from '@cnnviz/actmax';
 *
 * const encoder = (batch: tf.Tensor4D) => tf.relu(model(batch));
 * const { lower, upper } = await codeBounds(encoder, [images]);
 * console.log(lower.length, upper[0]);
 */
export async function codeBounds(
  encoder: AnyEncoder,
  batches: Batches<Tensor4D>,
  options: CodeBoundsOptions & LongWork<ImagesProgress> = {},
): Promise<CodeBounds> {
  const check = checker('@cnnviz/actmax', 'codeBounds');
  check.options(options);
  requireLongWork(check, options);
  check.callable('encoder', encoder);
  const settings = checkOptions(options, check);
  requireBatches(check, 'batches', batches);
  throwIfAborted(options);
  const progressAt = imagesProgress(batches);
  let moments: CodeMoments | undefined;
  for await (const images of batches) {
    check.images('images', images);
    const features = await askModel(encoder, images, (answer) => tf.clone(requireFeatures(check, answer, images)));
    try {
      await requireFinite(check, 'features', features);
      moments = addToCodeMoments(moments ?? emptyCodeMoments(features.shape[1]), await features.data());
    } finally {
      features.dispose();
    }
    await reportProgress(options, progressAt(moments.count));
  }
  if (moments === undefined) return check.fail('range', 'batches', 'at least one batch', []);
  return boundsOf(moments, settings, check);
}

/**
 * Gives the bounds of `codeBounds` from moments that were collected before.
 *
 * @returns The bounds, with mean and deviation of each feature; plain data.
 * @throws RangeError if the moments are of no image, or a feature is negative without `signed`.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304.
 *
 * @example
 * import { addToCodeMoments, codeBoundsOf, emptyCodeMoments } from '@cnnviz/actmax';
 *
 * const moments = addToCodeMoments(emptyCodeMoments(1), [0, 2]);
 * codeBoundsOf(moments).upper; // [4]: mean 1, deviation 1
 */
export function codeBoundsOf(moments: CodeMoments, options: CodeBoundsOptions = {}): CodeBounds {
  const check = checker('@cnnviz/actmax', 'codeBoundsOf');
  return boundsOf(requireMoments(check, 'moments', moments), checkOptions(check.options(options), check), check);
}

type Check = ReturnType<typeof checker>;

function checkOptions(options: CodeBoundsOptions, check: Check): Required<CodeBoundsOptions> {
  return {
    deviations: check.number('deviations', options.deviations ?? 3, { above: 0 }),
    signed: check.boolean('signed', options.signed ?? false),
  };
}

function boundsOf(moments: CodeMoments, { deviations, signed }: Required<CodeBoundsOptions>, check: Check): CodeBounds {
  const { count, mean, squares, min } = moments;
  if (count === 0) check.fail('range', 'moments', 'of at least one image', 0);
  const negative = min.findIndex((value) => value < 0);
  if (negative !== -1 && !signed) {
    check.failBecause(
      'range',
      `features must be >= 0 unless signed is true, got ${min[negative]} of feature ${negative}: take them after the ReLU`,
    );
  }
  const deviation = squares.map((sum) => Math.sqrt(sum / count));
  const reach = (direction: 1 | -1) =>
    mean.map((value, feature) => value + direction * deviations * deviation[feature]!);
  return {
    lower: Float32Array.from(signed ? reach(-1) : new Float64Array(mean.length)),
    upper: Float32Array.from(reach(1)),
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(deviation),
    images: count,
  };
}
