import { checker, type Random } from '@cnnviz/internal';
import { PROBABILITY, requireCount, requireMade } from '../genomes/genes.ts';
import { twoPointCrossover } from '../operators/crossover/two-point-crossover.ts';
import { bitFlipMutation } from '../operators/mutation/bit-flip-mutation.ts';
import { type Encoding, markAsReader, requirePair } from './encoding.ts';

export interface BitEncodingOptions {
  /** Bits per genome. */
  length: number;
  /** Default: `twoPointCrossover`. */
  crossover?: (first: Uint8Array, second: Uint8Array, random: Random) => readonly [Uint8Array, Uint8Array];
  /** Probability that a bit of a genome under mutation flips. Default: 1 / length. */
  flipRate?: number;
}

const check = checker('@cnnviz/genetic', 'bitEncoding');
const BIT = [0, 1] as const;

/**
 * Encodes genomes as zeros and ones, one byte per bit; initially both are equally likely.
 *
 * The diversity of a population is the share of bits in which two individuals differ on average: 0.5 if it is random.
 *
 * @returns An encoding for `GeneticAlgorithm`, `evolve` and `MapElites`.
 * @throws RangeError if the length is below 2 or the rate outside [0, 1].
 * @see Holland, "Adaptation in Natural and Artificial Systems", 1975, https://doi.org/10.7551/mitpress/1090.001.0001.
 *
 * @example
 * import { bitEncoding } from '@cnnviz/genetic';
 *
 * const encoding = bitEncoding({ length: 100, flipRate: 0.05 });
 */
export function bitEncoding(options: BitEncodingOptions): Encoding<Uint8Array> {
  const length = requireCount(check, 'length', check.options(options).length, 2);
  const { crossover = twoPointCrossover, flipRate = 1 / length } = options;
  check.number('flipRate', flipRate, PROBABILITY);
  check.callable('crossover', crossover);
  const flip = { rate: flipRate };
  const pattern = new RegExp(`^[01]{${length}}$`);
  const encoding: Encoding<Uint8Array> = {
    name: `bits(${length})`,
    settings: { flipRate, crossover: options.crossover === undefined ? 'default' : 'own' },
    create: ({ random }) => {
      const genome = new Uint8Array(length);
      for (let gene = 0; gene < length; gene++) genome[gene] = random.integer(2);
      return genome;
    },
    cross: (first, second, { random }) => {
      const children = requirePair(check, 'crossover', crossover(first, second, random));
      if (options.crossover !== undefined) {
        for (const child of children) requireMade(check, 'crossover', child, first, BIT);
      }
      return children;
    },
    mutate: (genome, { random }) => bitFlipMutation(genome, random, flip),
    diversity: differingBits,
    distance: (first, second) => differingBits([first, second]),
    save: (genome) => genome.join(''),
    load: (saved) => {
      if (typeof saved !== 'string' || !pattern.test(saved)) {
        check.fail('state', 'a saved genome', `${length} zeros and ones`, saved);
      }
      return Uint8Array.from(saved as string, Number);
    },
  };
  return options.crossover === undefined ? markAsReader(encoding) : encoding;
}

/** Share of bits in which two of the genomes differ, on average over all pairs. */
function differingBits(genomes: readonly Uint8Array[]): number {
  const count = genomes.length;
  const length = genomes[0]?.length ?? 0;
  if (count < 2) return 0;
  const ones = new Int32Array(length);
  const none = new Uint8Array(length);
  // Four genomes a pass: this runs each generation, and touching the counts is what takes the time.
  for (let index = 0; index < count; index += 4) {
    const [a, b = none, c = none, d = none] = [
      genomes[index]!,
      genomes[index + 1],
      genomes[index + 2],
      genomes[index + 3],
    ];
    for (let gene = 0; gene < length; gene++) ones[gene] = ones[gene]! + a[gene]! + b[gene]! + c[gene]! + d[gene]!;
  }
  let differing = 0;
  for (let gene = 0; gene < length; gene++) differing += ones[gene]! * (count - ones[gene]!);
  return (2 * differing) / (count * (count - 1) * length);
}
