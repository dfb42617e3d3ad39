import type { AnyClassifier, Bounds, Check, Classifier, LongWork } from '@cnnviz/internal';
import {
  askModel,
  checker,
  createRandom,
  failNotFinite,
  reportProgress,
  requireGradients,
  requireLongWork,
  requireWithin,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { largestPerImage } from '../geometry/step-direction.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { checkLogits, logitsAndGradient } from '../losses/logits-and-gradient.ts';

export interface DecisionMapProgress {
  /** Points evaluated so far. */
  done: number;
  /** Points of the map. */
  total: number;
}

export interface DecisionMapOptions extends LongWork<DecisionMapProgress> {
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides the random directions. Default: 0. */
  seed?: number;
  /** How far the map reaches from the sample to each side: Euclidean distance in the units of the pixels, > 0. */
  extent: number;
  /**
   * The axes. `gradient`: to the right the way on which the log-odds of the sample's class fall fastest, upwards a random
   * direction orthogonal to it. `random`: two random orthogonal directions. Default: `gradient`.
   */
  directions?: 'gradient' | 'random';
  /** Points along a side, odd, so that the sample is one of them. Default: 41. */
  resolution?: number;
  /**
   * Whether a point outside `bounds` is replaced by the nearest one inside; the map is then no plane. Default: false,
   * it is shown as it is and marked.
   */
  clip?: boolean;
  /** Images evaluated at once. Default: 64. */
  batchSize?: number;
}

/** Plain data. Points go row by row: first from the left to the right, then from the top to the bottom. */
export interface DecisionMap {
  /** Points along a side. */
  resolution: number;
  extent: number;
  /** Distance from the sample of each column, and of each row from the bottom to the top. */
  offsets: number[];
  /** What the model takes each point for. */
  classes: number[];
  /** Probability of that class. */
  confidences: number[];
  /** Whether every pixel of the point lies within bounds. */
  inside: boolean[];
  sample: {
    label: number;
    confidence: number;
    /** Its place in the arrays above: the middle. */
    index: number;
    /** To the nearest point of another class on the map, or null where there is none. */
    distance: number | null;
  };
  /** Two orthogonal directions of length 1: what is added to the sample's pixels to go right, and to go up. */
  directions: { right: Float32Array; up: Float32Array };
}

/**
 * The classes on a plane through a sample: what a model's decisions look like around it.
 *
 * Both axes are of length 1, so that distances on the map are distances between images.
 *
 * @param model Images `[n, h, w, c]` to logits `[n, classes]`; with `random` directions, at once or later.
 * @param image The sample, `[1, h, w, c]` inside `bounds`; not modified.
 * @returns Plain data: the class and its probability at each point of the plane.
 * @throws RangeError if an option is out of its range, the sample outside `bounds`, or there is not one image.
 * @throws TypeError if an argument is of another kind, or `model` does not return logits `[n, 2 or more]`, at once where
 *   `gradient` needs its gradient.
 * @throws Error if logits or gradients are not finite, the gradient is 0 everywhere, no gradients are registered, or
 *   the wasm backend is active without `registerWasmGradients` (`random` needs no gradients).
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core';
 * import { decisionMap } from '@cnnviz/adversarial';
 *
 * const sample = tf.slice(images, 0, 1);
 * const { classes, sample: center } = await decisionMap(model, sample, {
 *   bounds: [0, 1],
 *   extent: 5,
 *   resolution: 9,
 *   seed: 0,
 * });
 * console.log(classes, center.label, center.distance);
 */
export async function decisionMap(
  model: Classifier,
  image: Tensor4D,
  options: DecisionMapOptions,
): Promise<DecisionMap>;
export async function decisionMap(
  model: AnyClassifier,
  image: Tensor4D,
  options: DecisionMapOptions & { directions: 'random' },
): Promise<DecisionMap>;
export async function decisionMap(
  model: AnyClassifier,
  image: Tensor4D,
  options: DecisionMapOptions,
): Promise<DecisionMap> {
  const check = checker('@cnnviz/adversarial', 'decisionMap');
  check.options(options);
  requireLongWork(check, options);
  check.callable('model', model);
  if (check.images('image', image).shape[0] !== 1) check.fail('range', 'image', 'one image [1, h, w, c]', image);
  const bounds = check.bounds('bounds', options.bounds);
  const seed = check.seed('seed', options.seed === undefined ? 0 : options.seed);
  const extent = check.number('extent', options.extent, { above: 0 });
  const kind = check.oneOf('directions', options.directions ?? 'gradient', ['gradient', 'random']);
  const resolution = check.number('resolution', options.resolution ?? 41, { integer: true, min: 3 });
  if (resolution % 2 === 0) check.fail('range', 'resolution', 'odd', resolution);
  const clip = check.boolean('clip', options.clip ?? false);
  const batchSize = check.number('batchSize', options.batchSize ?? 64, { integer: true, min: 1 });
  await requireWithin(check, 'image', image, bounds);
  throwIfAborted(options);

  const directions = await chooseDirections(check, model, image, kind, seed);
  const total = resolution * resolution;
  const middle = (resolution - 1) / 2;
  const offsets = Array.from({ length: resolution }, (_, index) => ((index - middle) / middle) * extent);
  const classes: number[] = [];
  const confidences: number[] = [];
  const inside: boolean[] = [];
  const [right, up] = [directions.right, directions.up].map((values) => tf.tensor4d(values, image.shape));
  try {
    while (classes.length < total) {
      const count = Math.min(batchSize, total - classes.length);
      const places = Array.from({ length: count }, (_, index) => classes.length + index);
      const { asked, excess } = tf.tidy(() => {
        const along = (axis: Tensor4D, by: (place: number) => number) =>
          tf.mul(axis, tf.tensor4d(places.map(by), [count, 1, 1, 1]));
        const toTheRight = along(right!, (place) => offsets[place % resolution]!);
        const upwards = along(up!, (place) => offsets[resolution - 1 - Math.floor(place / resolution)]!);
        return placeInBounds(tf.add(image, tf.add(toTheRight, upwards)), bounds, clip);
      });
      let answers: Tensor2D | undefined;
      try {
        answers = await askModel(model, asked, (answer) => {
          const logits = checkLogits(check, answer, count);
          warnOfProbabilities(check, model, logits);
          return answersOf(logits, excess);
        });
        const values = await answers.data();
        for (let index = 0; index < count; index++) {
          const [label, confidence, excess, finite] = values.subarray(4 * index, 4 * index + 4);
          if (finite !== 0) failNotFinite(check, 'logits', { where: 'on the map' });
          classes.push(label!);
          confidences.push(confidence!);
          inside.push(excess === 0);
        }
      } finally {
        tf.dispose([asked, excess, answers ?? []]);
      }
      await reportProgress(options, { done: classes.length, total });
    }
  } finally {
    tf.dispose([right!, up!]);
  }
  const index = (total - 1) / 2;
  const label = classes[index]!;
  const sample = { label, confidence: confidences[index]!, index, distance: nearestOther(classes, offsets, label) };
  return { resolution, extent, offsets, classes, confidences, inside, sample, directions };
}

/** What the model is asked about points, and how far each is out of bounds, `[n]`. */
function placeInBounds(points: Tensor4D, [min, max]: Bounds, clip: boolean): { asked: Tensor4D; excess: Tensor1D } {
  const valid = tf.clipByValue(points, min, max) as Tensor4D;
  const excess = tf.reshape(largestPerImage(tf.abs(tf.sub(points, valid)) as Tensor4D), [-1]) as Tensor1D;
  return { asked: clip ? valid : points, excess };
}

/** `[n, 4]`: class, its probability, how far the point is out of bounds, and 0 where the logits are finite. */
function answersOf(logits: Tensor2D, excess: Tensor1D): Tensor2D {
  const label = tf.cast(tf.argMax(logits, 1), 'float32') as Tensor1D;
  const confidence = tf.max(tf.softmax(logits), 1) as Tensor1D;
  return tf.stack([label, confidence, excess, tf.sum(tf.mul(logits, 0), 1) as Tensor1D], 1) as Tensor2D;
}

async function chooseDirections(
  check: Check,
  model: AnyClassifier,
  image: Tensor4D,
  kind: 'gradient' | 'random',
  seed: number,
): Promise<DecisionMap['directions']> {
  const random = createRandom(seed);
  const draw = () => Float64Array.from(random.fillNormal(new Float32Array(image.size)));
  const right = normalize(kind === 'random' ? draw() : await steepestDescent(check, model, image));
  if (right === undefined) check.failBecause('state', 'the gradient is 0 everywhere: it points nowhere');
  const other = draw();
  const common = other.reduce((sum, value, pixel) => sum + value * right![pixel]!, 0);
  const up = normalize(other.map((value, pixel) => value - common * right![pixel]!));
  if (up === undefined) check.fail('range', 'image', 'an image of two values or more', image);
  return { right: Float32Array.from(right!), up: Float32Array.from(up!) };
}

/** The way on which the log-odds of the predicted class fall. */
async function steepestDescent(check: Check, model: AnyClassifier, image: Tensor4D): Promise<Float64Array> {
  requireGradients(check);
  const gradient = tf.tidy(
    () =>
      logitsAndGradient(check, model, image, (logits) => logOddsGradient(logits, tf.argMax(logits, 1) as Tensor1D))
        .gradient,
  );
  try {
    const values = await gradient.data();
    if (!values.every(Number.isFinite)) failNotFinite(check, 'gradients', { where: 'for image' });
    return Float64Array.from(values, (value) => -value);
  } finally {
    gradient.dispose();
  }
}

/** Undefined where there is no direction. */
function normalize(values: Float64Array): Float64Array | undefined {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const length = largest * Math.sqrt(values.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  return length > 0 ? values.map((value) => value / length) : undefined;
}

function nearestOther(classes: readonly number[], offsets: readonly number[], label: number): number | null {
  let nearest = Number.POSITIVE_INFINITY;
  for (const [place, found] of classes.entries()) {
    if (found === label) continue;
    const [row, column] = [Math.floor(place / offsets.length), place % offsets.length];
    nearest = Math.min(nearest, Math.hypot(offsets[column]!, offsets[row]!));
  }
  return Number.isFinite(nearest) ? nearest : null;
}
