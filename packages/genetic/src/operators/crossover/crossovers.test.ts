import { runInNewContext } from 'node:vm';
import { createRandom, type Random } from '@cnnviz/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Genes } from '../../genomes/genes.ts';
import { onePointCrossover } from './one-point-crossover.ts';
import { patchCrossover } from './patch-crossover.ts';
import { simulatedBinaryCrossover } from './simulated-binary-crossover.ts';
import { twoPointCrossover } from './two-point-crossover.ts';
import { uniformCrossover } from './uniform-crossover.ts';

type Crossover = <T extends Float32Array | Float64Array>(first: T, second: T, random: Random) => [T, T];

const exchanging: [string, Crossover][] = [
  ['onePointCrossover', onePointCrossover],
  ['twoPointCrossover', twoPointCrossover],
  ['uniformCrossover', uniformCrossover],
  [
    'patchCrossover',
    (first, second, random) => patchCrossover(first, second, random, { shape: [first.length / 2, 1, 2] }),
  ],
];
const all: [string, Crossover][] = [...exchanging, ['simulatedBinaryCrossover', simulatedBinaryCrossover]];

describe.each(exchanging)('%s', (_, cross) => {
  it('preserves at each place what the two parents hold there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (half, seed) => {
        const first = Float64Array.from({ length: 2 * half }, (_, gene) => gene);
        const second = first.map((gene) => -1 - gene);
        const [child, sibling] = cross(first, second, createRandom(seed));
        for (let gene = 0; gene < first.length; gene++) {
          const together = [child[gene], sibling[gene]].sort((a, b) => a! - b!);
          expect(together).toEqual([second[gene], first[gene]]);
        }
      }),
    );
  });
});

describe.each(all)('%s', (_, cross) => {
  const first = Float32Array.of(0, 0.25, 0.5, 0.75);
  const second = Float32Array.of(1, 0.5, 0.25, 0);

  it('leaves the parents as they were and returns new genomes of their kind', () => {
    const children = cross(first, second, createRandom(1));
    for (const child of children) {
      expect(child).toBeInstanceOf(Float32Array);
      expect(child).toHaveLength(4);
      child.fill(7);
    }
    expect(first).toEqual(Float32Array.of(0, 0.25, 0.5, 0.75));
    expect(second).toEqual(Float32Array.of(1, 0.5, 0.25, 0));
  });

  it('takes a parent of another realm', () => {
    const elsewhere = runInNewContext('new Float32Array(values)', { values: second }) as Float32Array;
    expect(cross(first, elsewhere, createRandom(1)).map((child) => [...child])).toEqual(
      cross(first, second, createRandom(1)).map((child) => [...child]),
    );
  });

  it('gives a genome crossed with itself back', () => {
    for (let seed = 0; seed < 20; seed++) expect(cross(first, first, createRandom(seed))).toEqual([first, first]);
  });

  it('gives the same children for the same seed and others for another', () => {
    const long = [new Float32Array(1000), new Float32Array(1000).fill(1)] as const;
    expect(cross(...long, createRandom(0))).toEqual(cross(...long, createRandom(0)));
    expect(cross(...long, createRandom(0))).not.toEqual(cross(...long, createRandom(1)));
  });

  it('throws where genome lengths or kinds differ', () => {
    const random = createRandom(0);
    expect(() => cross(first, new Float32Array(6), random)).toThrow('parents must have as many genes, got 4 and 6');
    expect(() => cross(first as Float32Array | Float64Array, new Float64Array(4), random)).toThrow(TypeError);
    expect(() => cross([1, 2] as unknown as Float32Array, second, random)).toThrow('first must be a typed array');
  });
});

it.each([onePointCrossover, twoPointCrossover])('%o needs two genes', (cross) => {
  const one: Genes = Uint8Array.of(1);
  expect(() => cross(one, one, createRandom(0))).toThrow('parents must be of at least 2 genes, got 1');
});
