import {
  type AnyClassifier,
  askModel,
  type Bounds,
  checker,
  failNotFinite,
  type LongWork,
  reportProgress,
  requireLongWork,
  throwIfAborted,
  warnOfProbabilities,
} from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImageEncoding, rendered, requireImageEncoding } from '../encodings/image-encoding.ts';
import { PROBABILITY } from '../genomes/genes.ts';
import { classArchive } from '../map-elites/class-archive.ts';
import { type ArchiveStatistics, type Elite, MapElites, type MapElitesState } from '../map-elites/map-elites.ts';
import { type ArchivePicture, type ArchivePictureOptions, archivePicture } from '../pictures/archive-picture.ts';

export interface FoolingOptions<G> extends LongWork<FoolingProgress<G>> {
  /** `directEncoding` or `cppnEncoding`, of the shape that the model takes. */
  encoding: ImageEncoding<G>;
  /** The pixel range that the model was trained on. */
  bounds: Bounds;
  /** A whole number >= 0. Not used when going on from a `state`. */
  seed: number;
  /** Generations after the initial one, at most. */
  generations: number;
  /** Stops once every class has an image of this confidence. Default: never. */
  target?: number;
  /** Images a generation, 2 or more. Default: 200, the fooling code's for MNIST (400 for ImageNet). */
  populationSize?: number;
  /** Images in one pass through the model. Default: 50. */
  batchSize?: number;
  /** As in `classArchive`: `all` as the paper's code, `argmax` as pyribs' tutorial. Default: `all`. */
  competition?: 'all' | 'argmax';
  /** Probability that two parents are crossed. Default: 0.5, the fooling code's. */
  crossoverRate?: number;
  /** As in `MapElites`. Default: `cells`. */
  parents?: 'cells' | 'elites';
  /** Ancestors to keep of each image, for `familyLine`. Default: 0. */
  lineage?: number;
  /** What `state()` gave, with the same options: goes on from there. */
  state?: MapElitesState;
}

/** Confidences are probabilities from 0 to 1. */
export interface FoolingProgress<G> extends ArchiveStatistics {
  /** The most confident image of each class: `cell` is the class, `objective` the confidence. */
  elites: Elite<G>[];
  /** The archive as a picture with its labels; the caller disposes `picture.picture`. */
  picture: (options?: ArchivePictureOptions) => ArchivePicture;
  /** What a later call goes on from, as `state`; plain JSON. */
  state: () => MapElitesState;
}

export interface FoolingEvolution<G> {
  /** The most confident image of each class: `cell` is the class, `objective` the confidence. */
  elites: Elite<G>[];
  /** Of each generation of this call. */
  history: ArchiveStatistics[];
  stoppedBy: 'generations' | 'target';
  state: MapElitesState;
}

const check = checker('@cnnviz/genetic', 'evolveFoolingImages');

/**
 * Evolves, for every class at once, an image that the model takes for that class with high confidence: MAP-Elites with one
 * cell a class, whose objective is the class's softmax probability.
 *
 * @param model Images `[n, h, w, c]` within `bounds` to logits `[n, 2 or more classes]`, at once or later; their softmax is
 *   the confidence. For one that ends in a softmax itself pass `classifier(model)` of `@cnnviz/models`, or `tf.log` of what
 *   it returns: of probabilities no softmax gives more than e / (e + 1), 0.73 for two classes.
 * @param options The encoding, `bounds`, `seed` and `generations`, and how to breed.
 * @returns The archive, its statistics by generation, and the state to go on from: a run that was broken off and gone on
 *   with gives the same archive as one that was not. Render the images with `encoding.render` or `archivePicture`.
 * @throws Error if a probability is not a finite number; says of which individual and generation.
 * @see Nguyen, Yosinski, Clune, "Deep neural networks are easily fooled: High confidence predictions for unrecognizable
 *   images", CVPR 2015, https://arxiv.org/abs/1412.1897.
 *
 * @example
 * import { cppnEncoding, evolveFoolingImages } from '@cnnviz/genetic';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const model = (images: tf.Tensor4D) =>
 *   tf.stack([tf.mean(images, [1, 2, 3]), tf.neg(tf.mean(images, [1, 2, 3]))], 1) as tf.Tensor2D;
 * const { elites } = await evolveFoolingImages(model, {
 *   encoding: cppnEncoding({ shape: [8, 8, 1] }),
 *   bounds: [-10, 10],
 *   populationSize: 20,
 *   generations: 5,
 *   seed: 0,
 * });
 * elites[1]?.objective; // the confidence in class 1
 */
export async function evolveFoolingImages<G>(
  model: AnyClassifier,
  options: FoolingOptions<G>,
): Promise<FoolingEvolution<G>> {
  const { encoding, batchSize = 50, generations, target, populationSize = 200 } = check.options(options);
  check.callable('model', model);
  requireImageEncoding(check, encoding);
  const bounds = check.bounds('bounds', options.bounds);
  check.number('generations', generations, { integer: true, min: 0 });
  check.number('populationSize', populationSize, { integer: true, min: 2 });
  check.number('batchSize', batchSize, { integer: true, min: 1 });
  if (target !== undefined) check.number('target', target, { above: 0, max: 1 });
  const competition = check.oneOf('competition', options.competition ?? 'all', ['all', 'argmax']);
  const crossoverRate = check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY);
  const parents = check.oneOf('parents', options.parents ?? 'cells', ['cells', 'elites']);
  const lineage = check.number('lineage', options.lineage ?? 0, { integer: true, min: 0 });
  check.seed('seed', options.seed);
  requireLongWork(check, options);
  throwIfAborted(options);

  const classes = await countClasses(model, encoding, bounds);
  const search = new MapElites({
    encoding,
    archive: { ...classArchive({ classes, competition }), settings: { bounds } },
    batchSize: populationSize,
    crossoverRate,
    parents,
    lineage,
    seed: options.seed,
    ...(options.state === undefined ? {} : { state: options.state }),
  });
  const history: ArchiveStatistics[] = [];

  let stoppedBy = stopReason(search, options);
  while (stoppedBy === undefined) {
    search.tell(await probabilitiesOf(search.ask()));
    const statistics = search.statistics();
    history.push(statistics);
    await reportProgress(options, {
      ...statistics,
      elites: search.elites,
      picture: (pictureOptions) => archivePicture(encoding, search.elites, pictureOptions),
      state: () => search.state(),
    });
    stoppedBy = stopReason(search, options);
  }
  return { elites: search.elites, history, stoppedBy, state: search.state() };

  async function probabilitiesOf(genomes: readonly G[]): Promise<Float32Array> {
    const probabilities = new Float32Array(genomes.length * classes);
    for (let start = 0; start < genomes.length; start += batchSize) {
      const batch = genomes.slice(start, start + batchSize);
      const output = await askModel(
        model,
        () => within(bounds, rendered(check, encoding, batch)),
        (logits) => {
          warnOfProbabilities(check, model, requireLogits(logits, batch.length));
          return tf.softmax(logits);
        },
      );
      const values = await output.data<'float32'>();
      output.dispose();
      if (values.length !== batch.length * classes) {
        check.failBecause(
          'state',
          `the model gave ${values.length} logits for ${batch.length} images of ${classes} classes`,
        );
      }
      const wrong = values.findIndex((value) => !Number.isFinite(value));
      if (wrong !== -1) {
        const individual = start + Math.floor(wrong / classes);
        const where = `for individual ${individual} of ${genomes.length} in generation ${search.generation + 1}`;
        failNotFinite(check, 'probabilities', { got: values[wrong]!, where });
      }
      probabilities.set(values, start * classes);
      throwIfAborted(options);
    }
    return probabilities;
  }
}

/** From [0, 1] to the bounds. */
function within([min, max]: Bounds, images: Tensor4D): Tensor4D {
  return min === 0 && max === 1 ? images : tf.add(tf.mul(images, max - min), min);
}

/** As many as the model has logits for one dark image. */
function countClasses<G>(model: AnyClassifier, { shape }: ImageEncoding<G>, [min]: Bounds): number | Promise<number> {
  const dark = () => tf.fill([1, ...shape], min) as Tensor4D;
  return askModel(model, dark, (logits: Tensor2D) => {
    if (requireLogits(logits, 1).shape[1] < 2) {
      const remedy = 'of one output x make two, tf.concat([tf.zerosLike(x), x], 1), if a sigmoid follows it';
      check.failBecause('range', `model must give logits of two or more classes, got ${logits.shape[1]}: ${remedy}`);
    }
    return logits.shape[1];
  });
}

function requireLogits(logits: Tensor2D, count: number): Tensor2D {
  const isTensor = logits instanceof tf.Tensor && !logits.isDisposed;
  const isRight = isTensor && logits.dtype === 'float32' && logits.rank === 2 && logits.shape[0] === count;
  return isRight ? logits : check.fail('range', 'model', 'a function to logits [n, classes]', logits);
}

function stopReason<G>(
  search: MapElites<G, ArrayLike<number>>,
  { target, generations }: FoolingOptions<G>,
): FoolingEvolution<G>['stoppedBy'] | undefined {
  if (search.generation === -1) return undefined;
  if (target !== undefined && search.isFull && search.elites.every(({ objective }) => objective >= target))
    return 'target';
  return search.generation >= generations ? 'generations' : undefined;
}
