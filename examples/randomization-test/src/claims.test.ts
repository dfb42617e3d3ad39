import { describe, expect, it } from 'vitest';
import { randomizationClaims } from './claims.ts';
import type { ExperimentRun } from './experiment.ts';

/** A run whose training loss falls below a half after so many epochs. */
function run(condition: string, epochs: number, train: number, test: number, more: Partial<ExperimentRun> = {}) {
  const corruption = condition === 'random labels' ? 1 : condition === 'half' ? 0.5 : 0;
  return {
    network: 'MLP 1x512',
    parameters: 1_209_866,
    samples: 2000,
    condition: condition === 'half' ? 'labels corrupted with p = 0.5' : condition,
    corruption,
    regularizer: 'none',
    seed: 0,
    epochs,
    trainAccuracy: train,
    testAccuracy: test,
    curve: Array.from({ length: epochs }, (_, epoch) => ({ loss: epoch + 1 < epochs ? 1 : 0.4, accuracy: train })),
    seconds: 1,
    ...more,
  } as unknown as ExperimentRun;
}

const asPublished = [
  run('true labels', 6, 1, 0.5),
  run('half', 8, 1, 0.3),
  run('random labels', 9, 0.995, 0.1),
  run('shuffled pixels', 6, 1, 0.4),
  run('gaussian', 4, 1, 0.1),
  run('true labels', 6, 1, 0.5, { regularizer: 'weight decay 5e-4' }),
  run('random labels', 9, 1, 0.1, { regularizer: 'weight decay 5e-4' }),
  run('true labels', 6, 1, 0.4, { samples: 500 }),
];
const agreements = (runs: readonly ExperimentRun[]) =>
  randomizationClaims(runs, 'CIFAR-10').map(({ agrees }) => agrees);

describe('randomizationClaims', () => {
  it('agrees with runs that are as published', () => {
    expect(agreements(asPublished)).toEqual(Array(7).fill('yes'));
  });

  it('does not where they are not', () => {
    const replaced = (condition: string, by: Partial<ExperimentRun>) =>
      asPublished.map((each) => (each.condition === condition ? { ...each, ...by } : each));
    expect(agreements(asPublished.map((each) => ({ ...each, parameters: 5 })))[0]).toBe('no');
    expect(agreements(replaced('random labels', { trainAccuracy: 0.5, testAccuracy: 0.2 }))[1]).toBe('no');
    expect(agreements(replaced('gaussian', { trainAccuracy: 0.5 }))[2]).toBe('in part');
    expect(agreements(replaced('random labels', { testAccuracy: 0.4 }))[3]).toBe('in part');
    expect(agreements(replaced('random labels', { curve: run('true labels', 2, 1, 1).curve }))[4]).toBe('no');
    expect(agreements(replaced('random labels', { trainAccuracy: 0.5 }))[5]).toBe('no');
    expect(agreements(replaced('true labels', { testAccuracy: 0.1 }))[6]).toBe('no');
  });

  it('counts parameters on CIFAR-10 alone', () => {
    expect(randomizationClaims(asPublished, 'MNIST')).toHaveLength(6);
  });
});
