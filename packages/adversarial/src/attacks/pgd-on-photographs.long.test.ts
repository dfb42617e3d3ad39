import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSqueezeNet, loadTinyDarknet, readPhoto } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { pgd } from './pgd.ts';

useBackend('wasm');

const data = process.env.CNNVIZ_DATA ?? '';
const photographs = join(data, 'imagenet-samples');

/** The first photographs of every sixtieth that the network names, and their classes. */
async function namedPhotographs(model: ImageModel, count: number): Promise<{ images: Tensor4D; labels: number[] }> {
  const files = (await readdir(photographs)).filter((name) => name.endsWith('.jpg')).sort();
  const named: { photo: tf.Tensor3D; label: number }[] = [];
  for (let index = 0; named.length < count; index = (index + 60) % files.length) {
    const photo = await readPhoto(join(photographs, files[index]!), { size: model.inputShape[0] });
    const logits = tf.tidy(() => model.classifier(tf.expandDims(photo)));
    const values = await logits.data<'float32'>();
    logits.dispose();
    const label = values.reduce((best, value, other) => (value > values[best]! ? other : best), 0);
    if (model.labels![label]!.startsWith(files[index]!.slice(0, 9))) named.push({ photo, label });
    else photo.dispose();
  }
  const photos = named.map(({ photo }) => photo);
  const images = tf.stack(photos) as Tensor4D;
  tf.dispose(photos);
  return { images, labels: named.map(({ label }) => label) };
}

const networks = [
  ['SqueezeNet 1.0', loadSqueezeNet],
  ['Tiny Darknet', loadTinyDarknet],
] as const;

describe.skipIf(data === '')('with real photographs (skipped unless CNNVIZ_DATA names the folder of the data)', () => {
  for (const [name, load] of networks) {
    test(`pgd at 8/255 fools ${name} on every photograph, and leads it to a class of one's choice`, {
      timeout: 300_000,
    }, async () => {
      const model = await load(join(data, 'models'));
      const { images, labels } = await namedPhotographs(model, 3);
      const options = {
        epsilon: 8 / 255,
        bounds: model.bounds,
        stepSize: 2 / 255,
        steps: 10,
        seed: 0,
        earlyStop: true,
      };
      const own = tf.tensor1d(labels, 'int32') as Tensor1D;
      const away = await pgd(model.classifier, images, own, options);
      expect(away.fooled).toEqual([true, true, true]);

      const wanted = labels.map((label) => (label + 500) % 1000);
      const targets = tf.tensor1d(wanted, 'int32') as Tensor1D;
      const towards = await pgd(model.classifier, images, targets, { ...options, steps: 30, targeted: true });
      expect(towards.predictions).toEqual(wanted);

      const change = tf.tidy(() => tf.max(tf.abs(tf.sub(towards.images, images))));
      expect((await change.data())[0]).toBeLessThanOrEqual(8 / 255);
      tf.dispose([images, own, targets, away.images, towards.images, change]);
      model.dispose();
    });
  }
});
