import { checker, enlarge, type TileGridOptions, tileGrid } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ImageEncoding, rendered, requireImageEncoding } from '../encodings/image-encoding.ts';
import { type Elite, requireElite } from '../map-elites/elite.ts';

export interface ArchivePictureOptions {
  /** Size of each rendered image. Default: the size at which it evolved. */
  size?: readonly [height: number, width: number];
  /** Whole factor by which the picture is then enlarged. Default: 1. */
  factor?: number;
  /** Images per row. Default: the smallest square that holds all. */
  columns?: number;
  /** Pixels between images. Default: 2. */
  padding?: number;
  /** Name of each class. Default: its number. */
  classNames?: readonly string[];
}

/** The label of one place of the grid, for captions beside the picture or on it. */
export interface ArchiveLabel {
  cell: number;
  /** Name of the class, or its number. */
  name: string;
  /** From 0 to 1. */
  confidence: number;
  /** The confidence rounded down to a hundredth of a percent, so that only certainty reads 100%. */
  text: string;
  row: number;
  column: number;
  /** Position of the image, in pixels of the picture. */
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface ArchivePicture {
  /** `[h, w, 3]` in [0, 1]. The caller disposes. */
  picture: Tensor3D;
  /** One per image, in their order. */
  labels: ArchiveLabel[];
}

const check = checker('@cnnviz/genetic', 'archivePicture');

/**
 * Draws the images of an archive as a grid, with the labels and confidences of its places.
 *
 * @param encoding The encoding of the elites' genomes.
 * @param elites The elites to show, in this order; at least one.
 * @returns The picture, which the caller disposes, and a label per image.
 * @throws RangeError if there is no elite, or an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Nguyen, Yosinski, Clune, "Deep neural networks are easily fooled", CVPR 2015, https://arxiv.org/abs/1412.1897.
 *
 * @example
 * import { archivePicture, cppnEncoding, createRandom } from '@cnnviz/genetic';
 *
 * const encoding = cppnEncoding({ shape: [28, 28, 1] });
 * const genome = encoding.create({ random: createRandom(0), generation: 0, memory: {} });
 * const elites = [{ cell: 7, objective: 0.98765, genome, generation: 0, ancestors: [] }];
 * const { picture, labels } = archivePicture(encoding, elites, { size: [112, 112] });
 * picture.shape; // [112, 112, 3]
 * labels[0]?.text; // '98.76%'
 */
export function archivePicture<G>(
  encoding: ImageEncoding<G>,
  elites: readonly Elite<G>[],
  options: ArchivePictureOptions = {},
): ArchivePicture {
  requireImageEncoding(check, encoding);
  const { factor = 1, padding = 2, classNames } = check.options(options);
  if (!Array.isArray(elites)) check.fail('type', 'elites', 'a list', elites);
  if (elites.length === 0) check.fail('range', 'elites', 'at least one', elites);
  for (const [index, elite] of elites.entries()) requireElite(check, `elites[${index}]`, elite);
  check.number('factor', factor, { integer: true, min: 1 });
  const wanted = options.columns ?? Math.ceil(Math.sqrt(elites.length));
  const columns = Math.min(elites.length, check.number('columns', wanted, { integer: true, min: 1 }));
  const { size } = options;
  if (classNames !== undefined && !Array.isArray(classNames)) check.fail('type', 'classNames', 'a list', classNames);
  classNames?.forEach((name, index) => {
    if (typeof name !== 'string') check.fail('type', `classNames[${index}]`, 'a string', name);
  });
  if (size !== undefined) check.shape('size', size, 2);
  const [height, width] = size ?? encoding.shape;
  const grid: TileGridOptions = { columns, padding: check.number('padding', padding, { integer: true, min: 0 }) };
  const picture = tf.tidy(() => {
    const genomes = elites.map(({ genome }) => genome);
    const images = rendered(check, encoding, genomes, [height, width]);
    return enlarge(tileGrid(images, grid), factor);
  });
  const labels = elites.map(({ cell, objective }, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return {
      cell,
      name: classNames?.[cell] ?? String(cell),
      confidence: objective,
      text: `${(Math.floor(objective * 10_000) / 100).toFixed(2)}%`,
      row,
      column,
      left: column * (width + padding) * factor,
      top: row * (height + padding) * factor,
      width: width * factor,
      height: height * factor,
    };
  });
  return { picture, labels };
}
