import { describe, expect, it } from 'vitest';
import { criticalSampleClaims } from './claims.ts';
import { allConditions, type Condition, type CriticalRun } from './experiment.ts';

interface Outcome {
  /** Critical samples of 1000 after the first epochs, and at the end. */
  critical: [number, number];
  memorized: number;
  heldOut: [number, number];
}

function runs(outcomeOf: (condition: Condition) => Outcome): CriticalRun[] {
  return allConditions.map((condition) => {
    const { critical, memorized, heldOut } = outcomeOf(condition);
    const measurements = [0, 1].map((index) => ({
      epoch: index + 1,
      trainAccuracy: 1,
      memorized,
      heldOutAccuracy: heldOut[index]!,
      csr: { critical: critical[index]!, images: 1000, ratio: critical[index]! / 1000, interval: [0, 0] },
    }));
    return { ...condition, seed: 0, measurements, seconds: 1 } as unknown as CriticalRun;
  });
}

const agreements = (outcomeOf: (condition: Condition) => Outcome) =>
  criticalSampleClaims(runs(outcomeOf), 'test').map(({ agrees }) => agrees);

describe('criticalSampleClaims', () => {
  it('agrees with runs that are as the paper says', () => {
    const memorizedWith = { none: 0.9, dropout: 0.4, 'critical samples': 0.6, 'dropout + critical samples': 0.2 };
    const asPublished = ({ images, noise, remedy }: Condition): Outcome => {
      const end = images === 'gaussian' ? 700 : 50 + 600 * noise;
      return { critical: [end / 2, end], memorized: memorizedWith[remedy], heldOut: [0.8, 0.8 - 0.3 * noise] };
    };
    expect(agreements(asPublished)).toEqual(Array(6).fill('yes'));
  });

  it('does not where all networks are alike', () => {
    const alike = (): Outcome => ({ critical: [100, 100], memorized: 0.5, heldOut: [0.8, 0.8] });
    expect(agreements(alike)).toEqual(['no', 'no', 'no', 'no', 'no', 'yes']);
  });

  it('agrees in part where intervals of neighbors overlap', () => {
    const close = ({ noise }: Condition): Outcome => ({
      critical: [10, 100 + 60 * noise],
      memorized: 0.5,
      heldOut: [0.8, 0.8],
    });
    expect(agreements(close)[1]).toBe('in part');
  });
});
