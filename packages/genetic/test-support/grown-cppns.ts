import { createRandom } from '@cnnviz/internal';
import type { CppnGenome } from '../src/encodings/cppn/cppn-genome.ts';
import { cppnEncoding } from '../src/encodings/cppn-encoding.ts';
import type { Breeding } from '../src/encodings/encoding.ts';

/** What an algorithm lends an encoding. */
export const lent = (seed: number): Breeding => ({ random: createRandom(seed), generation: 0, memory: {} });

/** Genomes of some generations of mutation and crossover. */
export function grownCppns(
  seed: number,
  { channels = 1, count = 6, generations = 12, preset = 'neat' as 'neat' | 'fooling' } = {},
): CppnGenome[] {
  const encoding = cppnEncoding({ shape: [8, 8, channels], preset });
  const now = lent(seed);
  let genomes = Array.from({ length: count }, () => encoding.create(now));
  for (let generation = 1; generation <= generations; generation++) {
    now.generation = generation;
    genomes = genomes.map((genome, index) => {
      const [child] = encoding.cross(genome, genomes[(index + 1) % count]!, now);
      return encoding.mutate(child, now);
    });
  }
  return genomes;
}
