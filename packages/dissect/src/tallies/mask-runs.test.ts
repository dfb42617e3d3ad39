import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskOfRuns, runsOfPixels } from './mask-runs.ts';

describe('the runs of a mask', () => {
  it.each<[number[], number, number[]]>([
    [[], 4, [4]],
    [[2, 1], 4, [1, 2, 1]],
    [[0], 3, [0, 1, 2]],
    [[0, 1, 2], 3, [0, 3]],
    [[4, 0, 2], 5, [0, 1, 1, 1, 1, 1]],
  ])('%j of %i pixels', (inside, pixels, runs) => {
    expect(runsOfPixels(inside, pixels)).toEqual(runs);
  });

  it('give the mask back', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (mask) => {
        const inside = mask.flatMap((isInside, pixel) => (isInside ? [pixel] : [])).reverse();
        expect([...maskOfRuns(runsOfPixels(inside, mask.length))]).toEqual(mask.map(Number));
      }),
    );
  });
});
