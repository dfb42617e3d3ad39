import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSqueezeNet, loadTinyDarknet } from './imagenet-models.ts';

useBackend('cpu');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
// A reader that the end of the time interrupted may still write.
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

async function saveClassifier(path: string): Promise<void> {
  const layers = [tfl.layers.flatten({ inputShape: [1, 1, 3] }), tfl.layers.dense({ units: 1000 })];
  const model = tfl.sequential({ layers });
  await saveModel(model, path, { preprocessing: { range: [0, 255] }, quantization: 'uint8' });
  model.dispose();
}

it('damaged class names are read or refused', async () => {
  await saveClassifier(join(folder, 'squeezenet1.0-imagenet'));
  await saveClassifier(join(folder, 'tiny-darknet-imagenet'));
  const ids = Array.from({ length: 1000 }, (_, label) => `n${label}`);
  const files = {
    'imagenet-synsets.txt': ids.map((id) => `${id} name of ${id}\n`).join(''),
    'tiny-darknet-imagenet/labels.txt': ids.map((id) => `${id}\n`).join(''),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const load = async () => {
    (await loadSqueezeNet(folder)).dispose();
    (await loadTinyDarknet(folder)).dispose();
  };
  await load();
  const before = tf.memory().numTensors;
  const whole = await Promise.all(
    Object.keys(files).map(async (name) => [name, await readFile(join(folder, name))] as const),
  );
  await fuzz(
    fc.oneof(...whole.map(([name, bytes]) => damagedBytes(bytes).map((content) => ({ name, content, bytes })))),
    async ({ name, content, bytes }) => {
      await writeFile(join(folder, name), content);
      try {
        await load();
      } finally {
        await writeFile(join(folder, name), bytes);
        expect(tf.memory().numTensors).toBe(before);
      }
    },
    ({ message }) =>
      message.startsWith('@cnnviz/models: ') || /^\S*cnnviz-damaged.*: expected .*, found /s.test(message),
  );
});
