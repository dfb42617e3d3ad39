import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Scaling, selectionWeights } from './selection-weights.ts';

const scalings: Scaling[] = ['window', 'linear', 'sigma'];
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('selectionWeights', () => {
  it('is the fitness itself without scaling', () => {
    expect(selectionWeights([1, 2, 3])).toEqual(Float64Array.of(1, 2, 3));
  });

  it('is the distance from the worst with window', () => {
    expect(selectionWeights([-1, 2, 3, 4], { scaling: 'window' })).toEqual(Float64Array.of(0, 3, 4, 5));
    expect(selectionWeights([-1, 2, 3, 4], { scaling: 'window', goal: 'minimize' })).toEqual(
      Float64Array.of(5, 2, 1, 0),
    );
  });

  it('gives the best `pressure` times the mean with linear', () => {
    const weights = selectionWeights([10, 11, 12, 13, 14], { scaling: 'linear', pressure: 1.5 });
    expect(weights[4]! / mean(weights)).toBeCloseTo(1.5, 12);
  });

  it('gives the worst 0 where linear would make it negative', () => {
    const weights = selectionWeights([0, 100, 101, 102], { scaling: 'linear' });
    expect(weights[0]).toBeCloseTo(0, 12);
    expect(mean(weights)).toBeCloseTo(1, 12);
  });

  it('counts deviations from the mean with sigma, 0.1 at least', () => {
    const weights = selectionWeights([1, 3], { scaling: 'sigma' });
    expect(weights).toEqual(Float64Array.of(0.5, 1.5));
    const outlier = selectionWeights([-1000, ...Array(99).fill(1)], { scaling: 'sigma' });
    expect(outlier[0]).toBe(0.1);
  });

  it('is never negative, never all zero, and in the order of merit, for any finite fitness', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...scalings),
        fc.constantFrom('maximize' as const, 'minimize' as const),
        (fitness, scaling, goal) => {
          const weights = selectionWeights(fitness, { scaling, goal });
          expect(weights.every((weight) => weight >= 0)).toBe(true);
          expect(mean(weights)).toBeGreaterThan(0);
          const sign = goal === 'maximize' ? 1 : -1;
          for (let a = 0; a < fitness.length; a++) {
            for (let b = 0; b < fitness.length; b++) {
              if (sign * (fitness[a]! - fitness[b]!) > 0) expect(weights[a]!).toBeGreaterThanOrEqual(weights[b]!);
              if (fitness[a] === fitness[b]) expect(weights[a]).toBe(weights[b]);
            }
          }
        },
      ),
    );
  });

  it('throws on options that it does not know', () => {
    expect(() => selectionWeights([1], { scaling: 'log' as Scaling })).toThrow(RangeError);
    expect(() => selectionWeights([1], { scaling: 'linear', pressure: 0.5 })).toThrow('pressure');
    expect(() => selectionWeights([1], { goal: 'best' as 'maximize' })).toThrow('goal');
  });
});
