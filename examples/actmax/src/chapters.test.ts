import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channel } from '@cnnviz/actmax';
import { type Chapter, chooseBackend, type PictureCell, readPhoto } from '@cnnviz/example-support';
import { encodePng } from '@cnnviz/internal';
import '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { classesChapter, diversityChapter, layersChapter } from './chapters.ts';
import { drawUnits } from './draw.ts';
import type { Subject } from './subject.ts';
import { unitPagesChapter } from './unit-pages.ts';

const COLORS = ['red', 'green', 'blue'];

/** Each unit, and each class, is for one color and against the others. */
const colors = (images: Tensor4D) =>
  tf.tidy(() => tf.avgPool<Tensor4D>(tf.sub<Tensor4D>(images, tf.mul(0.5, tf.mean(images, 3, true))), 2, 2, 'valid'));
const list = (...numbers: number[]) => ({ list: { i: numbers.map(String) } });

const subject: Subject = {
  name: 'a network of colors',
  classes: [0, 1, 2],
  layers: [{ layer: 'colors', units: [2, 0] }],
  network: {
    classifier: (images) => tf.tidy(() => tf.mul(tf.mean(colors(images), [1, 2]), 20) as Tensor2D),
    probe: () => colors,
    probes: () => (images) => ({ colors: colors(images) }),
    topology: {
      node: [
        {
          name: 'image',
          op: 'Placeholder',
          attr: { shape: { shape: { dim: [-1, 16, 16, 3].map((size) => ({ size: String(size) })) } } },
        },
        {
          name: 'colors',
          op: 'AvgPool',
          input: ['image'],
          attr: { ksize: list(1, 2, 2, 1), strides: list(1, 2, 2, 1), padding: { s: btoa('VALID') } },
        },
      ],
    },
    constants: {},
    layers: [{ name: 'colors', kind: 'AvgPool', shape: [8, 8, 3] }],
    inputShape: [16, 16, 3],
    bounds: [0, 1],
    preprocessing: { range: [0, 1] },
    labels: COLORS,
    dispose: () => {},
  },
};

const options = { steps: 12, batch: 2, seed: 0, update: () => {} };
let folder: string;

beforeAll(async () => {
  await chooseBackend({ argv: ['--backend', 'cpu'], print: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'actmax-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Mean red, green and blue of a picture's PNG file. */
async function colorOf({ picture }: PictureCell): Promise<number[]> {
  const path = join(folder, `${picture.name}.png`);
  await writeFile(path, picture.png);
  const image = await readPhoto(path, { size: 16 });
  const mean = tf.mean(image, [0, 1]);
  const values = [...(await mean.data())];
  tf.dispose([image, mean]);
  return values;
}

const strongest = (values: readonly number[]) => values.indexOf(Math.max(...values));

function picturesOf({ figures }: Chapter) {
  return figures.flatMap((figure) => (figure.kind === 'pictures' ? figure.rows : []));
}

it('draws each class by each method, in the color that it is for where a method may choose it', async () => {
  const before = tf.memory().numTensors;
  const { chapter, drawings } = await classesChapter(subject, options);
  expect(tf.memory().numTensors).toBe(before);
  const [side, ...rows] = picturesOf(chapter);
  expect(side!.cells).toHaveLength(1);
  expect(drawings.map(({ method }) => method)).toEqual(['phase', 'fourier', 'pixels']);
  // The mean of an image by phases is gray.
  for (const [index, { cells }] of rows.slice(1, 3).entries()) {
    expect(cells.map(({ label }) => label)).toEqual(COLORS);
    for (const [label, cell] of cells.entries()) {
      const color = await colorOf(cell);
      expect(strongest(color)).toBe(label);
      const shares = color.map((value) => Math.exp(20 * value));
      const confidence = shares[label]! / shares.reduce((total, share) => total + share);
      expect(drawings[index + 1]!.confidences[label]).toBeCloseTo(confidence, 1);
    }
  }
  const strips = rows.slice(3);
  expect(strips.map(({ cells }) => cells[0]!.label)).toEqual(Array(3).fill('red, green'));
  for (const { cells } of strips) expect(cells[0]!.picture.width).toBeGreaterThan(2 * cells[0]!.picture.height);
  const table = chapter.figures.find(({ kind }) => kind === 'table');
  expect(table).toMatchObject({ rows: COLORS.map((name) => [name, ...Array(6).fill(expect.any(String))]) });
});

it('draws each wanted unit of a layer, in the order asked for', async () => {
  const [row] = picturesOf(await layersChapter(subject, options));
  expect(row!.heading).toBe('colors');
  expect(row!.cells.map(({ label }) => label)).toEqual(['unit 2', 'unit 0']);
  expect(await Promise.all(row!.cells.map(async (cell) => strongest(await colorOf(cell))))).toEqual([2, 0]);
});

it('sets made images beside the photographs that drive a unit most', async () => {
  const photos = await mkdtemp(join(folder, 'photos-'));
  for (const [place, shade] of [0.2, 0.96, 0.6].entries()) {
    for (const [channel, name] of COLORS.entries()) {
      const picture = tf.tidy(() =>
        tf.mul(
          tf.ones<tf.Rank.R3>([16, 16, 3]),
          tf.tensor1d(COLORS.map((_, index) => (index === channel ? shade : 0))),
        ),
      ) as tf.Tensor3D;
      await writeFile(join(photos, `${name}-${place}.png`), await encodePng(picture));
      picture.dispose();
    }
  }
  const before = tf.memory().numTensors;
  const chapter = await unitPagesChapter(subject, photos, options);
  expect(tf.memory().numTensors).toBe(before);
  const rows = picturesOf(chapter);
  expect(rows.map(({ heading }) => heading)).toEqual(['colors, unit 2', 'colors, unit 0']);
  for (const [index, unit] of [2, 0].entries()) {
    const { cells } = rows[index]!;
    expect(cells.map(({ label }) => label)).toEqual([
      'made, seed 0',
      'made, seed 1',
      'real 1',
      'real 2',
      'real 3',
      'real 4',
    ]);
    const color = await Promise.all(cells.map(colorOf));
    for (const made of color.slice(0, 2)) expect(strongest(made)).toBe(unit);
    const shades = color.slice(2, 5).map((mean) => mean[unit]!);
    // The last is below half of the unit's peak, and so darkened.
    expect(shades).toEqual([0.96, 0.6, 0.1].map((shade) => expect.closeTo(shade, 1)));
    expect(cells[2]!.note).toBe(`peak ${(0.96 * (1 - 0.5 / 3)).toFixed(1)}`);
  }
});

it('makes several sides of one class, alone and to differ', async () => {
  const { chapter, alone, apart } = await diversityChapter(subject, 'colors', options);
  expect(picturesOf(chapter).map(({ heading, cells }) => [heading, cells.length])).toEqual([
    ['alone', 4],
    ['with diversity at colors', 4],
  ]);
  for (const { meanLogit, distance } of [alone, apart]) {
    expect(meanLogit).toBeGreaterThan(5);
    expect(distance).toBeGreaterThan(0);
  }
});

it('says how many units there are where one is asked for that does not exist', async () => {
  const missing: Subject = { ...subject, layers: [{ layer: 'colors', units: [1, 3] }] };
  await expect(layersChapter(missing, options)).rejects.toThrow('unit 3 does not exist: the layer has 3, 0 to 2');
});

it('goes through more units than fit into a batch, and tells how far it is', async () => {
  const told: number[] = [];
  const drawing = await drawUnits(
    subject,
    [0, 1, 2],
    (some) => channel(subject.network.probe('colors'), some),
    'pixels',
    { ...options, update: (value) => told.push(value) },
  );
  expect(drawing.images.shape).toEqual([3, 16, 16, 3]);
  expect(drawing.traces.map((trace) => trace.length)).toEqual([13, 13, 13]);
  for (const [index, trace] of drawing.traces.entries()) {
    expect(Math.max(...trace)).toBeCloseTo(drawing.activations[index]!, 5);
  }
  expect(told.at(-1)).toBe(3 * options.steps);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  tf.dispose([drawing.images, drawing.film]);
});
