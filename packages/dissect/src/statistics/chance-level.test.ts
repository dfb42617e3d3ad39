import { describe, expect, it } from 'vitest';
import { dissectionOf, labeledNoise } from '../../test-support/labeled-noise.ts';
import { chanceLevel } from './chance-level.ts';

describe('chanceLevel', () => {
  const dissection = dissectionOf(labeledNoise({ seed: 1, count: 12, units: 2 }));
  const [{ best }] = dissection.units as [(typeof dissection.units)[0]];
  const withChance = (...ious: number[][]) => ({
    units: [dissection.units[0]!, { ...dissection.units[1]!, best: null }],
    chance: { permutations: ious[0]!.length, seed: 0, ious },
  });

  it('is mean, 95 % quantile and how often chance does as well', () => {
    const { iou } = best!;
    const [first, second] = chanceLevel(withChance([0, iou / 2, iou, 2 * iou], [0, 0.1, 0.2, 0.3])) as [
      ReturnType<typeof chanceLevel>[0],
      ReturnType<typeof chanceLevel>[0],
    ];
    expect(first.mean).toBeCloseTo((3.5 * iou) / 4, 12);
    // Rank 2.85 of 0 to 3.
    expect(first.upper).toBeCloseTo(iou + 0.85 * iou, 12);
    // As good ones are the equal and the better one, and the unit itself.
    expect(first.p).toBe(3 / 5);
    expect(second.p).toBe(1);
  });

  it('has no p-value of 0', () => {
    expect(chanceLevel(withChance(new Array<number>(19).fill(0), new Array<number>(19).fill(0)))[0]!.p).toBe(1 / 20);
  });

  it('refuses a dissection without it', () => {
    expect(() => chanceLevel(dissection)).toThrow(
      '@cnnviz/dissect: chanceLevel: the dissection has no chance level: dissect with the option chance',
    );
  });
});
