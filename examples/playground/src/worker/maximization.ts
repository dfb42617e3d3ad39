import {
  type AscentOptions,
  type AscentStep,
  activationSteps,
  dgnAm,
  filmStrip,
  fourier,
  logit,
  type MaximizedActivation,
  pixels,
  robustness,
} from '@cnnviz/actmax';
import { type Bounds, type Classifier, reportProgress } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LayersModel } from '@tensorflow/tfjs-layers';
import { drawingTurns } from './evolution.ts';
import { hiddenUnits } from './hidden-units.ts';
import { job, quick, type Work } from './jobs.ts';
import { loadJudge } from './judge.ts';
import { generatorFile, type LearnedGenerator, loadGenerator } from './learned-generator.ts';
import { digitNetwork, type Network, visitorNetwork } from './networks.ts';
import { type Picture, pictureOf } from './picture.ts';

export type Method = 'pixels' | 'fourier' | 'generator';

export interface MaximizationOptions {
  unit: { kind: 'class' | 'hidden'; index: number };
  seed: number;
  steps: number;
}

/** What can be asked for. */
export interface MaximizationChoices {
  /** As the page calls the network. */
  network: string;
  classes: string[];
  /** How many hidden units can be asked for. */
  hiddenUnits: number;
  /** Empty where the generator can draw for the network. */
  whyNoGenerator: string;
}

/** What a network takes a picture for. */
export interface Reading {
  name: string;
  /** From 0 to 1. */
  probability: number;
  /** That of the class that is asked for; undefined of a hidden unit. */
  ofWanted?: number;
}

/** What one method has drawn so far. */
export interface Wanted {
  method: Method;
  picture: Picture;
  /** Of the picture as it is shown, without transforms. */
  activation: number;
  /** As a multiple of the largest among the digits that the network learned from; undefined of a visitor's network. */
  relative?: number;
  reading: Reading;
  /** By the second network; undefined where that cannot see the pictures. */
  judged?: Reading;
}

export interface MaximizationProgress {
  step: number;
  steps: number;
  drawn: Wanted[];
}

export interface Maximized {
  /** The best picture of each method. */
  drawn: Wanted[];
  /** A row for each method, a column for each of `moments` and one for the best. */
  film: Picture;
  /** Steps that were taken before. */
  moments: number[];
}

/** Whose unit is maximized, and who helps. */
export interface Subject {
  classify: Classifier;
  classes: readonly string[];
  shape: readonly [number, number, number];
  bounds: Bounds;
  /** Images to the units of which one is asked for. */
  units: Classifier;
  index: number;
  isClass: boolean;
  /** The largest activation among real images. */
  largest?: number;
  generator?: Pick<LearnedGenerator, 'generate' | 'codeBounds'>;
  judge?: Classifier;
}

/** Of the mean width of the code bounds: DGN-AM's own first step leaps from corner to corner of the box. */
const FIRST_STEP = 0.1;
/** Columns of the film strip before the best. */
const MOMENTS = 7;

export const maximization = {
  choices: quick<void, MaximizationChoices>(async () => {
    const { name, network } = await subjectNetwork();
    return {
      network: name,
      classes: [...network.classes],
      hiddenUnits: hiddenLayer(network) === undefined ? 0 : (await generatorFile()).largest.hidden.length,
      whyNoGenerator: whyNoGenerator(network),
    };
  }),

  maximize: job(
    async ({ unit, seed, steps }: MaximizationOptions, work: Work<MaximizationProgress>): Promise<Maximized> => {
      const { network } = await subjectNetwork();
      const hidden = hiddenLayer(network);
      const file = await generatorFile();
      const isClass = unit.kind === 'class';
      const units = isClass ? network.classify : hidden;
      if (units === undefined) throw new Error('Of your network only classes can be chosen.');
      const largest = hidden && file.largest[isClass ? 'classes' : 'hidden'][unit.index];
      const isOfDigits = whyNoGenerator(network) === '';
      const generator = isOfDigits ? await loadGenerator(file) : undefined;
      const judge = isOfDigits && network.classes.length === 10 ? await loadJudge() : undefined;
      try {
        return await maximizeSideBySide(
          {
            ...network,
            units,
            index: unit.index,
            isClass,
            ...(largest !== undefined && { largest }),
            ...(generator && { generator }),
            ...(judge && { judge: judge.classifier }),
          },
          { seed, steps },
          work,
        );
      } finally {
        generator?.dispose();
        judge?.dispose();
      }
    },
  ),
};

async function subjectNetwork(): Promise<{ name: string; network: Network }> {
  const network = visitorNetwork() ?? (await digitNetwork());
  return { name: network.name, network };
}

/** The hidden units of the shipped network, whose layers are known. */
function hiddenLayer(network: Network): Classifier | undefined {
  const { topology } = network;
  return network !== visitorNetwork() && topology instanceof LayersModel ? hiddenUnits(topology) : undefined;
}

function whyNoGenerator({ shape: [height, width, channels] }: Network): string {
  if (height === 28 && width === 28 && channels === 1) return '';
  return `The generator of this page has learned to draw digits of 28 x 28 pixels; your network takes images of ${height} x ${width} x ${channels}.`;
}

/** Maximizes one unit by each method that can be used, a step of each in turn. */
export async function maximizeSideBySide(
  subject: Subject,
  { seed, steps }: { seed: number; steps: number },
  work: Work<MaximizationProgress>,
): Promise<Maximized> {
  const objective = logit(subject.units, [subject.index]);
  const methods = methodsOf(subject, steps);
  const ascents = methods.map(([, options]) => activationSteps({ ...options, steps, seed, objective }));
  const names = methods.map(([name]) => name);
  const moments = momentsOf(steps);
  const frames: Tensor4D[] = [];
  const results: MaximizedActivation[] = [];
  const turns = drawingTurns();

  const watch = async (current: readonly AscentStep[]): Promise<void> => {
    // Its images are those that the step began with.
    const { done: step } = current[0]!;
    const now = performance.now();
    const isDue = turns.isDue(now);
    if (!isDue && !moments.includes(step - 1)) return;
    const images = tf.tidy(() => tf.concat(current.map((each) => each.images())));
    if (moments.includes(step - 1)) frames.push(tf.clone(images));
    try {
      if (isDue) await work.onProgress({ step, steps, drawn: await lookAt(subject, names, images) });
    } finally {
      images.dispose();
    }
    turns.took(now, performance.now());
  };

  try {
    while (results.length === 0) {
      const current: AscentStep[] = [];
      for (const ascent of ascents) {
        const next = await ascent.next();
        if (next.done === true) results.push(next.value);
        else current.push(next.value);
      }
      if (results.length > 0) break;
      await reportProgress({ signal: work.signal, onProgress: watch }, current);
    }
    const best = tf.concat(results.map(({ images }) => images));
    frames.push(best);
    return {
      drawn: await lookAt(subject, names, best),
      film: await filmOf(frames, subject.bounds),
      moments,
    };
  } finally {
    for (const ascent of ascents) await ascent.return(undefined as never);
    tf.dispose([frames, results.map(({ images, last }) => [images, last.images])]);
  }
}

type MethodOptions = Omit<AscentOptions, 'objective' | 'seed' | 'steps'>;

function methodsOf({ shape, bounds, generator }: Subject, steps: number): [Method, MethodOptions][] {
  // lucid's own transforms are meant for images of some 200 pixels.
  const transforms = Math.min(shape[0], shape[1]) < 64 ? robustness({ pad: 2, jitter: [2, 1] }) : robustness();
  const methods: [Method, MethodOptions][] = [
    ['pixels', { parameterization: pixels({ shape, bounds }) }],
    ['fourier', { parameterization: fourier({ shape, bounds }), transforms }],
  ];
  if (generator === undefined) return methods;
  const { generate, codeBounds } = generator;
  const initialStep = FIRST_STEP * meanWidth(codeBounds);
  return [...methods, ['generator', dgnAm(generate, { codeBounds, range: [0, 1], bounds, steps, initialStep })]];
}

function meanWidth({ lower, upper }: LearnedGenerator['codeBounds']): number {
  return upper.reduce((sum, most, index) => sum + most - lower[index]!, 0) / upper.length;
}

/** Steps from 0 on that are close together at first, where most happens. */
export function momentsOf(steps: number): number[] {
  const moments = Array.from({ length: MOMENTS }, (_, index) => Math.round((steps - 1) * (index / (MOMENTS - 1)) ** 2));
  return [...new Set(moments)];
}

/** @param images One of each method, `[methods, h, w, c]`; not disposed. */
async function lookAt(subject: Subject, methods: readonly Method[], images: Tensor4D): Promise<Wanted[]> {
  const { classify, units, judge, index, largest, bounds } = subject;
  const [min, max] = bounds;
  const { pictures, ...seen } = tf.tidy(() => ({
    pictures: tf.unstack(tf.div(tf.sub(images, min), max - min)) as Tensor3D[],
    activations: tf.gather(units(images), tf.tensor1d([index], 'int32'), 1),
    probabilities: tf.softmax(classify(images)),
    ...(judge && { judged: tf.softmax(judge(images)) }),
  }));
  try {
    const activations = await seen.activations.data();
    const readings = readingsOf(subject, await seen.probabilities.data());
    const judged = seen.judged && readingsOf(subject, await seen.judged.data());
    const shown = await Promise.all(pictures.map(pictureOf));
    return methods.map((method, row) => ({
      method,
      picture: shown[row]!,
      activation: activations[row]!,
      ...(largest !== undefined && { relative: activations[row]! / largest }),
      reading: readings[row]!,
      ...(judged && { judged: judged[row]! }),
    }));
  } finally {
    tf.dispose([pictures, Object.values(seen)]);
  }
}

/** @param probabilities `[methods, classes]`. */
function readingsOf({ classes, index, isClass }: Subject, probabilities: ArrayLike<number>): Reading[] {
  const rows = Array.from({ length: probabilities.length / classes.length }, (_, row) =>
    Array.from(classes, (_name, label) => probabilities[row * classes.length + label]!),
  );
  return rows.map((row) => {
    const probability = Math.max(...row);
    const name = classes[row.indexOf(probability)]!;
    return { name, probability, ...(isClass && { ofWanted: row[index]! }) };
  });
}

async function filmOf(frames: readonly Tensor4D[], bounds: Bounds): Promise<Picture> {
  const film = filmStrip(frames, { bounds });
  try {
    return await pictureOf(film);
  } finally {
    film.dispose();
  }
}
