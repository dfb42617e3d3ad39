import {
  type AnyClassifier,
  type Bounds,
  checker,
  type LongWork,
  reportProgress,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import { type ImageEncoding, requireImageEncoding } from '../encodings/image-encoding.ts';
import { PROBABILITY } from '../genomes/genes.ts';
import { classArchive } from '../map-elites/class-archive.ts';
import type { Elite } from '../map-elites/elite.ts';
import { type ArchiveStatistics, MapElites } from '../map-elites/map-elites.ts';
import type { MapElitesState } from '../map-elites/map-elites-state.ts';
import { type ArchivePicture, type ArchivePictureOptions, archivePicture } from '../pictures/archive-picture.ts';
import { countClasses, imageConfidences } from './image-confidences.ts';

export interface EvolveFoolingImagesOptions<G> extends LongWork<FoolingEvolutionProgress<G>> {
  /** `directEncoding` or `cppnEncoding`, of the shape that the model takes. */
  encoding: ImageEncoding<G>;
  /** The pixel range that the model was trained on. */
  bounds: Bounds;
  /** A whole number >= 0. Not used when resuming. Default: 0. */
  seed?: number;
  /** Most generations after the initial one. */
  generations: number;
  /** Stops once every class has an image of at least this confidence. Default: never. */
  stopAt?: number;
  /** Images per generation, 2 or more. Default: 200, the fooling code's for MNIST (400 for ImageNet). */
  populationSize?: number;
  /** Images per model call. Does not affect the result. Default: 50. */
  batchSize?: number;
  /** As in `classArchive`: `all` as the paper's code, `argmax` as pyribs' tutorial. Default: `all`. */
  competition?: 'all' | 'argmax';
  /** Probability that two parents are crossed. Default: 0.5, the fooling code's. */
  crossoverRate?: number;
  /** How parents are drawn, as in `MapElites`. Default: `cells`. */
  parents?: 'cells' | 'elites';
  /** Ancestors to keep per image, for `familyLine`. Default: 0. */
  lineage?: number;
  /** What `state()` gave; needs the same options. Default: starts from random images. */
  resume?: MapElitesState;
}

/** Confidences are probabilities from 0 to 1. */
export interface FoolingEvolutionProgress<G> extends ArchiveStatistics {
  /** Generations after the initial one. */
  done: number;
  /** The option `generations`. */
  total: number;
  /** The most confident image of each class: `cell` is the class, `objective` the confidence. */
  elites: Elite<G>[];
  /** Draws the archive with its labels. The caller disposes `picture.picture`. */
  picture: (options?: ArchivePictureOptions) => ArchivePicture;
  /** What `resume` of a later call takes; plain JSON. */
  state: () => MapElitesState;
}

export interface FoolingEvolution<G> {
  /** The most confident image of each class: `cell` is the class, `objective` the confidence. */
  elites: Elite<G>[];
  /** One entry per generation of this call. */
  history: ArchiveStatistics[];
  /** The option that ended the run. */
  stoppedBy: 'generations' | 'stopAt';
  /** What `resume` of a later call takes; plain JSON. */
  state: MapElitesState;
}

const check = checker('@cnnviz/genetic', 'evolveFoolingImages');

/**
 * Evolves, for every class at once, an image that the model assigns to that class with high confidence: MAP-Elites with
 * one cell per class, whose objective is the class's softmax probability.
 *
 * @param model Images `[n, h, w, c]` within `bounds` to logits `[n, 2 or more classes]`, at once or later; their softmax is
 *   the confidence. If your model ends in a softmax, pass `classifier(model)` of `@cnnviz/models`, or `tf.log` of its
 *   output: a softmax of probabilities is never above e / (e + 1), 0.73 for two classes.
 * @param options The encoding, `bounds` and `generations`, and how to breed.
 * @returns The archive, its statistics by generation, and the state to resume from: an interrupted run that is resumed
 *   gives the same archive as an uninterrupted one. Render the images with `encoding.render` or `archivePicture`.
 * @throws RangeError if an option is outside its range, or the model gives no logits of two or more classes.
 * @throws Error if a probability is not a finite number, naming the individual and the generation; and as `MapElites`
 *   does.
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
 * });
 * elites[1]?.objective; // the confidence in class 1
 */
export async function evolveFoolingImages<G>(
  model: AnyClassifier,
  options: EvolveFoolingImagesOptions<G>,
): Promise<FoolingEvolution<G>> {
  const { encoding, bounds, generations, batchSize, ...breeding } = resolveOptions(model, options);
  throwIfAborted(options);
  const classes = await countClasses(check, model, encoding, bounds);
  const search = new MapElites({
    ...breeding,
    encoding,
    archive: { ...classArchive({ classes, competition: breeding.competition }), settings: { bounds } },
  });
  const history: ArchiveStatistics[] = [];

  let stoppedBy = stopReason(search, options);
  while (stoppedBy === undefined) {
    const genomes = search.ask();
    const generation = search.generation + 1;
    const asked = { genomes, classes, bounds, batchSize, generation, signal: options.signal };
    search.tell(await imageConfidences(check, model, encoding, asked));
    const statistics = search.statistics();
    history.push(statistics);
    await reportProgress(options, {
      done: generation,
      total: generations,
      ...statistics,
      elites: search.elites,
      picture: (pictureOptions) => archivePicture(encoding, search.elites, pictureOptions),
      state: () => search.state(),
    });
    stoppedBy = stopReason(search, options);
  }
  return { elites: search.elites, history, stoppedBy, state: search.state() };
}

/** Checks the options, before the model is asked anything, and fills in the defaults. */
function resolveOptions<G>(model: AnyClassifier, options: EvolveFoolingImagesOptions<G>) {
  const { encoding, populationSize = 200, stopAt, seed = 0, resume } = check.options(options);
  check.callable('model', model);
  requireLongWork(check, options);
  if (stopAt !== undefined) check.number('stopAt', stopAt, { above: 0, max: 1 });
  return {
    encoding: requireImageEncoding(check, encoding),
    bounds: check.bounds('bounds', options.bounds),
    generations: check.number('generations', options.generations, { integer: true, min: 0 }),
    populationSize: check.number('populationSize', populationSize, { integer: true, min: 2 }),
    batchSize: check.number('batchSize', options.batchSize ?? 50, { integer: true, min: 1 }),
    competition: check.oneOf('competition', options.competition ?? 'all', ['all', 'argmax']),
    crossoverRate: check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY),
    parents: check.oneOf('parents', options.parents ?? 'cells', ['cells', 'elites']),
    lineage: check.number('lineage', options.lineage ?? 0, { integer: true, min: 0 }),
    seed: check.seed('seed', seed),
    ...(resume === undefined ? {} : { resume }),
  };
}

function stopReason<G>(
  search: MapElites<G, ArrayLike<number>>,
  { stopAt, generations }: EvolveFoolingImagesOptions<G>,
): FoolingEvolution<G>['stoppedBy'] | undefined {
  if (search.generation === -1) return undefined;
  const isReached =
    stopAt !== undefined && search.isFull && search.elites.every(({ objective }) => objective >= stopAt);
  if (isReached) return 'stopAt';
  return search.generation >= generations ? 'generations' : undefined;
}
