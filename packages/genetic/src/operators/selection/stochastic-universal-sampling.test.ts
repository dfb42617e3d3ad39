import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { stochasticUniversalSampling } from './stochastic-universal-sampling.ts';

describe('stochasticUniversalSampling', () => {
  it('draws each individual as often as expected, rounded down or up', () => {
    for (let seed = 0; seed < 200; seed++) {
      const counts = countOutcomes(stochasticUniversalSampling([1, 2.5, 6.5], 24, createRandom(seed)), 3);
      [2.4, 6, 15.6].forEach((expected, individual) => {
        expect(counts[individual]!).toBeGreaterThanOrEqual(Math.floor(expected - 1e-9));
        expect(counts[individual]!).toBeLessThanOrEqual(Math.ceil(expected + 1e-9));
      });
    }
  });

  it('is unbiased: on average as often as expected', () => {
    const random = createRandom(5);
    const drawn = Array.from({ length: 20_000 }, () => stochasticUniversalSampling([1, 2, 5], 1, random)[0]!);
    expect(chiSquaredDeviation(countOutcomes(drawn, 3), [1 / 8, 2 / 8, 5 / 8])).toBeLessThan(4);
  });

  it('puts them in random order, so that neighbors are not brothers', () => {
    const random = createRandom(5);
    const firsts = Array.from({ length: 20_000 }, () => stochasticUniversalSampling([1, 1, 1, 1], 4, random)[0]!);
    expect(chiSquaredDeviation(countOutcomes(firsts, 4), Array(4).fill(0.25))).toBeLessThan(4);
  });

  it('never draws fitness 0', () => {
    for (let seed = 0; seed < 100; seed++) {
      const drawn = stochasticUniversalSampling([0, 3, 0, 1, 0], 8, createRandom(seed));
      expect(countOutcomes(drawn, 5)).toEqual(Float64Array.of(0, 6, 0, 2, 0));
    }
  });
});
