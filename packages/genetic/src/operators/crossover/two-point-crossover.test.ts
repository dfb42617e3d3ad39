import { createRandom } from '@cnnviz/internal';
import { expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../../test-support/chi-squared.ts';
import { twoPointCrossover } from './two-point-crossover.ts';

it('twoPointCrossover exchanges each non-empty slice without the first gene equally often', () => {
  const random = createRandom(4);
  const zeros = new Uint8Array(5);
  const ones = new Uint8Array(5).fill(1);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 50_000; draw++) {
    const child = twoPointCrossover(zeros, ones, random)[0].join('');
    counts.set(child, (counts.get(child) ?? 0) + 1);
  }
  const slices = ['01000', '00100', '00010', '00001', '01100', '00110', '00011', '01110', '00111', '01111'];
  expect([...counts.keys()].sort()).toEqual([...slices].sort());
  expect(chiSquaredDeviation([...counts.values()], Array(10).fill(0.1))).toBeLessThan(4);
});
