import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { bitFlipMutation } from './bit-flip-mutation.ts';
import { gaussianMutation } from './gaussian-mutation.ts';
import { polynomialMutation } from './polynomial-mutation.ts';

const genes = 40_000;
const half = () => new Float64Array(genes).fill(0.5);
const unit = [0, 1] as const;

/** Counts in 20 bins that are equally likely under the distribution function. */
function binned(values: Iterable<number>, distribution: (value: number) => number): Float64Array {
  const counts = new Float64Array(20);
  for (const value of values) counts[Math.min(19, Math.floor(20 * distribution(value)))]!++;
  return counts;
}
const twentieths = Array(20).fill(1 / 20);

describe('bitFlipMutation', () => {
  it('flips a binomial number of bits', () => {
    const random = createRandom(1);
    const flips = Array.from({ length: 50_000 }, () =>
      bitFlipMutation(new Uint8Array(8), random, { rate: 0.2 }).reduce((sum, bit) => sum + bit),
    );
    const choose = [1, 8, 28, 56, 70, 56, 28, 8, 1];
    const chances = choose.map((ways, count) => ways * 0.2 ** count * 0.8 ** (8 - count));
    const counts = countOutcomes(flips, 9);
    const tail = (values: ArrayLike<number>) => [
      ...Array.from(values).slice(0, 6),
      values[6]! + values[7]! + values[8]!,
    ];
    expect(chiSquaredDeviation(tail(counts), tail(chances))).toBeLessThan(4);
  });

  it('flips each place equally often, once on average by default', () => {
    const random = createRandom(1);
    const counts = new Float64Array(10);
    for (let draw = 0; draw < 20_000; draw++) {
      bitFlipMutation(new Uint8Array(10), random).forEach((bit, place) => {
        counts[place]! += bit;
      });
    }
    expect(chiSquaredDeviation(counts, Array(10).fill(0.1))).toBeLessThan(4);
    expect(counts.reduce((sum, count) => sum + count) / 20_000).toBeCloseTo(1, 1);
  });

  it('flips ones too: all at rate 1, none at rate 0, and not the original', () => {
    const genome = Uint8Array.of(0, 1, 1, 0);
    expect(bitFlipMutation(genome, createRandom(0), { rate: 1 })).toEqual(Uint8Array.of(1, 0, 0, 1));
    expect(bitFlipMutation(genome, createRandom(0), { rate: 0 })).toEqual(genome);
    expect(genome).toEqual(Uint8Array.of(0, 1, 1, 0));
  });

  it('throws on a rate outside [0, 1]', () => {
    expect(() => bitFlipMutation(new Uint8Array(4), createRandom(0), { rate: 1.5 })).toThrow(
      '@cnnviz/genetic: bitFlipMutation: rate must be a number >= 0 and <= 1, got 1.5',
    );
  });
});

describe('gaussianMutation', () => {
  it('adds normal numbers of the deviation asked for', () => {
    const mutated = gaussianMutation(half(), createRandom(1), { deviation: 2, rate: 1 });
    const distribution = (value: number) => 0.5 * (1 + erf((value - 0.5) / (2 * Math.SQRT2)));
    expect(chiSquaredDeviation(binned(mutated, distribution), twentieths)).toBeLessThan(4);
  });

  it('mutates the share of genes asked for and clips at the bounds', () => {
    const mutated = gaussianMutation(half(), createRandom(1), { deviation: 5, rate: 0.1, bounds: unit });
    const changed = mutated.filter((value) => value !== 0.5).length;
    expect(chiSquaredDeviation([changed, genes - changed], [0.1, 0.9])).toBeLessThan(4);
    expect(Math.min(...mutated)).toBe(0);
    expect(Math.max(...mutated)).toBe(1);
  });

  it('throws on options out of range', () => {
    expect(() => gaussianMutation(half(), createRandom(0), { deviation: -1 })).toThrow('deviation');
    expect(() => gaussianMutation(half(), createRandom(0), { deviation: 1, rate: -1 })).toThrow('rate');
    expect(() => gaussianMutation(half(), createRandom(0), { deviation: 1, bounds: [1, 1] })).toThrow('bounds');
  });
});

describe('polynomialMutation', () => {
  /** P(step < t) of Deb: symmetric, P(|step| < t) = 1 - (1 - t)^(eta + 1). */
  const deb = (eta: number) => (step: number) =>
    step < 0 ? 0.5 * (1 + step) ** (eta + 1) : 1 - 0.5 * (1 - step) ** (eta + 1);

  it('steps by the distribution of Deb in the unbounded form', () => {
    for (const eta of [1, 15, 20]) {
      // Bounds far away in units of the step, so that few steps of the scale are clipped.
      const mutated = polynomialMutation(new Float64Array(genes), createRandom(1), { bounds: [-1, 1], rate: 1, eta });
      const steps = mutated.map((value) => value / 2);
      const inside = steps.filter((step) => Math.abs(step) < 0.5);
      const whole = deb(eta);
      const within = (step: number) => (whole(step) - whole(-0.5)) / (whole(0.5) - whole(-0.5));
      expect(chiSquaredDeviation(binned(inside, within), twentieths)).toBeLessThan(4);
      const clipped = genes - inside.length;
      const expected = 2 * whole(-0.5);
      expect(chiSquaredDeviation([clipped, inside.length], [expected, 1 - expected])).toBeLessThan(4);
    }
  });

  it('piles up what would leave the bounds in the unbounded form, and cuts it off in the bounded one', () => {
    const near = new Float64Array(genes).fill(0.02);
    const options = { bounds: unit, rate: 1, eta: 15 };
    const unbounded = polynomialMutation(near, createRandom(1), options);
    const bounded = polynomialMutation(near, createRandom(1), { ...options, form: 'bounded' });
    const expected = deb(15)(-0.02);
    const atBound = unbounded.filter((value) => value === 0).length;
    expect(chiSquaredDeviation([atBound, genes - atBound], [expected, 1 - expected])).toBeLessThan(4);
    expect(bounded.filter((value) => value === 0).length).toBe(0);
  });

  it('follows the distribution cut off at the bounds in the bounded form', () => {
    const eta = 5;
    const start = 0.1;
    const mutated = polynomialMutation(new Float64Array(genes).fill(start), createRandom(3), {
      bounds: unit,
      rate: 1,
      eta,
      form: 'bounded',
    });
    // Half of the steps go down, however near the bound; each half is Deb's, cut off at its bound.
    const reach = (room: number) => 1 - (1 - room) ** (eta + 1);
    const distribution = (value: number) => {
      const step = value - start;
      return step < 0 ? 0.5 * (1 - reach(-step) / reach(start)) : 0.5 + 0.5 * (reach(step) / reach(1 - start));
    };
    expect(chiSquaredDeviation(binned(mutated, distribution), twentieths)).toBeLessThan(4);
  });

  it('mutates the share of genes asked for', () => {
    const mutated = polynomialMutation(half(), createRandom(1), { bounds: unit, rate: 0.1 });
    const changed = mutated.filter((value) => value !== 0.5).length;
    expect(chiSquaredDeviation([changed, genes - changed], [0.1, 0.9])).toBeLessThan(4);
  });

  it('throws on options out of range', () => {
    const random = createRandom(0);
    expect(() => polynomialMutation(half(), random, { bounds: [1, 0] })).toThrow('bounds');
    expect(() => polynomialMutation(half(), random, { bounds: unit, eta: -1 })).toThrow('eta');
    expect(() => polynomialMutation(half(), random, { bounds: unit, rate: 2 })).toThrow('rate');
    expect(() => polynomialMutation(half(), random, { bounds: unit, form: 'deb' as 'bounded' })).toThrow('form');
  });
});

/** Abramowitz and Stegun 7.1.26; error below 2e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}
