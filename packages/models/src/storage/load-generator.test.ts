import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { chain } from '../../test-support/networks.ts';
import { loadGenerator } from './load-generator.ts';
import { saveModel } from './save-model.ts';

useBackend('wasm');

const data = process.env.CNNVIZ_DATA ?? '';

it.skipIf(data === '')(
  'loads the generator of house numbers (skipped unless CNNVIZ_DATA names the folder)',
  async () => {
    const { generator, codeLength, dispose } = await loadGenerator(join(data, 'models/svhn-dcgan'));
    expect(codeLength).toBe(100);
    const images = generator(tf.zeros([2, 100]));
    expect(images.shape).toEqual([2, 32, 32, 3]);
    const values = await images.data<'float32'>();
    expect(values.every((value) => Math.abs(value) <= 1)).toBe(true);
    // The average house number is neither black nor white.
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(0.9);
    dispose();
  },
);

it('rejects a model that takes images', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cnnviz-generator-'));
  const model = chain();
  try {
    await saveModel(model, folder, { preprocessing: { range: [0, 1] } });
    await expect(loadGenerator(folder)).rejects.toThrow(/loadGenerator: .* must map codes \[n, d\] to images/);
  } finally {
    model.dispose();
    await rm(folder, { recursive: true });
  }
});
