import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { generationPicture } from './generation-picture.ts';

useBackend('cpu');

it('draws a string as a row, the fittest first, and its ones white', async () => {
  const string = (bits: string) => ({ bits, fitness: [...bits].filter((bit) => bit === '1').length });
  const strings = ['001', '111', '010', '110'].map((bits) => ({ ...string(bits), selectionProbability: 0.25 }));
  const before = tf.memory().numTensors;
  const { picture, note } = await generationPicture(
    { strings, best: 3, mean: 1.75, elites: [], pairs: [] },
    { id: 'run', index: 5 },
  );
  expect(tf.memory().numTensors).toBe(before);
  expect(picture).toMatchObject({ name: 'run-generation-5', width: 12, height: 16 });
  expect(note).toBe('best 3, mean 1.8');
  const { data, channels } = decode(picture.png);
  const rows = [0, 1, 2, 3].map((row) =>
    [0, 1, 2].map((column) => (data[(4 * row * 12 + 4 * column) * channels] === 255 ? '1' : '0')).join(''),
  );
  expect(rows).toEqual(['111', '110', '001', '010']);
});
