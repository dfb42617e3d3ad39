import { type Bounds, checker, type Random } from '@cnnviz/internal';
import { requireCount, requireMade } from '../genomes/genes.ts';
import { simulatedBinaryCrossover } from '../operators/crossover/simulated-binary-crossover.ts';
import { polynomialMutation } from '../operators/mutation/polynomial-mutation.ts';
import { type Encoding, requirePair } from './encoding.ts';

export interface RealEncodingOptions {
  /** Numbers per genome. */
  length: number;
  /** What a gene may be; initially uniform between them. */
  bounds: Bounds;
  /** Makes children inside the bounds. Default: `simulatedBinaryCrossover`, eta 10, each gene with probability 0.5. */
  crossover?: (first: Float64Array, second: Float64Array, random: Random) => readonly [Float64Array, Float64Array];
  /** Stays inside the bounds. Default: `polynomialMutation`, eta 15, each gene with probability 1 / length. */
  mutation?: (genome: Float64Array, random: Random) => Float64Array;
}

const check = checker('@cnnviz/genetic', 'realEncoding');

/**
 * Encodes genomes as real numbers between bounds.
 *
 * The diversity of a population is the standard deviation over the population, averaged over the genes.
 *
 * @returns An encoding for `GeneticAlgorithm`, `evolve` and `MapElites`.
 * @throws RangeError if the length is below 1 or the bounds are reversed.
 * @see Deb, Agrawal, "Simulated binary crossover for continuous search space", Complex Systems 9, 1995,
 *   https://www.complex-systems.com/abstracts/v09_i02_a02/.
 *
 * @example
 * import { realEncoding } from '@cnnviz/genetic';
 *
 * const encoding = realEncoding({ length: 3, bounds: [-5, 5] });
 */
export function realEncoding(options: RealEncodingOptions): Encoding<Float64Array> {
  const length = requireCount(check, 'length', check.options(options).length, 1);
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const {
    crossover = (first, second, random) => simulatedBinaryCrossover(first, second, random, { bounds, rate: 0.5 }),
    mutation = (genome, random) => polynomialMutation(genome, random, { bounds }),
  } = options;
  check.callable('crossover', crossover);
  check.callable('mutation', mutation);
  return {
    name: `reals(${length}, ${min} to ${max})`,
    settings: {
      crossover: options.crossover === undefined ? 'default' : 'own',
      mutation: options.mutation === undefined ? 'default' : 'own',
    },
    create: ({ random }) => Float64Array.from({ length }, () => min + (max - min) * random.uniform()),
    cross: (first, second, { random }) => {
      const children = requirePair(check, 'crossover', crossover(first, second, random));
      if (options.crossover !== undefined) {
        for (const child of children) requireMade(check, 'crossover', child, first, bounds);
      }
      return children;
    },
    mutate: (genome, { random }) => requireMade(check, 'mutation', mutation(genome, random), genome, bounds),
    diversity: meanDeviation,
    distance: (first, second) => first.reduce((sum, gene, index) => sum + Math.abs(gene - second[index]!), 0) / length,
    save: (genome) => [...genome],
    load: (saved) => {
      const isGene = (gene: unknown) => typeof gene === 'number' && gene >= min && gene <= max;
      if (!Array.isArray(saved) || saved.length !== length || !saved.every(isGene)) {
        check.fail('state', 'a saved genome', `${length} numbers from ${min} to ${max}`, saved);
      }
      return Float64Array.from(saved as number[]);
    },
  };
}

/** Standard deviation of each gene over the genomes, averaged over the genes. */
export function meanDeviation(genomes: readonly (Float32Array | Float64Array)[]): number {
  const count = genomes.length;
  const length = genomes[0]?.length ?? 0;
  if (count < 2) return 0;
  const means = new Float64Array(length);
  for (const genome of genomes) for (let gene = 0; gene < length; gene++) means[gene]! += genome[gene]! / count;
  const variances = new Float64Array(length);
  for (const genome of genomes) {
    for (let gene = 0; gene < length; gene++) variances[gene]! += (genome[gene]! - means[gene]!) ** 2 / count;
  }
  return variances.reduce((sum, variance) => sum + Math.sqrt(variance), 0) / length;
}
