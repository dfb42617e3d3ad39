import { createRandom } from '@cnnviz/internal';
import { expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from './chi-squared.ts';

it('accepts a fair die and rejects one that is loaded by a tenth', () => {
  const random = createRandom(1);
  const fair = countOutcomes(
    Array.from({ length: 60_000 }, () => random.integer(6)),
    6,
  );
  const sixths = Array(6).fill(1 / 6);
  const loaded = Array.from({ length: 6 }, (_, face) => (face === 0 ? 1.1 : 1) / 6.1);
  expect(chiSquaredDeviation(fair, sixths)).toBeLessThan(4);
  expect(chiSquaredDeviation(fair, loaded)).toBeGreaterThan(4);
});

it('rejects what cannot happen', () => {
  expect(chiSquaredDeviation([1, 99], [0, 1])).toBe(Number.POSITIVE_INFINITY);
});

it('is the number of standard deviations: a statistic with p = 0.0014 gives about 3', () => {
  // Three degrees of freedom, statistic 15.6: 0.00137 of the distribution is above.
  const shift = Math.sqrt((15.6 * 100) / 4);
  expect(chiSquaredDeviation([100 + shift, 100 - shift, 100 + shift, 100 - shift], Array(4).fill(0.25))).toBeCloseTo(
    3,
    1,
  );
});
