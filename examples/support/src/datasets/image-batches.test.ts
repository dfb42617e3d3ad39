import '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { imageBatches } from './image-batches.ts';
import type { ImageSet } from './image-set.ts';

const set: ImageSet = {
  name: 'levels',
  images: Uint8Array.from({ length: 10 * 4 }, (_, i) => Math.floor(i / 4) * 25 + (i % 4)),
  labels: Uint8Array.from({ length: 10 }, (_, i) => i),
  shape: [2, 2, 1],
  classes: [...'0123456789'],
  bounds: [0, 1],
};

async function labelsOf(options: Parameters<typeof imageBatches>[1]): Promise<number[]> {
  const labels: number[] = [];
  for (const batch of imageBatches(set, options)) labels.push(...(await batch.labels.data()));
  return labels;
}

beforeAll(() => tf.setBackend('cpu'));

describe('imageBatches', () => {
  it('gives every image once, in the order of the set, the last batch smaller', async () => {
    const shapes = [...imageBatches(set, { size: 4 })].map(({ images, labels }) => [images.shape, labels.shape]);
    expect(shapes).toEqual([
      [[4, 2, 2, 1], [4]],
      [[4, 2, 2, 1], [4]],
      [[2, 2, 2, 1], [2]],
    ]);
    expect(await labelsOf({ size: 4 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('maps level 0 to the lower bound and 255 to the upper', async () => {
    const extremes = { ...set, images: Uint8Array.of(0, 255, 51, 204), labels: Uint8Array.of(0) };
    const [inUnit, inOwn] = [undefined, [-1, 1] as const].map((bounds) =>
      imageBatches(extremes, { size: 1, ...(bounds && { bounds }) }),
    );
    for (const { images } of inUnit!)
      expect([...(await images.data())]).toEqual([0, 1, ...new Float32Array([0.2, 0.8])]);
    for (const { images } of inOwn!) {
      const [min, max, ...between] = await images.data();
      expect([min, max]).toEqual([-1, 1]);
      expect(between[0]).toBeCloseTo(-0.6, 6);
      expect(between[1]).toBeCloseTo(0.6, 6);
    }
  });

  it('keeps image and label together when it shuffles', async () => {
    for (const batch of imageBatches(set, { size: 3, seed: 0 })) {
      const images = await batch.images.data();
      const labels = await batch.labels.data();
      labels.forEach((label, i) => {
        expect(images[i * 4 + 3]).toBeCloseTo((label * 25 + 3) / 255, 6);
      });
    }
  });

  it('shuffles by seed and epoch, and alike each time', async () => {
    const order = await labelsOf({ size: 3, seed: 0 });
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await labelsOf({ size: 4, seed: 0, epoch: 0 })).toEqual(order);
    expect(await labelsOf({ size: 3, seed: 0, epoch: 1 })).not.toEqual(order);
    expect(await labelsOf({ size: 3, seed: 1 })).not.toEqual(order);
    // Neighboring seeds share no epochs.
    expect(await labelsOf({ size: 3, seed: 1 })).not.toEqual(await labelsOf({ size: 3, seed: 0, epoch: 1 }));
  });

  it('can be iterated again', async () => {
    const batches = imageBatches(set, { size: 5, seed: 3 });
    const passes: number[][] = [[], []];
    for (const pass of passes) for (const { labels } of batches) pass.push(...(await labels.data()));
    expect(passes[0]).toEqual(passes[1]);
  });

  it('holds one batch at a time, also when left half way', () => {
    const before = tf.memory().numTensors;
    for (const _ of imageBatches(set, { size: 1 })) expect(tf.memory().numTensors).toBe(before + 2);
    for (const _ of imageBatches(set, { size: 1 })) break;
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ size: 0 }, 'size must be an integer >= 1, got 0'],
    [{ size: 1, seed: -1 }, 'seed must be an integer >= 0'],
    [{ size: 1, epoch: 0.5 }, 'epoch must be an integer >= 0, got 0.5'],
    [{ size: 1, bounds: [1, 0] as const }, 'bounds must be two finite numbers [min, max] with min < max'],
  ])('rejects %j', (options, message) => {
    expect(() => imageBatches(set, options)).toThrow(`@cnnviz/example-support: imageBatches: ${message}`);
  });
});
