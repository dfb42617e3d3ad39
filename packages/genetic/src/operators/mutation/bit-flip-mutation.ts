import { checker, type Random } from '@cnnviz/internal';
import { copyGenes, PROBABILITY, requireGenes, requireGenesWithin, requireRandom } from '../../genomes/genes.ts';
import { drawMutatingGenes } from './mutating-genes.ts';

export interface BitFlipOptions {
  /** Probability that a gene flips. Default: 1 / number of genes, one flip on average. */
  rate?: number;
}

const check = checker('@cnnviz/genetic', 'bitFlipMutation');
const BIT = [0, 1] as const;

/**
 * Mutates bits: each flips with probability `rate`, independently.
 *
 * @param genome Zeros and ones; not modified.
 * @returns The mutated copy.
 * @throws RangeError if the rate is outside [0, 1], or a gene is neither 0 nor 1.
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { bitFlipMutation, createRandom } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const mutated = bitFlipMutation(new Uint8Array(100), random, { rate: 0.05 }); // about five ones
 */
export function bitFlipMutation(genome: Uint8Array, random: Random, options: BitFlipOptions = {}): Uint8Array {
  requireGenes(check, genome);
  requireRandom(check, random);
  const { rate = genome.length === 0 ? 0 : 1 / genome.length } = check.options(options);
  check.number('rate', rate, PROBABILITY);
  requireGenesWithin(check, 'genome', genome, BIT);
  const mutated = copyGenes(genome);
  for (const gene of drawMutatingGenes(mutated.length, rate, random)) mutated[gene] = mutated[gene]! ^ 1;
  return mutated;
}
