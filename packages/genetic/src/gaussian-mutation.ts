import { type Bounds, checker, type Random } from '@cnnviz/internal';
import { PROBABILITY, requireGenes } from './genes.ts';
import { drawMutatingGenes } from './mutating-genes.ts';

export interface GaussianMutationOptions {
  /** Standard deviation of what is added, in units of the gene. */
  deviation: number;
  /** Probability that a gene mutates. Default: 1 / number of genes, one on average. */
  rate?: number;
  /** Where mutated genes are clipped. Default: nowhere. */
  bounds?: Bounds;
}

const check = checker('@cnnviz/genetic', 'gaussianMutation');

/**
 * Adds a normal number of mean 0 to each gene with probability `rate`, independently.
 *
 * @param genome Not modified.
 * @returns The mutated copy.
 * @throws RangeError if the rate is outside [0, 1], the deviation negative or the bounds reversed.
 *
 * @example
 * import { createRandom, gaussianMutation } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const grey = new Float32Array(784).fill(0.5);
 * const mutated = gaussianMutation(grey, random, { deviation: 0.2, rate: 0.1, bounds: [0, 1] });
 */
export function gaussianMutation<T extends Float32Array | Float64Array>(
  genome: T,
  random: Random,
  options: GaussianMutationOptions,
): T {
  requireGenes(check, genome);
  const { deviation, rate = 1 / genome.length, bounds } = options;
  check.number('deviation', deviation, { min: 0 });
  check.number('rate', rate, PROBABILITY);
  const [min, max] = bounds === undefined ? [-Infinity, Infinity] : check.bounds('bounds', bounds);
  const mutated = genome.slice() as T;
  for (const gene of drawMutatingGenes(mutated.length, rate, random)) {
    mutated[gene] = Math.min(max, Math.max(min, mutated[gene]! + deviation * random.normal()));
  }
  return mutated;
}
