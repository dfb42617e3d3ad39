import {
  askModel,
  assignWeights,
  type BatchesOfEpochs,
  type Bounds,
  type Check,
  checker,
  failNotFinite,
  fingerprint,
  type LastFiniteWeights,
  lastFiniteWeights,
  readOptimizer,
  readWeights,
  requireGradients,
  requireOptimizer,
  requireTrainable,
  requireTraining,
  requireWeights,
  requireWithin,
  restoreOptimizer,
  runEpochs,
  scheduledRate,
  type Trainable,
  type TrainedPart,
  type TrainingOptions,
  type TrainingPosition,
  type TrainingProgress,
  tensorsOf,
  throwIfAborted,
  tileGrid,
} from '@cnnviz/internal';
import type { Optimizer, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyEncoder, type Encoder, requireFeatures } from './encoder.ts';
import {
  format,
  type GeneratorCheckpoint,
  type RunningLosses,
  requireCheckpoint,
  requireModel,
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

export interface TrainGeneratorProgress extends GeneratorLosses, TrainingProgress<GeneratorCheckpoint> {
  /** At the end of an epoch. */
  record?: GeneratorEpochRecord;
}

/** Pictures of how well the generator inverts, taken during training. */
export interface GeneratorSamples {
  /** `[n, h, w, 1 or 3]`, of the data set. */
  images: Tensor4D;
  /** The values that become black and white in the picture. */
  bounds: Bounds;
  /** Batches from one picture to the next. Default: one picture after each epoch. */
  every?: number;
  /**
   * Called with a picture `[height, width, 3]` in [0, 1]: the images in the upper row, below each of them what the
   * generator makes of its features. The picture is disposed afterwards. Awaited.
   */
  onPicture: (picture: Tensor3D, at: { epoch: number; batch: number }) => void | Promise<void>;
}

export interface TrainGeneratorOptions extends TrainingOptions<TrainGeneratorProgress, GeneratorCheckpoint> {
  /**
   * The weight of each loss, 0 if left out. `'l2'` is the image loss alone, `{ image: 1 }`. Dosovitskiy and Brox take
   * image 2e-6, feature 0.01 and adversarial 100 for ImageNet and AlexNet; good weights depend on the scale of the
   * features.
   */
  loss: 'l2' | Partial<GeneratorLossWeights>;
  /** The generator's optimizer, such as `tf.train.adam(0.001)`. It stays the caller's. */
  optimizer: Optimizer;
  /** Learning rate of the generator's optimizer in each epoch. Default: the one that it has. */
  schedule?: (epoch: number) => number;
  /** The features that the feature loss compares. Default: the encoder. */
  comparator?: Encoder;
  /** Images `[n, h, w, c]` to a logit `[n, 1]`, large for real; needed by the adversarial loss. Changed in place. */
  discriminator?: Trainable;
  /** The discriminator's optimizer, needed by the adversarial loss. It stays the caller's. */
  discriminatorOptimizer?: Optimizer;
  /**
   * The discriminator takes no step while its loss is below this fraction of the generator's adversarial loss, lest it
   * become so good that the generator learns nothing from it. Default: 0.1, as Dosovitskiy and Brox.
   */
  pauseDiscriminatorBelow?: number;
  samples?: GeneratorSamples;
  /**
   * A state from `progress.state()` or `onCheckpoint`, to continue from. On the same backend, and with the same batches
   * and options, the result is bit for bit that of an uninterrupted training.
   */
  resume?: GeneratorCheckpoint;
}

/**
 * Trains a generator to invert an encoder: to reconstruct an image from its features.
 *
 * @param generator Its `variables` are changed in place.
 * @param encoder Images `[n, h, w, c]` to features `[n, d]`, the codes that the generator takes. It may answer with a
 *   promise unless it is the comparator of a feature loss. Not changed.
 * @param batches Images `[n, h, w, c]`; or a function that gives those of an epoch, for another order in each. Batches
 *   are read and not disposed.
 * @param options `loss`, `optimizer` and `epochs` are required.
 * @returns What was measured in each epoch: plain data.
 * @throws RangeError if an option is out of range, there is no batch, the generator's images are of another shape, or
 *   `resume` is of another version, generator, discriminator or optimizer.
 * @throws TypeError if an argument is of another kind, or the adversarial loss lacks its discriminator.
 * @throws Error if a loss is not finite; says in which epoch and batch. The networks then have the last weights for which
 *   it was.
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
  batches: BatchesOfEpochs<Tensor4D>,
  options: TrainGeneratorOptions,
): Promise<{ history: GeneratorEpochRecord[] }> {
  const check = checker('@cnnviz/actmax', 'trainGenerator');
  requireTraining(check, batches, options);
  requireGradients(check);
  const { weights, pauseBelow, comparator, adversary } = checkOptions(check, generator, encoder, options);
  throwIfAborted(options);
  const { optimizer, resume, samples } = options;
  if (samples !== undefined) await requireWithin(check, 'samples.images', samples.images, samples.bounds);
  const models: GeneratorModels = { generator, encoder, comparator, discriminator: adversary?.model };
  const rateOf = scheduledRate(check, optimizer, options.schedule);
  if (resume !== undefined) restoreNetworks(check, resume, generator, optimizer, adversary);
  const finite = lastFiniteWeights([...generator.variables, ...(adversary?.model.variables ?? [])]);
  const history = [...(resume?.history ?? [])];
  let sums = resume?.running ?? noLosses;
  let learningRate = 0;

  const step = async (images: Tensor4D, { epoch, batch }: { epoch: number; batch: number }) => {
    const count = check.images('images', images).shape[0];
    if (count === 0) check.fail('range', 'images', 'at least one image', images);
    const gradients = await generatorGradients(check, models, images, weights);
    try {
      const losses = (await gradients.losses.data()) as Float32Array;
      requireFiniteLosses(check, losses, finite, `in epoch ${epoch}, batch ${batch}`);
      optimizer.applyGradients(gradients.generator);
      const [, , , adversarial, discriminator] = losses as unknown as Losses;
      if (discriminator >= pauseBelow * adversarial) adversary?.optimizer.applyGradients(gradients.discriminator);
      sums = addLosses(sums, losses as unknown as Losses, count);
    } finally {
      tf.dispose([gradients.losses, ...tensorsOf(gradients.generator), ...tensorsOf(gradients.discriminator)]);
    }
  };
  const showSamples = async (at: { epoch: number; batch: number }) => {
    const picture = await samplePicture(check, generator, encoder, samples!);
    try {
      await samples!.onPicture(picture, at);
    } finally {
      picture.dispose();
    }
  };

  try {
    await runEpochs(check, options, {
      batches,
      from: resume,
      startEpoch: (epoch) => {
        learningRate = rateOf(epoch);
      },
      step: async (images, at) => {
        await finite.during(() => step(images, at));
        const batch = at.batch + 1;
        if (samples?.every !== undefined && batch % samples.every === 0) await showSamples({ ...at, batch });
      },
      measures: () => meansOf(sums, weights),
      finishEpoch: async (epoch, batch) => {
        const record: GeneratorEpochRecord = { epoch, learningRate, ...meansOf(sums, weights) };
        history.push(record);
        sums = noLosses;
        if (samples !== undefined && samples.every === undefined) await showSamples({ epoch, batch });
        return record;
      },
      state: (position) => checkpointOf(position, sums, history, { generator, optimizer, adversary }),
    });
  } finally {
    finite.dispose();
  }
  return { history };
}

type Losses = [total: number, image: number, feature: number, adversarial: number, discriminator: number];

function requireFiniteLosses(check: Check, losses: Float32Array, finite: LastFiniteWeights, where: string): void {
  const got = losses.find((loss) => !Number.isFinite(loss));
  if (got === undefined) return;
  finite.restore();
  failNotFinite(check, 'the loss', { got, where: `${where}; the last good weights are kept` });
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

function addLosses(sums: RunningLosses, losses: Losses, count: number): RunningLosses {
  const [total, image, feature, adversarial, discriminator] = losses;
  return {
    images: sums.images + count,
    total: sums.total + total * count,
    image: sums.image + image * count,
    feature: sums.feature + feature * count,
    adversarial: sums.adversarial + adversarial * count,
    discriminator: sums.discriminator + discriminator * count,
  };
}

async function checkpointOf(
  { epoch, batch, done }: TrainingPosition,
  running: RunningLosses,
  history: readonly GeneratorEpochRecord[],
  trained: { generator: TrainableGenerator; optimizer: Optimizer; adversary: Adversary | undefined },
): Promise<GeneratorCheckpoint> {
  const { generator, optimizer, adversary } = trained;
  return {
    ...format,
    epoch,
    batch,
    done,
    running,
    history: [...history],
    generator: await partOf(generator.variables, optimizer),
    discriminator: adversary === undefined ? null : await partOf(adversary.model.variables, adversary.optimizer),
  };
}

async function partOf(variables: readonly Variable[], optimizer: Optimizer): Promise<TrainedPart> {
  return {
    model: fingerprint(variables),
    weights: await readWeights(variables),
    optimizer: await readOptimizer(optimizer),
  };
}

/** Gives the networks and their optimizers back their saved state. */
function restoreNetworks(
  check: Check,
  resume: GeneratorCheckpoint,
  generator: TrainableGenerator,
  optimizer: Optimizer,
  adversary: Adversary | undefined,
): void {
  requireCheckpoint(check, resume, 'resume');
  if ((resume.discriminator === null) !== (adversary === undefined)) {
    const saved = resume.discriminator === null ? 'without' : 'with';
    check.failBecause('range', `cannot resume from this state: it was saved by a training ${saved} adversarial loss`);
  }
  restorePart(check, 'generator', generator.variables, optimizer, resume.generator);
  if (adversary === undefined) return;
  restorePart(check, 'discriminator', adversary.model.variables, adversary.optimizer, resume.discriminator!);
}

function restorePart(
  check: Check,
  network: string,
  variables: readonly Variable[],
  optimizer: Optimizer,
  part: TrainedPart,
): void {
  requireModel(check, network, part, variables, 'resume');
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
  for (const name of ['schedule', 'comparator'] as const) {
    if (options[name] !== undefined) check.callable<unknown>(name, options[name]);
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
