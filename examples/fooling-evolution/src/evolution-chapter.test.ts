import type { Chapter } from '@cnnviz/example-support';
import { tinyCnn, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { evolutionChapter, percent } from './evolution-chapter.ts';
import { type EvolvedImages, evolveImages } from './evolve-images.ts';

useBackend('cpu');

const classes = ['cat', 'dog', 'newt'];
const shape = [8, 8, 1] as const;
let evolved: EvolvedImages;

beforeAll(async () => {
  evolved = await evolveImages(
    { model: tinyCnn(), shape, bounds: [0, 1] },
    { encoding: 'direct', generations: 8, populationSize: 12, batchSize: 12, seed: 0, onProgress: () => {} },
  );
});

const chapterOf = (shown: number) =>
  evolutionChapter({ name: 'A network', classes, shape }, evolved, {
    id: 'direct',
    title: 'Evolved',
    intro: [],
    shown,
  });

function cellsOf({ figures }: Chapter, figure: number) {
  const found = figures[figure]!;
  if (found.kind !== 'pictures') throw new Error(`figure ${figure} is a ${found.kind}`);
  return found.rows.flatMap(({ cells }) => cells);
}

describe('evolutionChapter', () => {
  it('shows every class in its order, with its confidence, and keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    const chapter = await chapterOf(3);
    expect(tf.memory().numTensors).toBe(before);
    const cells = cellsOf(chapter, 0);
    expect(cells.map(({ label }) => label)).toEqual(classes);
    for (const [index, { note, picture }] of cells.entries()) {
      const confidence = Math.floor(1e4 * evolved.elites[index]!.objective) / 100;
      expect(note).toBe(`${confidence.toFixed(2)}%`);
      expect(picture).toMatchObject({ name: `direct-${index}`, width: 32, height: 32 });
    }
  });

  it('shows the most confident first where it does not show all', async () => {
    const cells = cellsOf(await chapterOf(2), 0);
    const best = evolved.elites.toSorted((a, b) => b.objective - a.objective).slice(0, 2);
    expect(cells.map(({ label }) => label)).toEqual(best.map(({ cell }) => classes[cell]));
  });

  it('says how sure, after how many generations and images, and shows a family line', async () => {
    const { facts, figures } = await chapterOf(3);
    expect(facts).toContainEqual({ label: 'generations', value: '8' });
    expect(facts).toContainEqual({ label: 'images tried', value: '108' });
    expect(facts).toContainEqual({ label: 'mean confidence', value: percent(evolved.history.at(-1)!.mean) });
    expect(figures.map(({ kind }) => kind)).toEqual(['pictures', 'chart', 'pictures']);
    const [line] = cellsOf(await chapterOf(3), 2);
    const longest = Math.max(...evolved.elites.map(({ ancestors }) => ancestors.length));
    expect(line!.note!.split(',')).toHaveLength(longest + 1);
  });
});

describe('percent', () => {
  it('rounds down, so that only certainty reads 100', () => {
    expect([0.99999, 1, 0.5].map(percent)).toEqual(['99.99\u00a0%', '100.00\u00a0%', '50.00\u00a0%']);
  });
});
