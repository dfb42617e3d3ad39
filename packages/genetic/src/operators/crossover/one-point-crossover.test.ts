import { createRandom } from '@cnnviz/internal';
import { expect, it } from 'vitest';
import { chiSquaredDeviation, countOutcomes } from '../../../test-support/chi-squared.ts';
import { onePointCrossover } from './one-point-crossover.ts';

it('onePointCrossover cuts at each place between two genes equally often', () => {
  const random = createRandom(4);
  const zeros = new Uint8Array(6);
  const ones = new Uint8Array(6).fill(1);
  const cuts = Array.from({ length: 50_000 }, () => {
    const [child] = onePointCrossover(zeros, ones, random);
    const cut = child.indexOf(1);
    if (child.subarray(cut).includes(0)) expect.fail(`not the tail: ${child}`);
    return cut;
  });
  expect(chiSquaredDeviation(countOutcomes(cuts, 6), [0, 0.2, 0.2, 0.2, 0.2, 0.2])).toBeLessThan(4);
});
