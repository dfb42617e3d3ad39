import { type Synthesis, type SynthesisQualityRow, synthesisQuality } from '@cnnviz/actmax';
import { type DataSet, type ImageSet, type Progress, selectImages } from '@cnnviz/example-support';
import { wilsonInterval } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseHiddenUnits, type HiddenUnit, imagesAt } from './hidden-units.ts';
import { imagesOnly } from './images-only.ts';
import { type LearnedGenerator, learnGenerator } from './learn-generator.ts';
import { largestOutputs, type Networks, trainNetworks } from './networks.ts';
import { METHODS, type Subject, type Synthesized, synthesize } from './synthesize-classes.ts';

export interface ExperimentOptions {
  /** The judge learns from one half of what there is to learn from, everything else from the other. */
  data: DataSet;
  /** Of the encoder and of the network under study. */
  networkEpochs: number;
  judgeEpochs: number;
  generatorEpochs: number;
  /** Images of each class by each method, each from another start. */
  starts: number;
  /** Activation at which an image is done, as a multiple of the best real image's. */
  wanted: number;
  /** At most, of each ascent. */
  steps: number;
  hiddenUnits: number;
  seed: number;
  progress: Progress;
}

export interface Experiment {
  accuracies: Record<keyof Networks, number>;
  learned: LearnedGenerator;
  /** By each method the images of all classes, start after start. */
  classes: Synthesized[];
  /** What the judge reads in each image of `classes`. */
  readings: number[][];
  /** One row for each method, and one for real images of the test set, over all classes. */
  quality: MethodQuality[];
  hidden: { units: HiddenUnit[]; synthesized: Synthesized; real: Tensor4D };
  dispose(): void;
}

/** A method over all classes: means of `synthesisQuality`, and the least of its activations. */
export interface MethodQuality {
  method: string;
  images: number;
  activationRatio: number;
  leastRatio: number;
  recognized: number;
  /** Wilson's 95 % interval of `recognized`, as if the images had nothing to do with each other. */
  interval: readonly [low: number, high: number];
  /** Of the class of which the judge recognizes least. */
  leastRecognized: number;
  confidence: number;
  nearestDistance: number;
  diversity: number | null;
  steps: number | null;
  seconds: number | null;
}

const FILMED = [0, 1, 2, 4, 8, 16, 32, 64, 128];
const TOP_IMAGES = 3;

export async function drawWhatUnitsWant(options: ExperimentOptions): Promise<Experiment> {
  const { seed, progress, steps, starts, wanted } = options;
  const [train, ofJudge] = halves(options.data.train);
  const data = { train, test: options.data.test };
  const { test } = data;
  const labels = train.classes.map((_, label) => label);
  const { networkEpochs: epochs, judgeEpochs } = options;
  const networks = await trainNetworks({ data, ofJudge, epochs, judgeEpochs, seed, progress });
  const { encoder, studied, judge } = networks;
  const learned = await learnGenerator(encoder.layer('fc1'), data, {
    epochs: options.generatorEpochs,
    seed: seed + 3,
    progress,
  });
  const subject: Omit<Subject, 'relative'> = {
    generator: learned.generator,
    codeBounds: learned.bounds,
    shape: train.shape,
    bounds: train.bounds,
  };
  const scaled = (model: (images: Tensor4D) => Tensor2D, largest: Float32Array) => {
    return (images: Tensor4D) => tf.tidy(() => tf.div(model(images), tf.tensor1d(largest)) as Tensor2D);
  };

  const largest = await largestOutputs(studied.classifier, imagesOnly(train, { size: 500 }));
  const units = Array.from({ length: starts }, () => labels).flat();
  const classes: Synthesized[] = [];
  for (const method of METHODS) {
    const relative = scaled(studied.classifier, largest);
    classes.push(
      await synthesize(method, { ...subject, relative }, { units, wanted, steps, seed, progress, filmed: FILMED }),
    );
  }

  // Before the ReLU, where a unit that is silent at the start still has a gradient.
  const hiddenLayer = studied.layer('fc1');
  const hiddenUnits = await chooseHiddenUnits(hiddenLayer, test, { count: options.hiddenUnits, top: TOP_IMAGES });
  const hiddenLargest = await largestOutputs(hiddenLayer, imagesOnly(test, { size: 500 }));
  const synthesized = await synthesize(
    'generator',
    { ...subject, relative: scaled(hiddenLayer, hiddenLargest) },
    { units: hiddenUnits.map(({ unit }) => unit), wanted, steps, seed, progress },
  );

  const real = labels.map((label) => {
    const ofClass = Array.from(test.labels.keys()).filter((index) => test.labels[index] === label);
    return { method: 'real', unit: label, images: imagesAt(test, ofClass.slice(0, starts)) };
  });
  const made = classes.flatMap(({ method, images }) =>
    labels.map((label) => ({ method, unit: label, images: everyNth(images, label, labels.length) })),
  );
  const syntheses: Synthesis[] = [...made, ...real];
  const rows = await progress.stage('measuring', syntheses.length, (update) =>
    synthesisQuality(syntheses, {
      units: studied.classifier,
      judge: judge.classifier,
      data: imagesOnly(train, { size: 1000 }),
      onProgress: ({ done }) => update(done),
    }),
  );
  tf.dispose(syntheses.map(({ images }) => images));

  const readings: number[][] = [];
  for (const { images } of classes) {
    const read = tf.tidy(() => tf.argMax(judge.classifier(images), 1));
    readings.push([...(await read.data())]);
    read.dispose();
  }
  const realTop = imagesAt(
    test,
    hiddenUnits.flatMap(({ topImages }) => topImages),
  );
  const accuracies = {
    encoder: encoder.testAccuracy,
    studied: studied.testAccuracy,
    judge: judge.testAccuracy,
  };
  for (const network of Object.values(networks)) network.dispose();
  return {
    accuracies,
    learned,
    classes,
    readings,
    quality: ['real', ...METHODS].map((method) => summarize(method, rows, classes)),
    hidden: { units: hiddenUnits, synthesized, real: realTop },
    dispose: () => {
      for (const { images, film } of [...classes, synthesized]) tf.dispose([images, ...film]);
      tf.dispose([realTop, ...learned.samples]);
      learned.dispose();
    },
  };
}

function everyNth(images: Tensor4D, first: number, step: number): Tensor4D {
  return tf.tidy(() => {
    const count = Math.ceil((images.shape[0] - first) / step);
    return tf.concat(Array.from({ length: count }, (_, i) => tf.slice(images, first + i * step, 1))) as Tensor4D;
  });
}

function summarize(
  method: string,
  rows: readonly SynthesisQualityRow[],
  classes: readonly Synthesized[],
): MethodQuality {
  const own = rows.filter((row) => row.method === method);
  const run = classes.find((synthesized) => synthesized.method === method);
  const mean = (of: (row: SynthesisQualityRow) => number) => own.reduce((sum, row) => sum + of(row), 0) / own.length;
  const images = own.reduce((sum, row) => sum + row.images, 0);
  const recognized = own.reduce((sum, row) => sum + row.recognized! * row.images, 0);
  return {
    method,
    images,
    activationRatio: mean((row) => row.activationRatio),
    leastRatio: run === undefined ? Math.min(...own.map((row) => row.activationRatio)) : Math.min(...run.activations),
    recognized: recognized / images,
    interval: wilsonInterval(Math.round(recognized), images),
    leastRecognized: Math.min(...own.map((row) => row.recognized!)),
    confidence: mean((row) => row.confidence!),
    nearestDistance: mean((row) => row.nearestDistance),
    diversity: own.some(({ diversity }) => diversity === null) ? null : mean((row) => row.diversity!),
    steps: run?.steps ?? null,
    seconds: run?.seconds ?? null,
  };
}

/** The first images of a set and the others. */
export function halves(set: ImageSet): [ImageSet, ImageSet] {
  const indices = Array.from(set.labels.keys());
  const middle = Math.ceil(indices.length / 2);
  return [selectImages(set, indices.slice(0, middle)), selectImages(set, indices.slice(middle))];
}

/** The first images of a set, for a shorter run. */
export function firstImages(set: DataSet['train'], count: number): DataSet['train'] {
  return selectImages(
    set,
    Array.from({ length: Math.min(count, set.labels.length) }, (_, index) => index),
  );
}
