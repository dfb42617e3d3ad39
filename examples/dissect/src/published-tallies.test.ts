import { renderReport } from '@cnnviz/example-support';
import { describe, expect, it } from 'vitest';
import { tallyClaims } from './claims.ts';
import { readTallies, recountTally, talliesReport } from './published-tallies.ts';

describe('recountTally', () => {
  it('counts detectors and how far IoUs are off', () => {
    const header = 'unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou';
    const tally = recountTally('a', `${header}\n1,object,sky,0.5,sky,12,20,8,0.5\n2,object,sky,0.02,sky,100,4,2,0.02`);
    expect(tally).toMatchObject({ name: 'a', units: 2, counts: { detectors: 1, uniquePerCategory: 1 } });
    expect(tally.recomputed.cells).toBe(2);
    expect(tally.recomputed.difference).toBeCloseTo(0.5 - 8 / 24, 15);
  });
});

it('readTallies finds nothing where there is no folder', async () => {
  expect(await readTallies('/nowhere/at/all')).toEqual([]);
});

describe.runIf(process.env.CNNVIZ_DATA)("NetDissect's published tallies (needs CNNVIZ_DATA)", () => {
  it('come out as published, on a page of their own', async () => {
    const tallies = await readTallies(`${process.env.CNNVIZ_DATA}/netdissect-tallies`);
    expect(tallies).toHaveLength(4);
    expect(tallyClaims(tallies).map(({ agrees }) => agrees)).toEqual(['yes', 'yes']);
    const page = await renderReport(talliesReport(tallies));
    expect(page).toContain('<td>256</td><td>118</td><td>91</td><td>72</td>');
    expect(page).toContain('<td>81, 40</td>');
  });
});
