import { describe, expect, it } from 'vitest';
import { type HandmadeMatch, handmadeDissection } from '../../test-support/handmade-dissection.ts';
import { compareDissections } from '../statistics/compare-dissections.ts';
import { conceptHistogram, uniqueDetectorsChart } from './comparison-charts.ts';

const sky: HandmadeMatch = ['sky', 'object', 0.2];
const dog: HandmadeMatch = ['dog', 'object', 0.3];
const red: HandmadeMatch = ['red', 'color', 0.1];

const one = compareDissections([{ dissection: handmadeDissection([[red], [sky], [sky], [dog]]) }]);
const several = compareDissections([
  { dissection: handmadeDissection([[red], [sky], [sky], [dog]]), network: 'A' },
  { dissection: handmadeDissection([[red], [red]], { layer: 'conv1' }), network: 'A' },
  { dissection: handmadeDissection([[dog]]), network: 'B', training: 'none' },
]);

/** Each field that the encoding names is one of the rows. */
function expectFields({ encoding, data }: { encoding?: unknown; data: { values: Record<string, unknown>[] } }) {
  for (const channel of Object.values(encoding as Record<string, { field?: string }>)) {
    if (channel.field !== undefined) for (const row of data.values) expect(Object.keys(row)).toContain(channel.field);
  }
}

describe('uniqueDetectorsChart', () => {
  it.each([
    ['uniquePerCategory', [1, 2]],
    ['uniqueBestLabels', [1, 2]],
    ['detectors', [1, 3]],
  ] as const)('stacks the categories of a layer: %s', (count, bars) => {
    const chart = uniqueDetectorsChart(one, { count });
    expect(chart.data.values.map((row) => row[count])).toEqual(bars);
    expect(chart.encoding).toMatchObject({
      x: { field: 'layer' },
      y: { field: count, aggregate: 'sum' },
      color: { field: 'category', scale: { domain: ['color', 'object'] } },
    });
    expect(chart.encoding).not.toHaveProperty('column');
    expectFields(chart);
  });

  it('has networks side by side and trainings below each other, where there are several', () => {
    const chart = uniqueDetectorsChart(several);
    expect(chart.encoding).toMatchObject({
      column: { field: 'network', sort: ['A', 'B'] },
      row: { field: 'training', sort: ['', 'none'] },
    });
    expect(chart.data.values.length).toBe(6);
    expectFields(chart);
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
  });

  it('refuses another count', () => {
    expect(() => uniqueDetectorsChart(one, { count: 'units' as never })).toThrow(
      '@cnnviz/dissect: uniqueDetectorsChart: count must be one of "uniquePerCategory"',
    );
  });
});

describe('conceptHistogram', () => {
  it('has a bar a concept, the most frequent first', () => {
    const chart = conceptHistogram(one);
    expect(chart.data.values.map(({ concept, detectors }) => [concept, detectors])).toEqual([
      ['sky', 2],
      ['dog', 1],
      ['red', 1],
    ]);
    expect(chart.encoding).not.toHaveProperty('facet');
    expectFields(chart);
  });

  it('has a chart a dissection, each of its most frequent concepts', () => {
    const chart = conceptHistogram(several, { concepts: 1 });
    expect(chart.data.values.map(({ dissection, concept }) => [dissection, concept])).toEqual([
      ['A, conv5', 'sky'],
      ['A, conv1', 'red'],
      ['B, none, conv5', 'dog'],
    ]);
    expect(chart).toMatchObject({
      encoding: { facet: { field: 'dissection' } },
      resolve: { scale: { y: 'independent' } },
    });
    expectFields(chart);
    expect(() => conceptHistogram(one, { concepts: 0 })).toThrow('conceptHistogram: concepts must be an integer >= 1');
  });
});
