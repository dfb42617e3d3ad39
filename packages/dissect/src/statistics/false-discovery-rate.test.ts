import { createRandom } from '@cnnviz/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { falseDiscoveryRate } from './false-discovery-rate.ts';

/** The p-values of Benjamini and Hochberg's own example, of a study of myocardial infarction. */
const published = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
];

/** As the papers word it: all up to the largest k with p(k) <= k / m · rate / c. */
function stepUp(pValues: readonly number[], rate: number, c: number): boolean[] {
  const rising = [...pValues].sort((a, b) => a - b);
  let largest = -1;
  rising.forEach((p, index) => {
    if (p <= ((index + 1) / pValues.length) * (rate / c)) largest = p;
  });
  return pValues.map((p) => p <= largest);
}

const harmonic = (count: number) => Array.from({ length: count }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b, 0);

describe('falseDiscoveryRate', () => {
  it("rejects four in the example of Benjamini and Hochberg's paper, and adjusts by hand", () => {
    const { adjusted, isDiscovery } = falseDiscoveryRate(published);
    expect(isDiscovery.filter((is) => is).length).toBe(4);
    const byHand = [
      0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571, 0.0638571, 0.0645, 0.0765, 0.486, 0.5811818, 0.714875,
      0.7532308, 0.8132143, 1,
    ];
    adjusted.forEach((p, index) => {
      expect(p).toBeCloseTo(byHand[index]!, 7);
    });
  });

  it('rejects three of them under any dependence', () => {
    const { adjusted, isDiscovery } = falseDiscoveryRate(published, { dependence: 'any' });
    expect(isDiscovery.filter((is) => is).length).toBe(3);
    // 1 + 1/2 + ... + 1/15 = 3.318229.
    expect(adjusted[2]).toBeCloseTo(0.0095 * 3.318229, 6);
  });

  it.each(['positive', 'any'] as const)('is the step-up procedure as it is worded: %s', (dependence) => {
    const p = fc.integer({ min: 1, max: 997 }).map((part) => part / 1009);
    fc.assert(
      fc.property(fc.array(p, { maxLength: 30 }), fc.constantFrom(0.05, 0.2, 0.5), (pValues, rate) => {
        const c = dependence === 'any' ? harmonic(pValues.length) : 1;
        expect(falseDiscoveryRate(pValues, { rate, dependence }).isDiscovery).toEqual(stepUp(pValues, rate, c));
      }),
    );
  });

  it('has as many false discoveries among all as theory says: rate times the share of true hypotheses', () => {
    const random = createRandom(3);
    const [runs, tests, true_, rate] = [600, 100, 60, 0.2];
    const shares = Array.from({ length: runs }, () => {
      const pValues = Array.from({ length: tests }, (_, test) => random.uniform() * (test < true_ ? 1 : 0.01));
      const { isDiscovery } = falseDiscoveryRate(pValues, { rate });
      const found = isDiscovery.filter((is) => is).length;
      return found === 0 ? 0 : isDiscovery.slice(0, true_).filter((is) => is).length / found;
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / runs;
    const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / runs);
    expect(Math.abs(mean - (rate * true_) / tests)).toBeLessThan((4 * deviation) / Math.sqrt(runs));
    // What believing each below 0.2 would give: about a quarter.
    expect((0.2 * true_) / (0.2 * true_ + tests - true_)).toBeGreaterThan(0.2);
  });

  it('takes p-values of permutations that are just at the rate', () => {
    const { isDiscovery } = falseDiscoveryRate([3 / 100, 3 / 100, 3 / 100, ...new Array<number>(2).fill(1)], {
      rate: 0.05,
    });
    expect(isDiscovery).toEqual([true, true, true, false, false]);
  });

  it('has nothing to say of nothing', () => {
    expect(falseDiscoveryRate([])).toEqual({ adjusted: [], isDiscovery: [] });
  });

  it.each<[string, () => unknown]>([
    ['pValues[1] must be a number >= 0 and <= 1, got 1.5', () => falseDiscoveryRate([0, 1.5])],
    ['pValues must be a list of numbers, got 3', () => falseDiscoveryRate(3 as never)],
    ['rate must be a number > 0 and < 1, got 0', () => falseDiscoveryRate([0.5], { rate: 0 })],
    ['dependence must be one of "positive", "any"', () => falseDiscoveryRate([0.5], { dependence: 'none' as never })],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: falseDiscoveryRate: ${message}`));
});
