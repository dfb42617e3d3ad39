import { foolingImages } from '@cnnviz/adversarial';
import { type Bounds, cppnEncoding, directEncoding, evolveFoolingImages, type ImageEncoding } from '@cnnviz/genetic';
import type { Classifier } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

export const METHODS = ['gradient', 'direct', 'cppn'] as const;
export type Method = (typeof METHODS)[number];

export interface FoolOptions {
  shape: readonly [height: number, width: number, channels: number];
  bounds: Bounds;
  classes: number;
  /** Every class at this confidence is enough. */
  target: number;
  /** Iterations of the gradient, generations of evolution, at most. */
  steps: number;
  populationSize: number;
  seed: number;
  onProgress: (step: number) => void;
}

export interface Fooled {
  /** One for each class, `[classes, h, w, c]`. The caller disposes. */
  images: tf.Tensor4D;
  /** Images that went through the network. */
  evaluations: number;
  seconds: number;
}

/** Makes one image for each class that the network is certain of. */
export async function fool(method: Method, model: Classifier, options: FoolOptions): Promise<Fooled> {
  const start = performance.now();
  const made = method === 'gradient' ? await byGradient(model, options) : await byEvolution(method, model, options);
  return { ...made, seconds: (performance.now() - start) / 1000 };
}

async function byGradient(model: Classifier, options: FoolOptions) {
  const { shape, bounds, classes, target, steps, seed, onProgress } = options;
  const { images, iterations } = await foolingImages(model, {
    shape,
    bounds,
    seed,
    targets: Array.from({ length: classes }, (_, label) => label),
    iterations: steps,
    stopAt: target,
    decay: 0,
    late: 0.2,
    deviation: 0.25 * (bounds[1] - bounds[0]),
    onProgress: ({ iteration }) => onProgress(iteration),
  });
  return { images, evaluations: iterations * classes };
}

async function byEvolution(method: 'direct' | 'cppn', model: Classifier, options: FoolOptions) {
  const { shape, bounds, target, steps, populationSize, seed, onProgress } = options;
  const encoding = (
    method === 'direct' ? directEncoding({ shape }) : cppnEncoding({ shape })
  ) as ImageEncoding<unknown>;
  const { elites, history } = await evolveFoolingImages(model, {
    encoding,
    bounds,
    populationSize,
    batchSize: populationSize,
    generations: steps,
    stopAt: target,
    seed,
    onProgress: ({ done }) => onProgress(done),
  });
  const [min, max] = bounds;
  const images = tf.tidy(() =>
    tf.add(tf.mul(encoding.render(elites.map(({ genome }) => genome)), max - min), min),
  ) as tf.Tensor4D;
  return { images, evaluations: history.at(-1)!.evaluations };
}
