import { describe, expect, it } from 'vitest';
import { overfittingClaims } from './claims.ts';
import type { Outcome } from './experiment.ts';

function outcome(remedy: string, accuracy: number, testLosses: number[], testAccuracy: number): Outcome {
  const history = testLosses.map((validationLoss, epoch) => ({
    epoch,
    loss: 1 / (epoch + 1),
    accuracy,
    validationLoss,
    validationAccuracy: testAccuracy,
  }));
  const capacity = { parameters: 100, samples: 10, parametersPerSample: 10, layers: [] };
  return { remedy, history, epoch: history.length - 1, capacity } as unknown as Outcome;
}

const agreements = (outcomes: Outcome[]) => overfittingClaims(outcomes, 'MNIST').map(({ agrees }) => agrees);

describe('overfittingClaims', () => {
  it('agrees where a network overfits and remedies help', () => {
    const outcomes = [outcome('none', 1, [2, 0.8, 1], 0.7), outcome('dropout', 0.9, [2, 0.8, 0.8], 0.75)];
    expect(agreements(outcomes)).toEqual(['yes', 'yes', 'yes']);
  });

  it('does not where it learns what it should, and they harm', () => {
    const outcomes = [outcome('none', 0.9, [2, 1, 0.8], 0.9), outcome('dropout', 0.9, [2, 0.8, 0.8], 0.75)];
    expect(agreements(outcomes)).toEqual(['no', 'in part', 'no']);
  });
});
