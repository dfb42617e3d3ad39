import { checker, type Random } from '@cnnviz/internal';
import { copyGenes, type Genes, PROBABILITY, requireAlike, requireRandom } from '../../genomes/genes.ts';

export interface UniformCrossoverOptions {
  /** Probability that a gene is exchanged. Default: 0.5. */
  rate?: number;
}

const check = checker('@cnnviz/genetic', 'uniformCrossover');

/**
 * Crosses two parents gene by gene: they exchange each gene with probability `rate`, independently.
 *
 * @param first Not modified.
 * @param second As many genes, of the same kind; not modified.
 * @returns Two children; at each place they hold what the parents hold there.
 * @throws RangeError if one parent has more genes than the other, or the rate is outside [0, 1].
 * @see Syswerda, "Uniform crossover in genetic algorithms", ICGA 1989.
 *
 * @example
 * import { createRandom, uniformCrossover } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const [child, sibling] = uniformCrossover(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(1, 1, 1, 1), random);
 */
export function uniformCrossover<T extends Genes>(
  first: T,
  second: T,
  random: Random,
  options: UniformCrossoverOptions = {},
): [T, T] {
  const { rate = 0.5 } = check.options(options);
  requireAlike(check, first, second);
  requireRandom(check, random);
  check.number('rate', rate, PROBABILITY);
  const child = copyGenes(first);
  const sibling = copyGenes(second);
  for (let gene = 0; gene < first.length; gene++) {
    if (random.uniform() >= rate) continue;
    child[gene] = second[gene]!;
    sibling[gene] = first[gene]!;
  }
  return [child, sibling];
}
