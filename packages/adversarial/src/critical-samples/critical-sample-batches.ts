import {
  type Batches,
  type Check,
  type Classifier,
  checker,
  createRandom,
  type LabeledImages,
  type LongWork,
  type Random,
  requireBatches,
  requireLabeledImages,
  requireLongWork,
  requireTrainable,
  type Trainable,
} from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { requireAllLeft } from '../batches/failures.ts';
import { numbersFrom, randomsOfImages } from '../batches/randoms-of-images.ts';
import { readImages } from './critical-samples.ts';
import { lass, takeRows } from './lass.ts';
import { checkLassOptions, type LassOptions } from './lass-options.ts';

export interface FoundInBatch {
  /** How many images were searched from. */
  searched: number;
  /** For how many of them a critical sample was found. */
  critical: number;
}

export interface CriticalSampleBatchesOptions extends LassOptions, Pick<LongWork<never>, 'signal'> {
  /** Part of each batch that critical samples take the place of, from 0 to 1. Default: 0.5; the paper tried 0.2 to 0.7. */
  weight?: number;
  /** Default: 10, of which two suffice to cross the box and the others follow the noise. */
  maxIterations?: number;
  /** Called after each search. Awaited. */
  onFound?: (found: FoundInBatch) => void;
}

/**
 * Batches in which critical samples take the place of some images, with the labels of those images: what any training
 * loop can learn from, `train` of `@cnnviz/regularizers` among them.
 *
 * Each batch is made when it is asked for, from the model as it is then, not training. Which images give way, a part
 * `weight` of them (rounded), is drawn anew for each batch, so that on average the loss is (1 - `weight`) · loss of the
 * images + `weight` · loss of their critical samples. Where none is found the end of the search is taken, a point within
 * `radius` all the same.
 *
 * @param model Being trained; read here.
 * @param batches Images `[n, h, w, c]` inside `bounds` and labels `[n]` int32.
 * @param options `seed` decides the choice and the noise: give each epoch another.
 * @returns Batches of the same sizes. A batch is disposed when the next one is asked for.
 * @throws RangeError if an option is out of its range or an image outside `bounds`.
 * @throws Error if logits or gradients are not finite, no gradients are registered, or the wasm backend is active
 *   without `registerWasmGradients`.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { criticalSampleBatches } from '@cnnviz/adversarial';
 * import { train } from '@cnnviz/regularizers';
 *
 * const data = [{ images, labels }];
 * await train(
 *   trainable,
 *   (epoch) => criticalSampleBatches(trainable, data, { bounds: [0, 1], weight: 0.5, seed: epoch }),
 *   { optimizer: tf.train.sgd(0.01), epochs: 2, seed: 0 },
 * );
 */
export function criticalSampleBatches(
  model: Trainable,
  batches: Batches<LabeledImages>,
  options: CriticalSampleBatchesOptions,
): AsyncIterable<LabeledImages> {
  const check = checker('@cnnviz/adversarial', 'criticalSampleBatches');
  requireLongWork(check, check.options(options));
  return mixCriticalSamples(check, model, requireBatches(check, 'batches', batches), options);
}

const classifiers = new WeakMap<Trainable, Classifier>();

/** A model that is not training, as a function: always the same for a model, so that it is warned of once. */
export function classifierOf(model: Trainable): Classifier {
  const classifier = classifiers.get(model) ?? ((images) => model.apply(images, { training: false }));
  classifiers.set(model, classifier);
  return classifier;
}

/** Mixes one batch; the images of the result are the caller's to dispose, the labels are those of the batch. */
export type MixBatch = (labeled: LabeledImages, random: Random) => Promise<LabeledImages>;

function mixCriticalSamples(
  check: Check,
  model: Trainable,
  batches: Batches<LabeledImages>,
  options: CriticalSampleBatchesOptions,
): AsyncIterable<LabeledImages> {
  const mix = criticalSampleMixer(check, model, options);
  return {
    async *[Symbol.asyncIterator]() {
      const random = createRandom(options.seed);
      for await (const labeled of batches) {
        const batch = await mix(labeled, random);
        try {
          yield batch;
        } finally {
          batch.images.dispose();
        }
      }
    },
  };
}

export function criticalSampleMixer(check: Check, model: Trainable, options: CriticalSampleBatchesOptions): MixBatch {
  requireTrainable(check, 'model', model);
  if (options.onFound !== undefined) check.callable('onFound', options.onFound);
  const weight = check.number('weight', options.weight ?? 0.5, { min: 0, max: 1 });
  const settings = checkLassOptions(check, { ...options, maxIterations: options.maxIterations ?? 10 });
  const classify = classifierOf(model);

  return async (labeled, random) => {
    const { images, labels } = requireLabeledImages(check, labeled);
    const onHost = await readImages(check, classify, images, options);
    const count = images.shape[0];
    const chosen = [...random.permutation(count).subarray(0, Math.round(weight * count))];
    const streams = randomsOfImages(random.integer(2 ** 32), numbersFrom(0, chosen.length));
    const mixed = onHost.values.slice();
    if (chosen.length > 0) {
      const size = mixed.length / count;
      const from = { ...onHost, values: takeRows(mixed, chosen, size) };
      const found = await lass(check, classify, from, streams, settings, { signal: options.signal });
      requireAllLeft(check, found.failed, chosen);
      for (const [position, image] of chosen.entries()) {
        mixed.set(found.points.subarray(position * size, (position + 1) * size), image * size);
      }
      await options.onFound?.({ searched: chosen.length, critical: found.critical.filter(Boolean).length });
    }
    return { images: tf.tensor4d(mixed, images.shape), labels };
  };
}
