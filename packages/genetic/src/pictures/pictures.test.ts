import { conformance, describeOnBackends, useBackend } from '@cnnviz/testing';
import { describe, expect, it } from 'vitest';
import { directEncoding } from '../encodings/direct-encoding.ts';
import type { Elite } from '../map-elites/elite.ts';
import { type ArchivePictureOptions, archivePicture } from './archive-picture.ts';
import { type FamilyLineOptions, familyLine } from './family-line.ts';
import { fitnessCurves } from './fitness-curves.ts';

const encoding = directEncoding({ shape: [2, 3, 1] });
const flat = (level: number) => new Float32Array(6).fill(level);
const elite = (cell: number, objective: number, level: number): Elite<Float32Array> => ({
  cell,
  objective,
  genome: flat(level),
  generation: 9,
  ancestors: [
    { genome: flat(0), generation: 0 },
    { genome: flat(0.5), generation: 4 },
  ],
});
const elites = [elite(0, 0.5, 0.25), elite(4, 0.999999, 0.75), elite(7, 1, 1)];

describeOnBackends(['cpu', 'wasm'], () => {
  conformance<Record<string, never>, ArchivePictureOptions>({
    name: 'archivePicture',
    inputs: () => ({}),
    options: { columns: 2, factor: 2 },
    run: (_, options) => archivePicture(encoding, elites, options),
    badOptions: [
      [{ factor: 0 }, /archivePicture: factor must be an integer >= 1, got 0/],
      [{ padding: -1 }, /archivePicture: padding must be an integer >= 0, got -1/],
    ],
    sync: true,
  });
  conformance<Record<string, never>, FamilyLineOptions>({
    name: 'familyLine',
    inputs: () => ({}),
    options: { padding: 1 },
    run: (_, options) => familyLine(encoding, elites[0]!, options),
    badOptions: [[{ factor: 0.5 }, /familyLine: factor must be an integer >= 1, got 0.5/]],
    sync: true,
  });
});

describe('archivePicture', () => {
  useBackend('cpu');

  it('puts the images into a grid and says what is where', async () => {
    const { picture, labels } = archivePicture(encoding, elites, {
      columns: 2,
      padding: 1,
      factor: 2,
      classNames: ['zero', 'one', 'two', 'three', 'four'],
    });
    expect(picture.shape).toEqual([10, 14, 3]);
    const pixels = await picture.array();
    picture.dispose();
    for (const [index, { left, top, width, height }] of labels.entries()) {
      const level = elites[index]!.genome[0]!;
      for (const row of [top, top + height - 1]) {
        for (const column of [left, left + width - 1]) expect(pixels[row]![column]).toEqual([level, level, level]);
      }
    }
    expect(labels.map(({ name, text, row, column }) => [name, text, row, column])).toEqual([
      ['zero', '50.00%', 0, 0],
      ['four', '99.99%', 0, 1],
      ['7', '100.00%', 1, 0],
    ]);
  });

  it('needs an image', () => {
    expect(() => archivePicture(encoding, [])).toThrow('archivePicture: elites must be at least one');
  });
});

describe('familyLine', () => {
  useBackend('cpu');

  it('shows the ancestors from the oldest to the elite', async () => {
    const { picture, generations } = familyLine(encoding, elites[1]!, { padding: 1 });
    expect(generations).toEqual([0, 4, 9]);
    expect(picture.shape).toEqual([2, 11, 3]);
    const row = (await picture.array())[0]!.map(([red]) => red);
    picture.dispose();
    expect(row).toEqual([0, 0, 0, 1, 0.5, 0.5, 0.5, 1, 0.75, 0.75, 0.75]);
  });
});

describe('fitnessCurves', () => {
  const history = Array.from({ length: 1200 }, (_, generation) => ({
    generation,
    best: generation,
    mean: generation / 2,
    worst: 0,
  }));

  it('draws the statistics that there are, at no more points than asked for, the last one included', () => {
    const { data, encoding } = fitnessCurves(history, { label: 'ones', points: 100 });
    expect(encoding.color.sort).toEqual(['best', 'mean', 'worst']);
    expect(encoding.y.title).toBe('ones');
    const best = data.values.filter(({ curve }) => curve === 'best');
    expect(best.length).toBeLessThanOrEqual(101);
    expect(best.at(-1)).toEqual({ generation: 1199, curve: 'best', value: 1199 });
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });

  it('needs a generation', () => {
    expect(() => fitnessCurves([])).toThrow('fitnessCurves: history must be the statistics of at least one generation');
  });
});
