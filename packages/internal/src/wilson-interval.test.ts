import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wilsonInterval } from './wilson-interval.ts';

/** Quantiles of the normal distribution, from tables. */
const z = { 0.5: 0.6744897501960817, 0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.999: 3.2905267314919255 };

describe('wilsonInterval', () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('equals the published interval of %i out of %i', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it.each([0.5, 0.9, 0.95, 0.999] as const)(
    'ends where the normal test at confidence %s begins to reject',
    (confidence) => {
      for (const [successes, trials] of [
        [3, 10],
        [50, 1000],
        [999, 1000],
      ] as const) {
        for (const p of wilsonInterval(successes, trials, confidence)) {
          const deviations = Math.abs(successes / trials - p) / Math.sqrt((p * (1 - p)) / trials);
          expect(deviations).toBeCloseTo(z[confidence], 6);
        }
      }
    },
  );

  it('contains the proportion, stays inside [0, 1], mirrors with it, and grows with the confidence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, part) => {
        const successes = Math.round(part * trials);
        const [low, high] = wilsonInterval(successes, trials);
        const [mirroredLow, mirroredHigh] = wilsonInterval(trials - successes, trials);
        const [widerLow, widerHigh] = wilsonInterval(successes, trials, 0.99);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(successes / trials).toBeGreaterThanOrEqual(low);
        expect(successes / trials).toBeLessThanOrEqual(high);
        expect(mirroredLow).toBeCloseTo(1 - high, 12);
        expect(mirroredHigh).toBeCloseTo(1 - low, 12);
        expect(widerLow).toBeLessThanOrEqual(low);
        expect(widerHigh).toBeGreaterThanOrEqual(high);
      }),
    );
  });

  it('knows nothing of no trials, and says something at none and all', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(wilsonInterval(0, 10)[0]).toBe(0);
    expect(wilsonInterval(0, 10)[1]).toBeCloseTo(z[0.95] ** 2 / (10 + z[0.95] ** 2), 8);
    expect(wilsonInterval(10, 10)[1]).toBe(1);
  });

  it.each([
    [-1, 3, 0.95, /successes must be an integer >= 0 and <= 3, got -1/],
    [4, 3, 0.95, /successes must be an integer >= 0 and <= 3, got 4/],
    [1, 2.5, 0.95, /trials must be an integer >= 0, got 2\.5/],
    [1, 3, 1, /confidence must be a number > 0 and < 1, got 1/],
  ])('refuses %d of %d at confidence %d', (successes, trials, confidence, message) => {
    expect(() => wilsonInterval(successes, trials, confidence)).toThrow(message);
  });
});
