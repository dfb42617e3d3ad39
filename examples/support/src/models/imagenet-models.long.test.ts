import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { readPhoto } from '../datasets/photo.ts';
import { loadSqueezeNet, loadTinyDarknet } from './imagenet-models.ts';

useBackend('wasm');

const data = process.env.CNNVIZ_DATA ?? '';

/** How many photographs, named by their WordNet id, have that id as the largest logit; every `step`th is shown. */
async function countRight(model: ImageModel, step: number): Promise<[right: number, shown: number]> {
  const folder = join(data, 'imagenet-samples');
  const photographs = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  const files = photographs.filter((_, index) => index % step === 0);
  let right = 0;
  for (const file of files) {
    const photo = await readPhoto(join(folder, file), { size: model.inputShape[0] });
    const logits = tf.tidy(() => model.classifier(tf.expandDims(photo)));
    const values = await logits.data<'float32'>();
    const best = values.reduce((most, value, index) => (value > values[most]! ? index : most), 0);
    if (model.labels![best]!.split(' ')[0] === file.slice(0, 9)) right++;
    tf.dispose([photo, logits]);
  }
  return [right, files.length];
}

/** Every fourth photograph (of all 250, SqueezeNet names 167 and Tiny Darknet 166). Another order of sums may turn one that is a close call. */
async function expectRight(model: ImageModel, expected: number): Promise<void> {
  const [right, shown] = await countRight(model, 4);
  expect(shown).toBe(63);
  expect(Math.abs(right - expected)).toBeLessThanOrEqual(1);
}

describe.skipIf(data === '')('with real photographs (skipped unless CNNVIZ_DATA names the folder of the data)', () => {
  it('SqueezeNet names 47 of 63: 75%', { timeout: 300_000 }, async () => {
    const before = tf.memory().numTensors;
    const model = await loadSqueezeNet(join(data, 'models'));
    expect(model.inputShape).toEqual([227, 227, 3]);
    expect(model.layers).toContainEqual({ name: 'fire9_concat', kind: 'Concatenate', shape: [13, 13, 512] });
    await expectRight(model, 47);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('Tiny Darknet names 42 of 63: 67%', { timeout: 300_000 }, async () => {
    const before = tf.memory().numTensors;
    const model = await loadTinyDarknet(join(data, 'models'));
    expect(model.inputShape).toEqual([224, 224, 3]);
    await expectRight(model, 42);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
