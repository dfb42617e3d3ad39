import { type Bounds, checker, type Random } from '@cnnviz/internal';
import {
  PROBABILITY,
  requireFiniteGenes,
  requireGenesWithin,
  requireRandom,
  requireRealGenes,
} from '../../genomes/genes.ts';
import { drawMutatingGenes } from './mutating-genes.ts';

export interface GaussianMutationOptions {
  /** Standard deviation of the added numbers, in the unit of the gene. */
  deviation: number;
  /** Probability that a gene mutates. Default: 1 / number of genes, one on average. */
  rate?: number;
  /** What a gene may be; mutated genes are clipped there. Default: anything. */
  bounds?: Bounds;
}

const check = checker('@cnnviz/genetic', 'gaussianMutation');

/**
 * Mutates real numbers: adds a normal number of mean 0 to each gene with probability `rate`, independently.
 *
 * @param genome Inside `bounds`, if there are any; not modified.
 * @returns The mutated copy.
 * @throws RangeError if the rate is outside [0, 1], the deviation negative, the bounds reversed, or a gene
 *   outside them or not finite.
 * @see Bäck, Schwefel, "An overview of evolutionary algorithms for parameter optimization", Evolutionary Computation 1(1),
 *   1993, https://doi.org/10.1162/evco.1993.1.1.1.
 *
 * @example
 * import { createRandom, gaussianMutation } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const gray = new Float32Array(784).fill(0.5);
 * const mutated = gaussianMutation(gray, random, { deviation: 0.2, rate: 0.1, bounds: [0, 1] });
 */
export function gaussianMutation<T extends Float32Array | Float64Array>(
  genome: T,
  random: Random,
  options: GaussianMutationOptions,
): T {
  requireRealGenes(check, genome);
  requireRandom(check, random);
  const { deviation, rate = genome.length === 0 ? 0 : 1 / genome.length, bounds } = check.options(options);
  check.number('deviation', deviation, { min: 0 });
  check.number('rate', rate, PROBABILITY);
  const [min, max] = bounds === undefined ? [-Infinity, Infinity] : check.bounds('bounds', bounds);
  if (bounds === undefined) requireFiniteGenes(check, 'genome', genome);
  else requireGenesWithin(check, 'genome', genome, bounds);
  const mutated = genome.slice() as T;
  for (const gene of drawMutatingGenes(mutated.length, rate, random)) {
    mutated[gene] = Math.min(max, Math.max(min, mutated[gene]! + deviation * random.normal()));
  }
  return mutated;
}
