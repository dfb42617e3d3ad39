import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chapter, type Picture, readPhoto } from '@cnnviz/example-support';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Experiment } from './experiment.ts';
import { classesChapter, hiddenChapter, houseNumbersChapter } from './report.ts';
import { METHODS } from './synthesize-classes.ts';

useBackend('cpu');

const SIDE = 4;
/** Each pixel of a picture is shown as so many. */
const FACTOR = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dgn-am-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** One image of each shade, all in one batch. */
const imagesOf = (...shades: number[]) =>
  tf.tidy(() => tf.mul(tf.ones([shades.length, SIDE, SIDE, 1]), tf.reshape(shades, [-1, 1, 1, 1]))) as Tensor4D;

/** A shade of its own, of 256, for each method, class and frame. */
const shadeOf = (method: number, label: number, frame: number) => (10 + 81 * method + 9 * label + frame) / 255;

/** What a run gives back, with images by which one can tell where they went. */
function experimentOf({ labels, frames }: { labels: number; frames: number }) {
  const all = Array.from({ length: labels }, (_, label) => label);
  const classes = METHODS.map((method, index) => {
    const film = Array.from({ length: frames }, (_, frame) =>
      imagesOf(...all.map((label) => shadeOf(index, label, frame))),
    );
    return {
      method,
      units: all,
      images: tf.clone(film.at(-1)!),
      activations: all.map(() => 0.8),
      film,
      steps: 1,
      seconds: 1,
    };
  });
  const experiment = {
    classes,
    readings: METHODS.map(() => all),
    quality: [],
    accuracies: { encoder: 1, studied: 1, judge: 1 },
  } as unknown as Experiment;
  const classNames = all.map((label) => `class ${label}`);
  const dispose = () => tf.dispose(classes.map(({ images, film }) => [images, ...film]));
  return { experiment, classNames, dispose };
}

function picturesOf({ figures }: Chapter): Picture[] {
  return figures.flatMap((figure) =>
    figure.kind === 'pictures' ? figure.rows.flatMap(({ cells }) => cells.map(({ picture }) => picture)) : [],
  );
}

/** The middles of the tiles of a square picture, of 256 shades. */
async function tilesOf(
  { name, png, width, height }: Picture,
  { columns, padding = 1 }: { columns: number; padding?: number },
) {
  expect([width, height], name).toEqual(Array(2).fill(FACTOR * (columns * (SIDE + padding) - padding)));
  const path = join(folder, `${name}.png`);
  await writeFile(path, png);
  const photo = await readPhoto(path, { size: width });
  const pixels = await photo.array();
  photo.dispose();
  const middles = Array.from({ length: columns }, (_, tile) => FACTOR * (tile * (SIDE + padding) + SIDE / 2));
  return middles.map((row) => middles.map((column) => Math.round(255 * pixels[row]![column]![0]!)));
}

const named = (pictures: readonly Picture[], name: string) => pictures.find((picture) => picture.name === name)!;
const shades = (of: readonly number[][]) => of.map((row) => row.map((shade) => Math.round(255 * shade)));

it('lays out the grid of classes: a row for each method, a column for each class; and each of them alone', async () => {
  const { experiment, classNames, dispose } = experimentOf({ labels: 3, frames: 1 });
  const before = tf.memory().numTensors;
  const pictures = picturesOf(await classesChapter(experiment, { classNames, wanted: 0.8 }));
  expect(tf.memory().numTensors).toBe(before);
  const grid = [0, 1, 2].map((method) => [0, 1, 2].map((label) => shadeOf(method, label, 0)));
  expect(await tilesOf(named(pictures, 'classes'), { columns: 3 })).toEqual(shades(grid));
  for (const [index, method] of METHODS.entries()) {
    for (const label of [0, 1, 2]) {
      const alone = await tilesOf(named(pictures, `${method}-${label}`), { columns: 1 });
      expect(alone).toEqual(shades([[shadeOf(index, label, 0)]]));
    }
  }
  dispose();
});

it('lays out film strips of three classes: a row for each, a column for each moment', async () => {
  const { experiment, classNames, dispose } = experimentOf({ labels: 9, frames: 3 });
  const chapter = await classesChapter(experiment, { classNames, wanted: 0.8 });
  for (const [index, method] of METHODS.entries()) {
    const strip = [0, 3, 8].map((label) => [0, 1, 2].map((frame) => shadeOf(index, label, frame)));
    expect(await tilesOf(named(picturesOf(chapter), `film-${method}`), { columns: 3 })).toEqual(shades(strip));
  }
  const labels = chapter.figures.flatMap((figure) =>
    figure.kind === 'pictures' ? figure.rows.flatMap(({ cells }) => cells.map(({ label }) => label)) : [],
  );
  expect(labels.filter((label) => label === 'class 0, class 3, class 8')).toHaveLength(METHODS.length);
  dispose();
});

it('sets what each hidden unit wants before the images that excite it most, with both activations', async () => {
  const images = imagesOf(0.2, 0.4);
  const real = imagesOf(0, 0.2, 0.4, 0.6, 0.8, 1);
  const hidden = {
    units: [
      { unit: 17, bestReal: 5, topImages: [0, 1, 2] },
      { unit: 4, bestReal: 2, topImages: [3, 4, 5] },
    ],
    synthesized: { images, activations: [0.8, 1.5] },
    real,
  };
  const { figures } = await hiddenChapter({ hidden } as unknown as Experiment);
  const rows = figures.flatMap((figure) => (figure.kind === 'pictures' ? figure.rows : []));
  expect(rows.map(({ heading, cells }) => [heading, cells[0]!.note, cells[1]!.note])).toEqual([
    ['unit 17', '4.00', '5.00'],
    ['unit 4', '3.00', '2.00'],
  ]);
  const drawn = rows.map(({ cells }) => Promise.all(cells.map(({ picture }) => tilesOf(picture, { columns: 1 }))));
  expect((await Promise.all(drawn)).map((row) => row.flat(2))).toEqual(
    shades([
      [0.2, 0, 0.2, 0.4],
      [0.4, 0.6, 0.8, 1],
    ]),
  );
  tf.dispose([images, real]);
});

it('lays out house numbers ten in a row, and below them what the network sees', async () => {
  const of100 = (first: number) => Array.from({ length: 100 }, (_, index) => (first + index) / 255);
  const gray = imagesOf(...of100(100));
  const photographs = tf.tile<Tensor4D>(gray, [1, 1, 1, 3]);
  const seen = imagesOf(...of100(20));
  const digits = Array.from({ length: 100 }, (_, index) => index % 10);
  const drawn = { photographs, seen, digits, confidences: digits.map((digit) => digit / 10), testAccuracy: 0.96 };
  const chapter = await houseNumbersChapter(drawn);
  const [photos, below] = picturesOf(chapter);
  expect((await tilesOf(photos!, { columns: 10 })).flat()).toEqual(Array.from(digits, (_, index) => 100 + index));
  expect((await tilesOf(below!, { columns: 10 })).flat()).toEqual(Array.from(digits, (_, index) => 20 + index));
  expect(chapter.facts!.map(({ value }) => value)).toEqual(['96.0\u00a0%', '45.0\u00a0%']);
  expect(chapter.figures[0]).toMatchObject({ caption: expect.stringContaining('Digits 0, 1, 2, 3, 4, 5, 6, 7, 8, 9') });
  tf.dispose([gray, photographs, seen]);
});
