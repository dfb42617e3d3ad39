import {
  type CodeBounds,
  dgnAm,
  fourier,
  logit,
  type MaximizedActivation,
  maximizeActivation,
  type Parameterization,
  pixels,
  type Transform,
} from '@cnnviz/actmax';
import type { Progress } from '@cnnviz/example-support';
import type { Bounds, Classifier, Generator } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export const METHODS = ['generator', 'fourier', 'pixels'] as const;
export type Method = (typeof METHODS)[number];

export interface Subject {
  /** Images to one activation for each unit, as multiples of what the best real image has. */
  relative: Classifier;
  generator: Generator;
  codeBounds: CodeBounds;
  shape: readonly [height: number, width: number, channels: number];
  bounds: Bounds;
}

/**
 * Of the mean width of the code bounds. The released 8 / 11.85 leaps from corner to corner of the box until the steps
 * have become small: fit for a run to its end, not for one that stops at a wanted activation.
 */
const FIRST_STEP = 0.1;

interface SynthesisRequest {
  /** The unit of each image. */
  units: readonly number[];
  /** Activation at which an image is done, as a multiple of the best real image's. */
  wanted: number;
  steps: number;
  seed: number;
  progress: Progress;
  /** What is done to images by Fourier coefficients before the network sees them. Default: nothing. */
  transforms?: readonly Transform[];
  /** Steps after which images are kept for the film. Default: none. */
  filmed?: readonly number[];
}

export interface Synthesized {
  method: Method;
  units: readonly number[];
  /** `[units, h, w, c]`, the last of the run. The caller disposes. */
  images: Tensor4D;
  /** Multiples of the best real image's. */
  activations: number[];
  /** Images at each filmed step, `[units, h, w, c]`. The caller disposes. */
  film: Tensor4D[];
  steps: number;
  seconds: number;
}

/** Lets each unit have what it wants until it is as active as wanted, or the steps are over. */
export async function synthesize(method: Method, subject: Subject, request: SynthesisRequest): Promise<Synthesized> {
  const { relative, generator, codeBounds, shape, bounds } = subject;
  const { units, wanted, steps, seed, progress, transforms = [], filmed = [] } = request;
  const withoutPrior = (parameterization: Parameterization) => ({ parameterization, steps });
  const options = {
    generator: () => {
      const initialStep = FIRST_STEP * meanWidth(codeBounds);
      return dgnAm(generator, { codeBounds, range: bounds, bounds, steps, initialStep });
    },
    fourier: () => ({ ...withoutPrior(fourier({ shape, bounds })), transforms }),
    pixels: () => withoutPrior(pixels({ shape, bounds })),
  }[method]();
  const film: Tensor4D[] = [];
  const start = performance.now();
  const result: MaximizedActivation = await progress.stage(`${units.length} images by ${method}`, steps, (update) =>
    maximizeActivation({
      ...options,
      objective: logit(relative, [...units]),
      stopAt: wanted,
      seed,
      onProgress: (step) => {
        if (filmed.includes(step.done - 1)) film.push(step.images());
        update(step.done, `least activation ${Math.min(...step.activations).toFixed(2)} of the best real image's`);
      },
    }),
  );
  const { images, last } = result;
  tf.dispose(images);
  film.push(tf.clone(last.images));
  return {
    method,
    units,
    images: last.images,
    activations: last.activations,
    film,
    steps: result.steps,
    seconds: (performance.now() - start) / 1000,
  };
}

function meanWidth({ lower, upper }: CodeBounds): number {
  return upper.reduce((sum, most, index) => sum + most - lower[index]!, 0) / upper.length;
}
