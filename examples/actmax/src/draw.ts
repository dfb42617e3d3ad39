import {
  type AscentOptions,
  adam,
  crop,
  fourier,
  type MaximizedActivation,
  maximizeActivation,
  noise,
  type Objective,
  phase,
  pixels,
  robustness,
} from '@cnnviz/actmax';
import type { Update } from '@cnnviz/example-support';
import { chunksOf } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './subject.ts';

/** By the phases of a natural spectrum under crops, by Fourier coefficients under transforms, or the bare pixels. */
export type Method = 'phase' | 'fourier' | 'pixels';

/** Those for images of so many channels: the spectrum of photographs is of red, green and blue. */
export const methodsFor = (channels: number): Method[] => [
  ...(channels === 3 ? (['phase'] as const) : []),
  'fourier',
  'pixels',
];

export interface DrawOptions {
  steps: number;
  /** Images at once. */
  batch: number;
  seed: number;
  /** Told the number of steps times images done. */
  update: Update;
}

export interface Drawing {
  /** `[n, h, w, c]` in the network's bounds. The caller disposes. */
  images: tf.Tensor4D;
  activations: number[];
  /** `[n][steps + 1]`. */
  traces: number[][];
  /** Thumbnails of the first images at moments of their run, the last of them at its end. The caller disposes. */
  film: tf.Tensor4D[];
}

const FILMED = [0, 1, 2, 4, 8, 16, 32, 64];

/**
 * Steeper than the spectrum of natural images (1): less of the fine grain that SqueezeNet likes, and stronger colors. The
 * smaller steps make up for the coefficients being larger.
 */
const DECAY = 1.5;
const LEARNING_RATE = 0.03;
/** A phase goes round in 2π, so that steps are long: as MACO. */
const PHASE_LEARNING_RATE = 1;
/** Each is a crop of its own; more make the picture calmer, and take as much longer. */
const VIEWS = 2;

/** What each of the units wants, a few at a time: one batch costs less than a run for each. */
export async function drawUnits(
  subject: Subject,
  units: readonly number[],
  objectiveOf: (units: readonly number[]) => Objective,
  method: Method,
  options: DrawOptions,
): Promise<Drawing> {
  const parts: MaximizedActivation[] = [];
  const film: tf.Tensor4D[] = [];
  let done = 0;
  for (const some of chunksOf(units, options.batch)) {
    const filmed = done === 0 ? film : undefined;
    parts.push(await drawTogether(subject, objectiveOf(some), some.length, method, options, { done, filmed }));
    done += some.length;
  }
  const images = tf.concat(parts.map((part) => part.images)) as tf.Tensor4D;
  tf.dispose(parts.map((part) => part.images));
  return {
    images,
    film,
    activations: parts.flatMap(({ activations }) => activations),
    traces: parts.flatMap(({ activations, trace }) => activations.map((_, image) => trace.map((row) => row[image]!))),
  };
}

export async function drawTogether(
  { network }: Subject,
  objective: Objective,
  count: number,
  method: Method,
  { steps, seed, update }: DrawOptions,
  { done = 0, filmed }: { done?: number; filmed?: tf.Tensor4D[] | undefined } = {},
): Promise<MaximizedActivation> {
  const result = await maximizeActivation({
    ...ascentOf(network, method),
    objective,
    count,
    steps,
    seed,
    // A unit that is silent at the start stays gray, and the others are drawn.
    rejectZeroGradient: false,
    onProgress: ({ done: taken, images }) => {
      if (FILMED.includes(taken - 1)) film(filmed, images);
      update(done * steps + taken * count);
    },
  });
  film(filmed, () => tf.clone(result.last.images));
  result.last.images.dispose();
  return result;
}

type Ascent = Pick<AscentOptions, 'parameterization' | 'transforms' | 'optimizer' | 'views'>;

function ascentOf({ inputShape: shape, bounds }: Subject['network'], method: Method): Ascent {
  const optimizer = adam({ learningRate: LEARNING_RATE });
  if (method === 'pixels') return { parameterization: pixels({ shape, bounds }), optimizer };
  if (method === 'phase') {
    return {
      parameterization: phase({ shape, bounds }),
      transforms: [crop(), noise({ deviation: 0.08 * (bounds[1] - bounds[0]) })],
      optimizer: adam({ learningRate: PHASE_LEARNING_RATE }),
      views: VIEWS,
    };
  }
  // lucid's constants are for images of some 200 pixels.
  const part = Math.min(1, shape[0] / 200);
  const transforms = robustness({
    pad: Math.round(12 * part),
    jitter: [Math.round(8 * part), Math.round(4 * part)],
  });
  return { parameterization: fourier({ shape, bounds, decay: DECAY }), transforms, optimizer };
}

function film(frames: tf.Tensor4D[] | undefined, draw: () => tf.Tensor4D): void {
  frames?.push(tf.tidy(() => thumbnails(draw())));
}

/** At most 96 pixels high, by averages. */
export function thumbnails(images: tf.Tensor4D): tf.Tensor4D {
  const side = Math.ceil(images.shape[1] / 96);
  return tf.avgPool(images, side, side, 'valid');
}
