import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../test-support/chi-squared.ts';
import { directEncoding } from './direct-encoding.ts';

const at = (generation: number, seed = 1) => ({ random: createRandom(seed), generation, memory: {} });

describe('directEncoding', () => {
  useBackend('cpu');
  const encoding = directEncoding({ shape: [3, 2, 3] });

  it('renders genes as pixels, row by row, and repeats them where asked to', async () => {
    const genomes = [encoding.create(at(0)), encoding.create(at(0, 2))];
    const images = encoding.render(genomes);
    expect(images.shape).toEqual([2, 3, 2, 3]);
    expect(await images.data()).toEqual(Float32Array.from([...genomes[0]!, ...genomes[1]!]));
    const large = encoding.render(genomes, [6, 4]);
    const doubled = (await large.array())[1]!;
    expect(doubled[3]![2]).toEqual([...genomes[1]!.subarray(9, 12)]);
    tf.dispose([images, large]);
  });

  it('stays within [0, 1]', () => {
    const now = at(0);
    let [one, other] = [encoding.create(now), encoding.create(now)];
    for (let step = 0; step < 100; step++) {
      const children = encoding.cross(one!, other!, now);
      [one, other] = [encoding.mutate(children[0], now), encoding.mutate(children[1], now)];
      expect([...one, ...other].every((gene) => gene >= 0 && gene <= 1)).toBe(true);
    }
  });

  it('gives a genome crossed with itself back, not gray as the fooling code does', () => {
    const genome = encoding.create(at(0));
    expect(encoding.cross(genome, genome, at(1))).toEqual([genome, genome]);
  });

  it('mutates a tenth of the genes, half as many after each period where asked to', () => {
    const shape = [100, 100, 1] as const;
    const halving = directEncoding({ shape, halveEvery: 1000 });
    const mutated = (generation: number, encoding: typeof halving) => {
      const genome = new Float32Array(10_000).fill(0.5);
      const changed = encoding.mutate(genome, at(generation)).filter((gene) => gene !== 0.5).length;
      return [changed, 10_000 - changed];
    };
    expect(chiSquaredDeviation(mutated(999, halving), [0.1, 0.9])).toBeLessThan(4);
    expect(chiSquaredDeviation(mutated(1000, halving), [0.05, 0.95])).toBeLessThan(4);
    expect(chiSquaredDeviation(mutated(3500, halving), [0.0125, 0.9875])).toBeLessThan(4);
    expect(chiSquaredDeviation(mutated(3500, directEncoding({ shape })), [0.1, 0.9])).toBeLessThan(4);
  });

  it('saves genomes exactly and refuses what is not one', () => {
    const large = directEncoding({ shape: [40, 40, 3] });
    const genome = large.create(at(0));
    expect(large.load(JSON.parse(JSON.stringify(large.save(genome))))).toEqual(genome);
    const outside = encoding.save(new Float32Array(18).fill(2));
    for (const saved of [encoding.save(new Float32Array(17)), outside, 'no base64 !', 5]) {
      expect(() => encoding.load(saved)).toThrow('a saved genome must be 18 numbers from 0 to 1 in base64');
    }
  });

  it('throws on options out of range', () => {
    expect(() => directEncoding({ shape: [3, 2, 0] })).toThrow('shape');
    expect(() => directEncoding({ shape: [3, 2, 1], mutationRate: 2 })).toThrow(
      '@cnnviz/genetic: directEncoding: mutationRate must be a number >= 0 and <= 1, got 2',
    );
    expect(() => directEncoding({ shape: [3, 2, 1], halveEvery: 0 })).toThrow('halveEvery');
    expect(() => encoding.render([new Float32Array(3)])).toThrow('genomes[0] must be of 18 genes, got 3');
  });
});
