import { checker, enlarge, tileGrid } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImageEncoding, rendered, requireImageEncoding } from '../encodings/image-encoding.ts';
import { type Ancestor, type Elite, requireElite } from '../map-elites/elite.ts';

export interface FamilyLineOptions {
  /** Size of each rendered image. Default: the size at which it evolved. */
  size?: readonly [height: number, width: number];
  /** Whole factor by which the picture is then enlarged. Default: 1. */
  factor?: number;
  /** Pixels between images. Default: 2. */
  padding?: number;
}

export interface FamilyLine {
  /** `[h, w, 3]` in [0, 1], one row. The caller disposes. */
  picture: Tensor3D;
  /** The generation in which each image was made. */
  generations: number[];
}

const check = checker('@cnnviz/genetic', 'familyLine');

/**
 * Shows how one elite came about: its ancestors, oldest first, and itself, side by side. The line goes from parent to child
 * by first parents; the run must have kept it with the option `lineage`.
 *
 * @param encoding The encoding of the elite's genome.
 * @returns The picture, which the caller disposes, and the generation of each image.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Nguyen, Yosinski, Clune, "Deep neural networks are easily fooled", CVPR 2015, https://arxiv.org/abs/1412.1897.
 *
 * @example
 * import { cppnEncoding, createRandom, familyLine } from '@cnnviz/genetic';
 *
 * const encoding = cppnEncoding({ shape: [28, 28, 1] });
 * const breeding = { random: createRandom(0), generation: 0, memory: {} };
 * const parent = encoding.create(breeding);
 * const ancestors = [{ genome: parent, generation: 0 }];
 * const elite = { cell: 7, objective: 0.5, genome: encoding.mutate(parent, breeding), generation: 4, ancestors };
 * const { picture, generations } = familyLine(encoding, elite);
 * picture.shape; // [28, 58, 3]
 * generations; // [0, 4]
 */
export function familyLine<G>(
  encoding: ImageEncoding<G>,
  elite: Elite<G>,
  options: FamilyLineOptions = {},
): FamilyLine {
  requireImageEncoding(check, encoding);
  requireElite(check, 'elite', elite);
  const { factor = 1, padding = 2, size } = check.options(options);
  check.number('factor', factor, { integer: true, min: 1 });
  check.number('padding', padding, { integer: true, min: 0 });
  if (size !== undefined) check.shape('size', size, 2);
  const line: Ancestor<G>[] = [...elite.ancestors, elite];
  const picture = tf.tidy(() => {
    const genomes = line.map(({ genome }) => genome);
    const images = rendered(check, encoding, genomes, size);
    return enlarge(tileGrid(images, { columns: line.length, padding }), factor);
  });
  return { picture, generations: line.map(({ generation }) => generation) };
}
