import type { TopLevelSpec } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import { chartSvg } from './chart.ts';

function lineChart(values: readonly { x: number; y: number; series: string }[]): TopLevelSpec {
  return {
    width: 200,
    height: 100,
    data: { values: [...values] },
    mark: 'line',
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: { domain: [0, 10], nice: false } },
      y: { field: 'y', type: 'quantitative', scale: { domain: [0, 1], nice: false } },
      color: { field: 'series', type: 'nominal' },
    },
  };
}

describe('chartSvg', () => {
  it('draws each value where the scales put it', async () => {
    const svg = await chartSvg(
      lineChart([
        { x: 0, y: 0, series: 'a' },
        { x: 5, y: 0.75, series: 'a' },
        { x: 10, y: 1, series: 'a' },
      ]),
    );
    expect(svg.startsWith('<svg')).toBe(true);
    expect(svg).toContain('d="M0,100L100,25L200,0"');
  });

  it('escapes text and takes the color of the page', async () => {
    const svg = await chartSvg(lineChart([{ x: 1, y: 0.5, series: '<b>&' }]));
    expect(svg).toContain('&lt;b&gt;&amp;');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('fill="currentColor"');
    expect(svg).not.toMatch(/fill="(white|#000|black)"/);
  });

  it.each<[string, TopLevelSpec]>([
    ['data', { data: { url: 'https://example.org/data.json' }, mark: 'point' }],
    ['an image', { data: { values: [{}] }, mark: { type: 'image', url: 'https://example.org/picture.png' } }],
    ['a link', { data: { values: [{}] }, mark: { type: 'point', href: 'https://example.org/' } }],
  ])('refuses %s from the network', async (_, spec) => {
    await expect(chartSvg(spec)).rejects.toThrow(/chartSvg: .*a chart must hold its data, got https:\/\/example\.org/);
  });
});
