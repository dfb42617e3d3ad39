import {
  askModel,
  assignWeights,
  type Batches,
  type Bounds,
  type Check,
  checker,
  fingerprint,
  type LongWork,
  learningRateOf,
  readOptimizer,
  readWeights,
  reportProgress,
  requireBatches,
  requireGradients,
  requireLongWork,
  requireOptimizer,
  requireTrainable,
  requireWeights,
  requireWithin,
  restoreOptimizer,
  setLearningRate,
  type Trainable,
  throwIfAborted,
  tileGrid,
} from '@cnnviz/internal';
import type { Optimizer, Tensor, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyEncoder, type Encoder, requireFeatures } from './encoder.ts';
import {
  checkpointVersion,
  type GeneratorCheckpoint,
  type RunningLosses,
  requireCheckpoint,
  requireModel,
  type TrainedPart,
} from './generator-checkpoint.ts';
import { type GeneratorLossWeights, type GeneratorModels, generatorGradients } from './generator-losses.ts';
import type { TrainableGenerator } from './upconvolutional-generator.ts';

/** Means over images, each before the step of its batch. Losses that count nothing are left out. */
export interface GeneratorLosses {
  /** What is minimized: the weighted sum of those of the generator. */
  loss: number;
  /** ‖G(code) - image‖², summed over the pixels. */
  imageLoss: number;
  /** ‖C(G(code)) - C(image)‖², summed over the features. */
  featureLoss?: number;
  /** -log D(G(code)). */
  adversarialLoss?: number;
  /** -log D(image) - log(1 - D(G(code))). */
  discriminatorLoss?: number;
}

export interface GeneratorEpochRecord extends GeneratorLosses {
  /** From 0. */
  epoch: number;
  learningRate: number;
}

export interface TrainGeneratorProgress extends GeneratorLosses {
  epoch: number;
  /** Batches of the epoch that are done. */
  batch: number;
  /** At the end of an epoch. */
  record?: GeneratorEpochRecord;
}

/** Pictures of how well the generator inverts, taken during training. */
export interface GeneratorSamples {
  /** `[n, h, w, 1 or 3]`, of the data set. */
  images: Tensor4D;
  /** Black and white of the picture. */
  bounds: Bounds;
  /** Batches from one picture to the next. Default: one after each epoch. */
  every?: number;
  /**
   * Takes a picture `[height, width, 3]` in [0, 1]: the images above, below each what the generator makes of its
   * features. It is disposed afterwards. Awaited.
   */
  onPicture: (picture: Tensor3D, at: { epoch: number; batch: number }) => void | Promise<void>;
}

export interface TrainGeneratorOptions extends LongWork<TrainGeneratorProgress> {
  /**
   * What each loss counts; one that is left out counts 0. `'l2'`: the image loss alone, `{ image: 1 }`. Dosovitskiy and
   * Brox take image 2e-6, feature 0.01 and adversarial 100 for ImageNet and AlexNet; what fits depends on how large
   * features are.
   */
  loss: 'l2' | Partial<GeneratorLossWeights>;
  /** Of the generator, such as `tf.train.adam(0.001)`. Still the caller's. */
  optimizer: Optimizer;
  /** How often all batches are gone through, >= 1. */
  epochs: number;
  /** Learning rate of each epoch, of the generator's optimizer. Default: the optimizer's. */
  schedule?: (epoch: number) => number;
  /** The features that the feature loss compares. Default: the encoder. */
  comparator?: Encoder;
  /** Images `[n, h, w, c]` to a logit `[n, 1]`, large for real; needed by the adversarial loss. Changed in place. */
  discriminator?: Trainable;
  /** Of the discriminator, needed by the adversarial loss. Still the caller's. */
  discriminatorOptimizer?: Optimizer;
  /**
   * The discriminator takes no step while its loss is less than this part of the generator's adversarial loss: it would
   * leave nothing to learn from. Default: 0.1, as Dosovitskiy and Brox.
   */
  pauseDiscriminatorBelow?: number;
  samples?: GeneratorSamples;
  /** Takes a checkpoint after each epoch, to keep it. Awaited. */
  onCheckpoint?: (checkpoint: GeneratorCheckpoint) => void | Promise<void>;
  /** Takes one after so many batches too. Default: only after each epoch. */
  checkpointEvery?: number;
  /** Goes on from here: on the same backend to bit-identical results, given the same batches and options. */
  checkpoint?: GeneratorCheckpoint;
}

/**
 * Trains a generator to invert an encoder: to give back the image from its features.
 *
 * @param generator Its `variables` are changed in place.
 * @param encoder Images `[n, h, w, c]` to features `[n, d]`, the codes that the generator takes; at once, or later too unless
 *   it is the comparator of a feature loss. Not changed.
 * @param batches Images `[n, h, w, c]`; or a function that gives those of an epoch, for another order in each.
 * @returns What was measured in each epoch.
 * @throws RangeError if an option is out of range, there is no batch, or the generator's images are of another shape.
 * @throws TypeError if an argument is of another kind, or the adversarial loss lacks its discriminator.
 * @throws Error if a loss is not finite, with epoch and batch. The weights are then those for which it last was.
 * @throws RangeError if `checkpoint` is of another version, generator, discriminator or optimizer.
 * @throws The signal's reason if it is aborted.
 * @see Dosovitskiy, Brox, "Generating images with perceptual similarity metrics based on deep networks", NIPS 2016,
 *   https://arxiv.org/abs/1602.02644.
 *
 * @example
 * import { trainGenerator, upconvolutionalGenerator } from '@cnnviz/actmax';
 *
 * const encoder = (batch: tf.Tensor4D) => tf.relu(model(batch));
 * const shape = { codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], hidden: 8, filters: [4, 4] } as const;
 * const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
 * const { history } = await trainGenerator(generator, encoder, [images], {
 *   loss: { image: 1, feature: 0.1 },
 *   optimizer: tf.train.adam(0.001),
 *   epochs: 2,
 * });
 * console.log(history[1]!.imageLoss < history[0]!.imageLoss); // true
 */
export async function trainGenerator(
  generator: TrainableGenerator,
  encoder: AnyEncoder,
  batches: Batches<Tensor4D> | ((epoch: number) => Batches<Tensor4D>),
  options: TrainGeneratorOptions,
): Promise<{ history: GeneratorEpochRecord[] }> {
  const check = checker('@cnnviz/actmax', 'trainGenerator');
  check.options(options);
  requireLongWork(check, options);
  requireGradients(check);
  const { weights, pauseBelow, comparator, adversary } = checkOptions(check, generator, encoder, options);
  throwIfAborted(options);
  const { optimizer, epochs, checkpoint, samples } = options;
  const batchesOf = typeof batches === 'function' ? batches : () => batches;
  if (typeof batches !== 'function') requireBatches(check, 'batches', batches);
  if (samples !== undefined) await requireWithin(check, 'samples.images', samples.images, samples.bounds);
  const models: GeneratorModels = { generator, encoder, comparator, discriminator: adversary?.model };
  const all = [...generator.variables, ...(adversary?.model.variables ?? [])];
  const ownRate = learningRateOf(check, optimizer);

  let sums = noLosses;
  let history: GeneratorEpochRecord[] = [];
  let firstEpoch = 0;
  let batchesDone = 0;
  if (checkpoint !== undefined) {
    requireCheckpoint(check, checkpoint);
    if ((checkpoint.discriminator === null) !== (adversary === undefined)) {
      const expected = checkpoint.discriminator === null ? 'without' : 'with';
      check.failBecause('range', `the checkpoint is of a training ${expected} adversarial loss`);
    }
    restorePart(check, 'generator', generator.variables, optimizer, checkpoint.generator);
    if (adversary !== undefined) {
      restorePart(check, 'discriminator', adversary.model.variables, adversary.optimizer, checkpoint.discriminator!);
    }
    sums = checkpoint.running;
    history = [...checkpoint.history];
    firstEpoch = checkpoint.epoch;
    batchesDone = checkpoint.batch;
  }

  const takeCheckpoint = async (epoch: number, batch: number): Promise<void> => {
    if (options.onCheckpoint === undefined) return;
    await options.onCheckpoint({
      version: checkpointVersion,
      epoch,
      batch,
      running: sums,
      history: [...history],
      generator: await partOf(generator.variables, optimizer),
      discriminator: adversary === undefined ? null : await partOf(adversary.model.variables, adversary.optimizer),
    });
  };

  const takePicture = async (epoch: number, batch: number): Promise<void> => {
    const picture = await samplePicture(check, generator, encoder, samples!);
    try {
      await samples!.onPicture(picture, { epoch, batch });
    } finally {
      picture.dispose();
    }
  };

  /** The weights for which the loss was last finite. */
  let lastGood: Tensor[] = [];
  try {
    for (let epoch = firstEpoch; epoch < epochs; epoch++) {
      const learningRate = options.schedule === undefined ? ownRate : options.schedule(epoch);
      if (options.schedule !== undefined) {
        check.number(`schedule(${epoch})`, learningRate, { min: 0 });
        setLearningRate(optimizer, learningRate);
      }
      let batch = 0;
      for await (const images of requireBatches(check, 'batches', batchesOf(epoch))) {
        if (batch++ < batchesDone) continue;
        throwIfAborted(options);
        const count = check.images('images', images).shape[0];
        if (count === 0) check.fail('range', 'images', 'at least one image', images);
        const before = all.map((variable) => tf.clone(variable));
        try {
          const gradients = await generatorGradients(check, models, images, weights);
          try {
            const losses = (await gradients.losses.data()) as Float32Array;
            const bad = losses.find((loss) => !Number.isFinite(loss));
            if (bad !== undefined) {
              const good = lastGood.length > 0 ? lastGood : before;
              for (const [index, variable] of all.entries()) variable.assign(good[index]!);
              const when = `in epoch ${epoch}, batch ${batch - 1}`;
              check.failBecause('state', `the loss must be finite, got ${bad} ${when}; the last good weights are kept`);
            }
            optimizer.applyGradients(gradients.generator);
            const [total, image, feature, adversarial, discriminator] = [...losses] as [
              number,
              number,
              number,
              number,
              number,
            ];
            if (adversary !== undefined && discriminator >= pauseBelow * adversarial) {
              adversary.optimizer.applyGradients(gradients.discriminator);
            }
            sums = {
              images: sums.images + count,
              total: sums.total + total * count,
              image: sums.image + image * count,
              feature: sums.feature + feature * count,
              adversarial: sums.adversarial + adversarial * count,
              discriminator: sums.discriminator + discriminator * count,
            };
          } finally {
            tf.dispose([
              gradients.losses,
              ...namedTensors(gradients.generator),
              ...namedTensors(gradients.discriminator),
            ]);
          }
          tf.dispose(lastGood);
          lastGood = before;
        } catch (error) {
          tf.dispose(before);
          throw error;
        }
        if (options.checkpointEvery !== undefined && batch % options.checkpointEvery === 0) {
          await takeCheckpoint(epoch, batch);
        }
        if (samples?.every !== undefined && batch % samples.every === 0) await takePicture(epoch, batch);
        await reportProgress(options, { epoch, batch, ...meansOf(sums, weights) });
      }
      if (sums.images === 0) check.fail('range', 'batches', 'at least one batch', []);
      const record: GeneratorEpochRecord = { epoch, learningRate, ...meansOf(sums, weights) };
      history.push(record);
      sums = noLosses;
      batchesDone = 0;
      await takeCheckpoint(epoch + 1, 0);
      if (samples !== undefined && samples.every === undefined) await takePicture(epoch, batch);
      const { epoch: _, learningRate: __, ...losses } = record;
      await reportProgress(options, { epoch, batch, ...losses, record });
    }
  } finally {
    tf.dispose(lastGood);
  }
  return { history };
}

const noLosses: RunningLosses = { images: 0, total: 0, image: 0, feature: 0, adversarial: 0, discriminator: 0 };

function meansOf(sums: RunningLosses, weights: GeneratorLossWeights): GeneratorLosses {
  const mean = (sum: number) => sum / sums.images;
  return {
    loss: mean(sums.total),
    imageLoss: mean(sums.image),
    ...(weights.feature > 0 && { featureLoss: mean(sums.feature) }),
    ...(weights.adversarial > 0 && {
      adversarialLoss: mean(sums.adversarial),
      discriminatorLoss: mean(sums.discriminator),
    }),
  };
}

function namedTensors(gradients: { tensor: Tensor }[]): Tensor[] {
  return gradients.map(({ tensor }) => tensor);
}

async function partOf(variables: readonly Variable[], optimizer: Optimizer): Promise<TrainedPart> {
  return {
    model: fingerprint(variables),
    weights: await readWeights(variables),
    optimizer: await readOptimizer(optimizer),
  };
}

function restorePart(
  check: Check,
  name: string,
  variables: readonly Variable[],
  optimizer: Optimizer,
  part: TrainedPart,
): void {
  requireModel(check, name, part, variables);
  requireWeights(check, variables, part.weights);
  restoreOptimizer(check, optimizer, part.optimizer, variables);
  assignWeights(check, variables, part.weights);
}

async function samplePicture(
  check: Check,
  generator: TrainableGenerator,
  encoder: AnyEncoder,
  { images, bounds: [min, max] }: GeneratorSamples,
): Promise<Tensor3D> {
  return askModel(encoder, images, (features) => {
    const codes = requireFeatures(check, features, images);
    const generated = generator.apply(codes, { training: false });
    const tiles = tf.concat([images, generated]) as Tensor4D;
    const scaled = tf.clipByValue(tf.div(tf.sub(tiles, min), max - min), 0, 1) as Tensor4D;
    return tileGrid(scaled, { columns: images.shape[0] });
  });
}

interface Adversary {
  model: Trainable;
  optimizer: Optimizer;
}

function checkOptions(
  check: Check,
  generator: TrainableGenerator,
  encoder: AnyEncoder,
  options: TrainGeneratorOptions,
): { weights: GeneratorLossWeights; pauseBelow: number; comparator: Encoder; adversary: Adversary | undefined } {
  requireTrainable(check, 'generator', generator);
  check.callable('encoder', encoder);
  const { loss, optimizer, discriminatorOptimizer, discriminator, samples } = options;
  if (loss !== 'l2' && (typeof loss !== 'object' || loss === null)) {
    check.fail('type', 'loss', "'l2' or weights { image, feature, adversarial }", loss);
  }
  const given: Partial<GeneratorLossWeights> = loss === 'l2' ? { image: 1 } : loss;
  const { image = 0, feature = 0, adversarial = 0 } = given;
  const weights: GeneratorLossWeights = {
    image: check.number('loss.image', image, { min: 0 }),
    feature: check.number('loss.feature', feature, { min: 0 }),
    adversarial: check.number('loss.adversarial', adversarial, { min: 0 }),
  };
  if (image + feature + adversarial === 0) check.fail('range', 'loss', 'one with a weight above 0', loss);
  requireOptimizer(check, 'optimizer', optimizer);
  check.number('epochs', options.epochs, { integer: true, min: 1 });
  for (const name of ['schedule', 'comparator', 'onCheckpoint'] as const) {
    if (options[name] !== undefined) check.callable<unknown>(name, options[name]);
  }
  if (options.checkpointEvery !== undefined) {
    check.number('checkpointEvery', options.checkpointEvery, { integer: true, min: 1 });
  }
  if (samples !== undefined) {
    check.images('samples.images', check.options(samples, 'samples').images);
    check.bounds('samples.bounds', samples.bounds);
    check.callable('samples.onPicture', samples.onPicture);
    if (samples.every !== undefined) check.number('samples.every', samples.every, { integer: true, min: 1 });
  }
  let adversary: Adversary | undefined;
  if (adversarial > 0) {
    if (discriminator === undefined || discriminatorOptimizer === undefined) {
      return check.failBecause('type', 'loss.adversarial needs a discriminator and a discriminatorOptimizer');
    }
    adversary = {
      model: requireTrainable(check, 'discriminator', discriminator),
      optimizer: requireOptimizer(check, 'discriminatorOptimizer', discriminatorOptimizer),
    };
  }
  return {
    weights,
    pauseBelow: check.number('pauseDiscriminatorBelow', options.pauseDiscriminatorBelow ?? 0.1, { min: 0 }),
    // `encode` refuses one that answers later.
    comparator: options.comparator ?? (encoder as Encoder),
    adversary,
  };
}
