import { type CriticalSampleRatio, criticalSampleBatches, criticalSampleRatio } from '@cnnviz/adversarial';
import {
  type DataSet,
  type ImageSet,
  imageBatches,
  type Progress,
  perceptronWithDropout,
  selectImages,
} from '@cnnviz/example-support';
import { batchesOf, createRandom, type LabeledImages } from '@cnnviz/internal';
import {
  corruptLabels,
  evaluate,
  gaussianPixels,
  pixelStatistics,
  shuffledBatches,
  type TrainableModel,
  train,
} from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';

/** What the network is trained on, and what is done against learning it by heart. */
export interface Condition {
  /** Real images, or Gaussian noise of their mean and variance. */
  images: 'real' | 'gaussian';
  /** Probability with which a training label was drawn anew. */
  noise: number;
  remedy: Remedy;
}

export const remedies = ['none', 'dropout', 'critical samples', 'dropout + critical samples'] as const;
export type Remedy = (typeof remedies)[number];

export interface Scale {
  name: 'demo' | 'quick' | 'standard';
  trainImages: number;
  heldOutImages: number;
  /** Hidden units of each layer. */
  units: number;
  epochs: number;
  /** The CSR is measured after so many epochs each. */
  every: number;
  seeds: readonly number[];
  conditions: readonly Condition[];
  /** Rate, with the remedies that have it. */
  dropout: number;
  /** Part of each batch that critical samples take the place of, with the remedies that do so. */
  weight: number;
  /** How far a pixel moves in the critical samples that are trained on, in levels of 255. */
  trainingRadius: number;
  /** The most steps of LASS, in measurements and in training. */
  steps: { measuring: number; training: number };
}

const condition = (images: Condition['images'], noise: number, remedy: Remedy): Condition => ({
  images,
  noise,
  remedy,
});

export const allConditions: readonly Condition[] = [
  ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((noise) => condition('real', noise, 'none')),
  condition('gaussian', 0, 'none'),
  ...remedies.slice(1).flatMap((remedy) => [condition('real', 1, remedy), condition('real', 0, remedy)]),
];

export const scales: Readonly<Record<Scale['name'], Scale>> = {
  demo: {
    name: 'demo',
    trainImages: 300,
    heldOutImages: 500,
    units: 64,
    epochs: 30,
    every: 10,
    seeds: [0],
    conditions: allConditions.filter(({ images, noise, remedy }) => {
      return images === 'real' && remedy === 'none' && (noise === 0 || noise === 1);
    }),
    dropout: 0.5,
    weight: 0.5,
    trainingRadius: 16,
    steps: { measuring: 5, training: 2 },
  },
  quick: {
    name: 'quick',
    trainImages: 500,
    heldOutImages: 500,
    units: 128,
    epochs: 24,
    every: 12,
    seeds: [0, 1, 2],
    conditions: allConditions,
    dropout: 0.5,
    weight: 0.5,
    trainingRadius: 16,
    steps: { measuring: 10, training: 2 },
  },
  standard: {
    name: 'standard',
    trainImages: 2000,
    heldOutImages: 1000,
    units: 256,
    epochs: 60,
    every: 5,
    seeds: [0, 1, 2],
    conditions: allConditions,
    dropout: 0.5,
    weight: 0.5,
    trainingRadius: 16,
    steps: { measuring: 20, training: 3 },
  },
};

/** One network at one time of its training. */
export interface Measurement {
  /** From 1; 0 is before training. */
  epoch: number;
  /** On the labels that it is trained on. */
  trainAccuracy: number;
  /** On those of them that are wrong: what is right here is learned by heart. `null` where none is. */
  memorized: number | null;
  /** On held-out images and their true labels. */
  heldOutAccuracy: number;
  /** Of held-out images of the kind that it is trained on. */
  csr: CriticalSampleRatio;
}

/** One network, trained once. */
export interface CriticalRun extends Condition {
  seed: number;
  measurements: Measurement[];
  seconds: number;
}

export interface ExperimentOptions {
  data: DataSet;
  scale: Scale;
  progress: Progress;
  /** Runs of an earlier call, which are not repeated. */
  resume?: readonly CriticalRun[];
  /** Called with each new run. */
  onRun?: (run: CriticalRun) => Promise<void>;
}

/** As tables and charts call it. */
export function conditionName({ images, noise }: Pick<Condition, 'images' | 'noise'>): string {
  if (images === 'gaussian') return 'Gaussian images';
  if (noise === 0) return 'real labels';
  return noise === 1 ? 'random labels' : `${Math.round(100 * noise)} % of labels random`;
}

/** Trains a network for each condition and seed, and measures its critical sample ratio on the way. */
export async function runExperiment(options: ExperimentOptions): Promise<CriticalRun[]> {
  const { scale, data, resume = [], progress } = options;
  const runs: CriticalRun[] = [];
  for (const seed of scale.seeds) {
    const random = createRandom(seed);
    const [trainOrder, heldOutOrder] = [data.train, data.test].map((set) => random.permutation(set.labels.length));
    const train = await onDevice(selectImages(data.train, trainOrder!.subarray(0, scale.trainImages)));
    const heldOut = await onDevice(selectImages(data.test, heldOutOrder!.subarray(0, scale.heldOutImages)));
    try {
      const total = scale.conditions.length * scale.epochs;
      await progress.stage(`critical samples, seed ${seed}`, total, async (update) => {
        for (const [index, condition] of scale.conditions.entries()) {
          let run = resume.find((other) => isRun(other, condition, seed));
          if (run === undefined) {
            const name = `${conditionName(condition)}, ${condition.remedy}`;
            const classes = data.train.classes.length;
            run = await runOnce({ train, heldOut, classes, condition, seed, scale }, (epoch, accuracy) =>
              update(index * scale.epochs + epoch, `${name}: ${(100 * accuracy).toFixed(0)} % fitted`),
            );
            await options.onRun?.(run);
          }
          runs.push(run);
        }
      });
    } finally {
      tf.dispose([train.images, train.labels, heldOut.images, heldOut.labels]);
    }
  }
  return runs;
}

function isRun(run: CriticalRun, { images, noise, remedy }: Condition, seed: number): boolean {
  return run.images === images && run.noise === noise && run.remedy === remedy && run.seed === seed;
}

interface RunRequest {
  train: LabeledImages;
  heldOut: LabeledImages;
  classes: number;
  condition: Condition;
  seed: number;
  scale: Scale;
}

async function runOnce(request: RunRequest, onEpoch: (epoch: number, accuracy: number) => void): Promise<CriticalRun> {
  const { condition, seed, scale, classes } = request;
  const start = performance.now();
  const [, height, width, channels] = request.train.images.shape;
  const drawn = await drawData(request);
  const network = perceptronWithDropout({
    hiddenLayers: 2,
    units: scale.units,
    inputShape: [height, width, channels],
    classes,
    dropout: condition.remedy.includes('dropout') ? scale.dropout : 0,
    seed,
  });
  const optimizer = tf.train.adam(0.001);
  const measurements: Measurement[] = [];
  try {
    const measure = async (epoch: number) => {
      measurements.push(await measureNetwork(network, request, drawn, epoch));
    };
    const shuffled = shuffledBatches(drawn.train, { size: 64, seed });
    const batches = condition.remedy.includes('critical samples')
      ? (epoch: number) =>
          criticalSampleBatches(network, shuffled(epoch), {
            ...searchOf(drawn, scale.trainingRadius),
            weight: scale.weight,
            maxSteps: scale.steps.training,
            seed: seed * scale.epochs + epoch,
          })
      : shuffled;
    await measure(0);
    await train(network, batches, {
      optimizer,
      epochs: scale.epochs,
      seed,
      onProgress: async ({ record, epoch }) => {
        if (record === undefined) return;
        onEpoch(epoch + 1, record.accuracy);
        if ((epoch + 1) % scale.every === 0 || epoch + 1 === scale.epochs) await measure(epoch + 1);
      },
    });
  } finally {
    network.dispose();
    optimizer.dispose();
    tf.dispose([drawn.train.images, drawn.train.labels, drawn.heldOutImages]);
  }
  return { ...condition, seed, measurements, seconds: (performance.now() - start) / 1000 };
}

interface DrawnData {
  train: LabeledImages;
  /** Of the kind that the network is trained on. */
  heldOutImages: tf.Tensor4D;
  /** Range of all pixels. */
  bounds: [min: number, max: number];
}

/** The data of a condition. The caller disposes. */
async function drawData({ train, heldOut, classes, condition, seed }: RunRequest): Promise<DrawnData> {
  const labels = corruptLabels(train.labels, { probability: condition.noise, classes, seed });
  if (condition.images === 'real') {
    const [images, heldOutImages] = [tf.clone(train.images), tf.clone(heldOut.images)];
    return { train: { images, labels }, heldOutImages, bounds: [0, 1] };
  }
  const statistics = await pixelStatistics([train.images]);
  const count = train.images.shape[0];
  const images = gaussianPixels(train.images, { ...statistics, seed });
  const heldOutImages = gaussianPixels(heldOut.images, { ...statistics, seed, first: count });
  const farthest = 8 * statistics.deviation;
  const bounds: [number, number] = [statistics.mean - farthest, statistics.mean + farthest];
  return { train: { images, labels }, heldOutImages, bounds };
}

/** The paper's constants, or the same in proportion to another radius. */
function searchOf({ bounds }: DrawnData, radius = 0.3) {
  const scale = radius / 0.3 / 255;
  return { bounds, radius: 0.3 * scale, alpha: 0.25 * scale, beta: 0.2 * scale };
}

async function measureNetwork(
  network: TrainableModel,
  { train: truth, heldOut, seed, scale }: RunRequest,
  drawn: DrawnData,
  epoch: number,
): Promise<Measurement> {
  const classify = (images: tf.Tensor4D) => network.apply(images, { training: false });
  const size = 500;
  const csr = await criticalSampleRatio(classify, batchesOf({ images: drawn.heldOutImages }, size), {
    ...searchOf(drawn),
    maxSteps: scale.steps.measuring,
    seed,
  });
  const { accuracy: heldOutAccuracy } = await evaluate(network, batchesOf({ ...heldOut }, size));
  const predictions = await readAndDispose(tf.tidy(() => tf.argMax(classify(drawn.train.images), 1)));
  const [labels, trueLabels] = [await drawn.train.labels.data(), await truth.labels.data()];
  const isWrong = Array.from(labels, (label, image) => label !== trueLabels[image]);
  const isFitted = Array.from(labels, (label, image) => label === predictions[image]);
  const wrong = isWrong.filter(Boolean).length;
  const fittedWrong = isWrong.filter((wrongly, image) => wrongly && isFitted[image]).length;
  return {
    epoch,
    trainAccuracy: isFitted.filter(Boolean).length / labels.length,
    memorized: wrong === 0 ? null : fittedWrong / wrong,
    heldOutAccuracy,
    csr,
  };
}

async function readAndDispose(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  const values = await tensor.data<'int32'>();
  tensor.dispose();
  return values;
}

async function onDevice(set: ImageSet): Promise<LabeledImages> {
  for (const { images, labels } of imageBatches(set, { size: set.labels.length })) {
    return { images: tf.clone(images), labels: tf.clone(labels) };
  }
  throw new RangeError('@cnnviz/example-critical-samples: runExperiment: data must hold images, got none');
}
