import { describe, expect, it } from 'vitest';
import { type HandmadeMatch, handmadeDissection } from '../../test-support/handmade-dissection.ts';
import { trackUnits, unitTransitions } from './track-units.ts';

const sky: HandmadeMatch = ['sky', 'object', 0.2];
const dog: HandmadeMatch = ['dog', 'object', 0.3];
const red: HandmadeMatch = ['red', 'color', 0.1];
/** Not above the limit. */
const faint: HandmadeMatch = ['sky', 'object', 0.04];

/** A column a unit, a row a step. */
const table: (readonly HandmadeMatch[])[][] = [
  [[red], [], [faint], [sky], [dog], []],
  [[red], [red], [faint], [dog], [], []],
  [[red, sky], [sky], [red], [sky], [faint], []],
  [[red], [sky], [red], [sky], [], [dog]],
];
const steps = [0, 10, 20, 100];
const dissections = table.map((units, index) => ({ step: steps[index]!, dissection: handmadeDissection(units) }));
// Unit 0 has red and sky at step 20: sky is the better one.
const tracks = trackUnits(dissections);

describe('trackUnits', () => {
  it('says of each unit what it was first and last, how often it changed, and from when on it is what it is', () => {
    const rows = tracks.units.map(({ unit, first, last, changes, settledAt }) => [
      unit,
      first?.name ?? null,
      last?.name ?? null,
      changes,
      settledAt,
    ]);
    expect(rows).toEqual([
      [0, 'red', 'red', 2, 100],
      [1, 'red', 'sky', 2, 20],
      [2, 'red', 'red', 1, 20],
      [3, 'sky', 'sky', 2, 20],
      [4, 'dog', null, 1, null],
      [5, 'dog', 'dog', 1, 100],
    ]);
  });

  it('has the concept of each step, where the IoU with it is above the limit', () => {
    const faintly = tracks.units[2]!.history.map(({ step, concept, iou }) => [step, concept?.name ?? null, iou]);
    expect(faintly).toEqual([
      [0, null, 0.04],
      [10, null, 0.04],
      [20, 'red', 0.1],
      [100, 'red', 0.1],
    ]);
  });

  it('sums each step up', () => {
    expect(tracks.categories).toEqual(['color', 'object']);
    expect(tracks.steps).toEqual([
      {
        step: 0,
        detectors: 3,
        uniquePerCategory: 3,
        uniqueBestLabels: 3,
        settled: 0,
        changed: 0,
        detectorsByCategory: [1, 2],
      },
      {
        step: 10,
        detectors: 3,
        uniquePerCategory: 2,
        uniqueBestLabels: 2,
        settled: 0,
        changed: 3,
        detectorsByCategory: [2, 1],
      },
      {
        step: 20,
        detectors: 4,
        uniquePerCategory: 2,
        uniqueBestLabels: 2,
        settled: 3,
        changed: 4,
        detectorsByCategory: [1, 3],
      },
      {
        step: 100,
        detectors: 5,
        uniquePerCategory: 3,
        uniqueBestLabels: 3,
        settled: 5,
        changed: 2,
        detectorsByCategory: [2, 3],
      },
    ]);
    expect(JSON.parse(JSON.stringify(tracks))).toEqual(tracks);
  });

  it('takes a unit that never changes for settled from the first step on', () => {
    const always = [0, 1].map((step) => ({ step, dissection: handmadeDissection([[sky], []]) }));
    expect(trackUnits(always).units.map(({ settledAt, changes }) => [settledAt, changes])).toEqual([
      [0, 0],
      [null, 0],
    ]);
  });

  it('goes by the limit that is given', () => {
    expect(trackUnits(dissections, { iouLimit: 0.25 }).steps.map(({ detectors }) => detectors)).toEqual([1, 1, 0, 1]);
  });

  it.each<[string, () => unknown]>([
    ['steps must be a list of dissections by step, got 1', () => trackUnits(1 as never)],
    ['steps must be at least one, got []', () => trackUnits([])],
    ['step 1 must be a number > 10, got 0', () => trackUnits([dissections[1]!, dissections[0]!])],
    [
      '1 units of layer "conv5" at step 20 are not 6 of "conv5"',
      () => trackUnits([dissections[0]!, { step: 20, dissection: handmadeDissection([[sky]]) }]),
    ],
    [
      'the limits differ: 0.1 at step 20, 0.04 before',
      () => trackUnits([dissections[0]!, { step: 20, dissection: { ...dissections[1]!.dissection, iouLimit: 0.1 } }]),
    ],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: trackUnits: ${message}`));
});

describe('unitTransitions', () => {
  it('counts what units turned into between the first and the last step', () => {
    const rows = unitTransitions(tracks).map(({ from, to, units }) => `${from} > ${to}: ${units}`);
    expect(rows.sort()).toEqual([
      'dog > null: 1',
      'null > dog: 1',
      'null > red: 1',
      'null > sky: 1',
      'red > red: 1',
      'sky > sky: 1',
    ]);
  });

  it('counts between any steps, by category, the most frequent first', () => {
    const transitions = unitTransitions(tracks, { from: 10, to: 20, by: 'category' });
    expect(transitions[0]).toEqual({ from: 'color', to: 'object', units: 2 });
    expect(transitions.slice(1)).toEqual(
      expect.arrayContaining([
        { from: null, to: 'color', units: 1 },
        { from: 'object', to: 'object', units: 1 },
        { from: null, to: null, units: 2 },
      ]),
    );
    expect(transitions.reduce((sum, { units }) => sum + units, 0)).toBe(6);
  });

  it('refuses steps that are none', () => {
    expect(() => unitTransitions(tracks, { from: 5 })).toThrow(
      '@cnnviz/dissect: unitTransitions: from must be one of 0, 10, 20, 100, got 5',
    );
    expect(() => unitTransitions(tracks, { by: 'unit' as never })).toThrow('by must be one of "concept", "category"');
  });
});
