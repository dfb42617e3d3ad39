import { checker, type Random } from '@cnnviz/internal';
import { type Genes, requireAlike, requireRandom } from '../../genomes/genes.ts';
import { exchangeSlice } from './two-point-crossover.ts';

const check = checker('@cnnviz/genetic', 'onePointCrossover');

/**
 * Crosses two parents at one point: they exchange the genes behind a cut, which lies between two genes, each place equally
 * likely.
 *
 * @param first At least 2 genes; not modified.
 * @param second As many genes, of the same kind; not modified.
 * @returns Two children; at each place they hold what the parents hold there.
 * @throws RangeError if the parents have fewer than 2 genes, or one has more than the other.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { createRandom, onePointCrossover } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const [child, sibling] = onePointCrossover(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(1, 1, 1, 1), random);
 */
export function onePointCrossover<T extends Genes>(first: T, second: T, random: Random): [T, T] {
  requireAlike(check, first, second);
  requireRandom(check, random);
  if (first.length < 2) check.fail('range', 'parents', 'of at least 2 genes', first.length);
  return exchangeSlice(first, second, 1 + random.integer(first.length - 1), first.length);
}
