import { checker, type Random } from '@cnnviz/internal';
import { copyGenes, type Genes, requireAlike, requireRandom } from '../../genomes/genes.ts';

export interface PatchCrossoverOptions {
  /** The shape of the image whose pixels the genes are, row by row. */
  shape: readonly [height: number, width: number, channels: number];
}

const check = checker('@cnnviz/genetic', 'patchCrossover');

/**
 * Crosses two images: the parents exchange a rectangle of pixels with all channels, which is two-point crossover in two
 * dimensions. Each non-empty range of rows and each non-empty range of columns is equally likely.
 *
 * @param first `height * width * channels` genes; not modified.
 * @param second As many genes, of the same kind; not modified.
 * @returns Two children; at each place they hold what the parents hold there.
 * @throws RangeError if a parent does not have as many genes as the shape.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { createRandom, patchCrossover } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const black = new Float32Array(28 * 28);
 * const white = new Float32Array(28 * 28).fill(1);
 * const [child, sibling] = patchCrossover(black, white, random, { shape: [28, 28, 1] });
 */
export function patchCrossover<T extends Genes>(
  first: T,
  second: T,
  random: Random,
  options: PatchCrossoverOptions,
): [T, T] {
  requireAlike(check, first, second);
  requireRandom(check, random);
  const [height, width, channels] = check.shape('shape', check.options(options).shape, 3);
  if (first.length !== height * width * channels) {
    check.fail('range', 'parents', `of ${height} * ${width} * ${channels} genes`, first.length);
  }
  const [top, bottom] = drawRange(height, random);
  const [left, right] = drawRange(width, random);
  const child = copyGenes(first);
  const sibling = copyGenes(second);
  for (let row = top; row < bottom; row++) {
    const start = (row * width + left) * channels;
    const end = (row * width + right) * channels;
    child.set(second.subarray(start, end), start);
    sibling.set(first.subarray(start, end), start);
  }
  return [child, sibling];
}

/** A range 0 <= start < end <= size, each equally likely. */
function drawRange(size: number, random: Random): [start: number, end: number] {
  const one = random.integer(size + 1);
  const other = random.integer(size);
  return other >= one ? [one, other + 1] : [other, one];
}
