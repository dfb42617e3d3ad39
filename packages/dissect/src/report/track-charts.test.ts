import { describe, expect, it } from 'vitest';
import { type HandmadeMatch, handmadeDissection } from '../../test-support/handmade-dissection.ts';
import { trackUnits, unitTransitions } from '../statistics/track-units.ts';
import { detectorsOverSteps, transitionsChart, unitTracksChart } from './track-charts.ts';

const sky: HandmadeMatch = ['sky', 'object', 0.2];
const dog: HandmadeMatch = ['dog', 'object', 0.3];
const red: HandmadeMatch = ['red', 'color', 0.1];
const table: (readonly HandmadeMatch[])[][] = [
  [[], [sky], [red], [dog], [sky]],
  [[], [sky], [red], [sky], [red]],
];
const tracks = trackUnits(table.map((units, step) => ({ step, dissection: handmadeDissection(units) })));

describe('charts of units over steps', () => {
  it('have the detectors of each category at each step, and the different concepts', () => {
    const { data, layer } = detectorsOverSteps(tracks);
    expect(data.values).toEqual([
      { step: 0, category: 'color', place: 0, detectors: 1, uniqueBestLabels: 3 },
      { step: 0, category: 'object', place: 1, detectors: 3, uniqueBestLabels: 3 },
      { step: 1, category: 'color', place: 0, detectors: 2, uniqueBestLabels: 2 },
      { step: 1, category: 'object', place: 1, detectors: 2, uniqueBestLabels: 2 },
    ]);
    expect(layer).toMatchObject([
      {
        encoding: {
          x: { field: 'step', axis: { values: [0, 1] } },
          y: { field: 'detectors' },
          color: { field: 'category' },
        },
      },
      { encoding: { x: { field: 'step' }, y: { field: 'uniqueBestLabels' } } },
    ]);
  });

  it('have a row a unit: those that end alike together, the first to settle above, those that are nothing below', () => {
    const { data, encoding } = unitTracksChart(tracks);
    // Red since step 0 and since step 1; sky since step 0 and since step 1; nothing.
    expect(encoding).toMatchObject({ y: { field: 'unit', sort: [2, 4, 1, 3, 0] } });
    expect(data.values.length).toBe(10);
    expect(data.values.slice(0, 3)).toEqual([
      { unit: 2, step: 0, concept: 'red', category: 'color', iou: 0.1 },
      { unit: 2, step: 1, concept: 'red', category: 'color', iou: 0.1 },
      { unit: 4, step: 0, concept: 'sky', category: 'object', iou: 0.2 },
    ]);
    expect(data.values.at(-1)).toEqual({ unit: 0, step: 1, concept: 'none', category: null, iou: 0 });
  });

  it('have what turned into what', () => {
    const chart = transitionsChart(unitTransitions(tracks));
    expect(chart.data.values).toEqual(
      expect.arrayContaining([
        { from: 'none', to: 'none', units: 1 },
        { from: 'dog', to: 'sky', units: 1 },
        { from: 'sky', to: 'red', units: 1 },
      ]),
    );
    expect(chart.data.values.length).toBe(5);
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    expect(() => transitionsChart(1 as never)).toThrow(
      '@cnnviz/dissect: transitionsChart: transitions must be what unitTransitions gives, got 1',
    );
  });
});
