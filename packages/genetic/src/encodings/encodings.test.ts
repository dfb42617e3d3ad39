import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { bitEncoding } from './bit-encoding.ts';
import { realEncoding } from './real-encoding.ts';

const breeding = () => ({ random: createRandom(1), generation: 0, memory: {} });

describe('bitEncoding', () => {
  const encoding = bitEncoding({ length: 6 });

  it('measures diversity as the share of differing bits over all pairs', () => {
    const genomes = Array.from({ length: 11 }, () => encoding.create(breeding()));
    genomes.push(Uint8Array.of(1, 1, 1, 1, 1, 1), Uint8Array.of(0, 0, 0, 0, 0, 0));
    let differing = 0;
    let pairs = 0;
    for (let a = 0; a < genomes.length; a++) {
      for (let b = a + 1; b < genomes.length; b++) {
        pairs++;
        differing += genomes[a]!.filter((bit, place) => bit !== genomes[b]![place]).length / 6;
      }
    }
    expect(encoding.diversity(genomes)).toBeCloseTo(differing / pairs, 12);
    expect(encoding.diversity([genomes[0]!, genomes[0]!])).toBe(0);
    expect(encoding.diversity([genomes[0]!])).toBe(0);
  });

  it('saves genomes as strings and refuses what is not one', () => {
    expect(encoding.save(Uint8Array.of(0, 1, 1, 0, 0, 1))).toBe('011001');
    expect(encoding.load('011001')).toEqual(Uint8Array.of(0, 1, 1, 0, 0, 1));
    for (const saved of ['01100', '012001', 7]) {
      expect(() => encoding.load(saved)).toThrow('a saved genome must be 6 zeros and ones');
    }
  });

  it('throws on options out of range', () => {
    expect(() => bitEncoding({ length: 1 })).toThrow('length must be an integer >= 2, got 1');
    expect(() => bitEncoding({ length: 5, flipRate: -0.1 })).toThrow('flipRate');
  });
});

describe('realEncoding', () => {
  const encoding = realEncoding({ length: 3, bounds: [-1, 2] });

  it('makes, crosses and mutates genomes inside the bounds', () => {
    const now = breeding();
    for (let draw = 0; draw < 200; draw++) {
      const parents = [encoding.create(now), encoding.create(now)] as const;
      const made = [...parents, ...encoding.cross(...parents, now), encoding.mutate(parents[0], now)];
      for (const genome of made) expect(genome.every((gene) => gene >= -1 && gene <= 2)).toBe(true);
    }
  });

  it('measures diversity as the standard deviation of a gene', () => {
    expect(encoding.diversity([Float64Array.of(0, 1, 0), Float64Array.of(0, 0, 2)])).toBeCloseTo(0.5, 12);
  });

  it('saves genomes as numbers and refuses what is not one', () => {
    const genome = Float64Array.of(0.1, -0.3, 2);
    expect(encoding.load(JSON.parse(JSON.stringify(encoding.save(genome))))).toEqual(genome);
    for (const saved of [[1, 2], [0, 0, 3], [0, 0, null], 'x']) {
      expect(() => encoding.load(saved)).toThrow('a saved genome must be 3 numbers from -1 to 2');
    }
  });
});
