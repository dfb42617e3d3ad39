import { tinyCnn, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { evolutionChapters } from './evolution.ts';

useBackend('cpu');

it('evolves strings, then images of both kinds, and shows one of each class', async () => {
  const progress: number[] = [];
  const before = tf.memory().numTensors;
  const chapters = await evolutionChapters({
    model: tinyCnn(),
    digits: { classes: ['0', '1', '2'], shape: [8, 8, 1], bounds: [0, 1] },
    seed: 0,
    generations: 2,
    onProgress: (done) => void progress.push(done),
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(chapters.map(({ id }) => id)).toEqual(['evolution', 'evolution-direct', 'evolution-cppn']);
  expect(chapters[0]!.facts).toContainEqual({ label: 'most ones', value: '20 of 20' });
  for (const { figures } of chapters.slice(1)) {
    const [images] = figures;
    const cells = images?.kind === 'pictures' ? images.rows.flatMap((row) => row.cells) : [];
    expect(cells.map(({ label }) => label)).toEqual(['0', '1', '2']);
    for (const { note } of cells) expect(note).toMatch(/^\d+\.\d\d%$/);
  }
  expect(progress).toEqual([0, 1, 2, 2, 3, 4]);
});
