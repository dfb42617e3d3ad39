import { checker, type Random } from '@cnnviz/internal';
import { copyGenes, type Genes, requireAlike, requireRandom } from '../../genomes/genes.ts';

const check = checker('@cnnviz/genetic', 'twoPointCrossover');

/**
 * Crosses two parents at two points: they exchange the genes between two cuts.
 *
 * The slice is never empty and never holds the first gene, and each such slice is equally likely, as with DEAP's
 * `cxTwoPoint`. (Exchanging a slice that holds the first gene is the same as exchanging the rest and swapping the children.)
 *
 * @param first At least 2 genes; not modified.
 * @param second As many genes, of the same kind; not modified.
 * @returns Two children; at each place they hold what the parents hold there.
 * @throws RangeError if the parents have fewer than 2 genes, or one has more than the other.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { createRandom, twoPointCrossover } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const [child, sibling] = twoPointCrossover(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(1, 1, 1, 1), random);
 */
export function twoPointCrossover<T extends Genes>(first: T, second: T, random: Random): [T, T] {
  requireAlike(check, first, second);
  requireRandom(check, random);
  if (first.length < 2) check.fail('range', 'parents', 'of at least 2 genes', first.length);
  const [start, end] = drawCuts(first.length, random);
  return exchangeSlice(first, second, start, end);
}

/** Two different cuts from 1 to `length`, in order, each pair equally likely. */
function drawCuts(length: number, random: Random): [start: number, end: number] {
  const one = 1 + random.integer(length);
  const other = 1 + random.integer(length - 1);
  return other >= one ? [one, other + 1] : [other, one];
}

/** Copies of both, with the genes from `start` up to `end` exchanged. */
export function exchangeSlice<T extends Genes>(first: T, second: T, start: number, end: number): [T, T] {
  const child = copyGenes(first);
  const sibling = copyGenes(second);
  for (let gene = start; gene < end; gene++) {
    child[gene] = second[gene]!;
    sibling[gene] = first[gene]!;
  }
  return [child, sibling];
}
