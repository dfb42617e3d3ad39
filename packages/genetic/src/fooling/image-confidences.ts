import {
  type AnyClassifier,
  askModel,
  type Bounds,
  type Check,
  failNotFinite,
  type LongWork,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImageEncoding, rendered } from '../encodings/image-encoding.ts';

interface AskedImages<G> extends Pick<LongWork<never>, 'signal'> {
  genomes: readonly G[];
  classes: number;
  bounds: Bounds;
  /** Images per model call. */
  batchSize: number;
  /** That they are of, for errors. */
  generation: number;
}

/** Renders genomes, and gives the probabilities that the model assigns to each, `[genomes * classes]`. */
export async function imageConfidences<G>(
  check: Check,
  model: AnyClassifier,
  encoding: ImageEncoding<G>,
  { genomes, classes, bounds, batchSize, generation, signal }: AskedImages<G>,
): Promise<Float32Array> {
  const probabilities = new Float32Array(genomes.length * classes);
  for (let start = 0; start < genomes.length; start += batchSize) {
    const batch = genomes.slice(start, start + batchSize);
    const output = await askModel(
      model,
      () => within(bounds, rendered(check, encoding, batch)),
      (logits) => {
        warnOfProbabilities(check, model, requireLogits(check, logits, batch.length));
        return tf.softmax(logits);
      },
    );
    const values = await output.data<'float32'>();
    output.dispose();
    requireClasses(check, values, batch.length, classes);
    requireFiniteProbabilities(check, values, {
      classes,
      describe: (image) => `individual ${start + image} of ${genomes.length} in generation ${generation}`,
    });
    probabilities.set(values, start * classes);
    throwIfAborted({ signal });
  }
  return probabilities;
}

/** Counts the logits that the model gives for one dark image. */
export function countClasses<G>(
  check: Check,
  model: AnyClassifier,
  { shape }: ImageEncoding<G>,
  [min]: Bounds,
): number | Promise<number> {
  const dark = () => tf.fill([1, ...shape], min) as Tensor4D;
  return askModel(model, dark, (logits: Tensor2D) => {
    const classes = requireLogits(check, logits, 1).shape[1];
    if (classes < 2) {
      const remedy = 'make two of one output x, tf.concat([tf.zerosLike(x), x], 1), if a sigmoid follows it';
      check.failBecause('range', `model must give logits of two or more classes, got ${classes}: ${remedy}`);
    }
    return classes;
  });
}

/** From [0, 1] to the bounds. */
function within([min, max]: Bounds, images: Tensor4D): Tensor4D {
  return min === 0 && max === 1 ? images : tf.add(tf.mul(images, max - min), min);
}

function requireLogits(check: Check, logits: Tensor2D, count: number): Tensor2D {
  const isTensor = logits instanceof tf.Tensor && !logits.isDisposed;
  const isRight = isTensor && logits.dtype === 'float32' && logits.rank === 2 && logits.shape[0] === count;
  return isRight ? logits : check.fail('range', 'model', 'a function to logits [n, classes]', logits);
}

function requireClasses(check: Check, values: Float32Array, images: number, classes: number): void {
  if (values.length === images * classes) return;
  check.failBecause('state', `the model gave ${values.length} logits for ${images} images of ${classes} classes`);
}

function requireFiniteProbabilities(
  check: Check,
  values: Float32Array,
  { classes, describe }: { classes: number; describe: (image: number) => string },
): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return;
  const where = describe(Math.floor(wrong / classes));
  failNotFinite(check, 'probabilities', { got: values[wrong]!, where: `for ${where}` });
}
