import { createRandom, type LabeledImages } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { chiSquare, rareChiSquare, tally } from '../../test-support/chi-square.ts';
import {
  applyCondition,
  conditionName,
  corruptLabels,
  gaussianPixels,
  pixelStatistics,
  randomizePixels,
  shuffledBatches,
  shufflePixels,
  zhangConditions,
} from '../index.ts';

useBackend('cpu');

const classes = 10;
const labelsOf = (count: number) =>
  tf.tensor1d(
    Int32Array.from({ length: count }, (_, index) => index % classes),
    'int32',
  );
/** Each value is its own number, so that a value tells where it came from. */
const numbered = (count: number, size = 4, channels = 2) =>
  tf.reshape(tf.range(0, count * size * size * channels), [count, size, size, channels]) as Tensor4D;
const read = async (tensor: tf.Tensor) => Array.from(await tensor.data());

describe('corruptLabels', () => {
  const count = 20_000;
  const drawn = async (probability: number, seed = 0) => {
    const before = await read(labelsOf(count));
    return { before, after: await read(corruptLabels(labelsOf(count), { probability, classes, seed })) };
  };

  test('random labels are uniform and independent of the true ones (chi-square)', async () => {
    const { before, after } = await drawn(1);
    expect(chiSquare(tally(after, classes))).toBeLessThan(rareChiSquare(classes - 1));
    // Relabeling classes, which is not this, would fill one cell of each row.
    const pairs = tally(
      before.map((label, i) => label * classes + after[i]!),
      classes * classes,
    );
    expect(chiSquare(pairs)).toBeLessThan(rareChiSquare(classes * classes - 1));
  });

  test.each([0.1, 0.5, 0.9])('p = %d makes p (K - 1) / K of them wrong: the true class may be drawn', async (p) => {
    const { before, after } = await drawn(p);
    const wrong = after.filter((label, i) => label !== before[i]).length;
    const expected = p * (1 - 1 / classes);
    expect(Math.abs(wrong / count - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / count));
  });

  test('p = 0 changes none; what a smaller p changes, a larger p changes alike', async () => {
    const { before, after } = await drawn(0);
    expect(after).toEqual(before);
    const [less, more] = [(await drawn(0.3)).after, (await drawn(0.7)).after];
    expect(less.every((label, i) => label === before[i] || label === more[i])).toBe(true);
  });
});

describe('shufflePixels', () => {
  test('is one permutation for every image, keeps channels together, and can be undone', async () => {
    const images = numbered(5);
    const shuffled = shufflePixels(images, { seed: 3 });
    const rows = (await tf.reshape(shuffled, [5, 16, 2]).array()) as number[][][];
    const order = rows[0]!.map((pixel) => pixel[0]! / 2);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    for (const [i, image] of rows.entries()) {
      expect(image).toEqual(order.map((place) => [i * 32 + place * 2, i * 32 + place * 2 + 1]));
    }
    expect(await read(shufflePixels(shuffled, { seed: 3, undo: true }))).toEqual(await read(images));
  });

  test('of another number of images is the same permutation', async () => {
    const [all, first] = [shufflePixels(numbered(5), { seed: 3 }), shufflePixels(numbered(1), { seed: 3 })];
    expect((await read(all)).slice(0, 32)).toEqual(await read(first));
  });
});

describe('randomizePixels', () => {
  const ordersOf = async (images: Tensor4D) => {
    const count = images.shape[0];
    const rows = (await tf.reshape(images, [count, 16, 2]).array()) as number[][][];
    return rows.map((image, i) => image.map((pixel) => (pixel[0]! - i * 32) / 2));
  };

  test('is a permutation of its own for each image', async () => {
    const orders = await ordersOf(randomizePixels(numbered(40), { seed: 0 }));
    for (const order of orders)
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(new Set(orders.map(String)).size).toBe(40);
  });

  test('takes every pixel to every place equally often (chi-square)', async () => {
    const orders = await ordersOf(randomizePixels(numbered(3000), { seed: 1 }));
    const corner = tally(
      orders.map((order) => order[0]!),
      16,
    );
    expect(chiSquare(corner)).toBeLessThan(rareChiSquare(15));
  });

  test('batch by batch gives what it gives at once; seeds next to each other share nothing', async () => {
    const whole = await ordersOf(randomizePixels(numbered(6), { seed: 2 }));
    const second = await ordersOf(randomizePixels(numbered(3), { seed: 2, first: 3 }));
    expect(second).toEqual(whole.slice(3));
    const next = await ordersOf(randomizePixels(numbered(6), { seed: 3 }));
    expect(next.some((order) => whole.some((other) => String(other) === String(order)))).toBe(false);
  });
});

describe('gaussianPixels', () => {
  test('has the mean and deviation of the data set', async () => {
    const random = createRandom(0);
    const images = tf.tensor4d(random.fillUniform(new Float32Array(200 * 64), 2, 5), [200, 8, 8, 1]);
    const statistics = await pixelStatistics([tf.slice(images, 0, 70), tf.slice(images, 70)] as Tensor4D[]);
    expect(statistics.mean).toBeCloseTo(3.5, 1);
    expect(statistics.deviation).toBeCloseTo(3 / Math.sqrt(12), 1);
    const noise = await pixelStatistics([gaussianPixels(images, { ...statistics, seed: 0 })]);
    // The standard errors are 0.9 / sqrt(12800) = 0.008 and 0.006.
    expect(Math.abs(noise.mean - statistics.mean)).toBeLessThan(0.03);
    expect(Math.abs(noise.deviation - statistics.deviation)).toBeLessThan(0.025);
  });

  test('is normal, and independent from pixel to pixel and image to image (chi-square)', async () => {
    const noise = await read(gaussianPixels(tf.zeros([60, 8, 8, 2]), { mean: 3, deviation: 0.5, seed: 0 }));
    // Where the normal distribution has its tenths.
    const edges = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816];
    const tenths = noise.map((value) => edges.filter((edge) => (value - 3) / 0.5 > edge).length);
    expect(chiSquare(tally(tenths, 10))).toBeLessThan(rareChiSquare(9));
    for (const apart of [1, 128]) {
      const pairs = tally(
        tenths.slice(apart).map((tenth, i) => tenth * 10 + tenths[i]!),
        100,
      );
      expect(chiSquare(pairs)).toBeLessThan(rareChiSquare(99));
    }
  });

  test('statistics are exact where float32 sums would not be', async () => {
    const images = tf.fill([4, 64, 64, 1], 16_777_216) as Tensor4D;
    const ones = tf.fill([4, 64, 64, 1], 16_777_218) as Tensor4D;
    const { mean, deviation } = await pixelStatistics([images, ones]);
    expect(mean).toBeCloseTo(16_777_217, 5);
    expect(deviation).toBeCloseTo(1, 5);
    await expect(pixelStatistics([])).rejects.toThrow(/pixelStatistics: batches must be at least one image, got \[\]/);
  });

  test('batch by batch gives what it gives at once', async () => {
    const options = { mean: 0, deviation: 1, seed: 0 };
    const whole = await read(gaussianPixels(numbered(4), options));
    expect(await read(gaussianPixels(numbered(2), { ...options, first: 2 }))).toEqual(whole.slice(64));
  });
});

describe('applyCondition', () => {
  const data = () => ({
    train: { images: numbered(30), labels: labelsOf(30) as Tensor1D },
    test: { images: numbered(12), labels: labelsOf(12) as Tensor1D },
  });
  const changed = async (condition: (typeof zhangConditions)[number]) => {
    const before = data();
    const after = await applyCondition(before, condition, { classes, seed: 0 });
    const differs = async (a: tf.Tensor, b: tf.Tensor) => String(await read(a)) !== String(await read(b));
    return {
      trainImages: await differs(before.train.images, after.train.images),
      trainLabels: await differs(before.train.labels, after.train.labels),
      testImages: await differs(before.test.images, after.test.images),
      testLabels: await differs(before.test.labels, after.test.labels),
    };
  };
  const none = { trainImages: false, trainLabels: false, testImages: false, testLabels: false };

  test('changes what the paper changes, and never a test label', async () => {
    const seen = await Promise.all(
      zhangConditions.map(async (condition) => [conditionName(condition), await changed(condition)]),
    );
    expect(Object.fromEntries(seen)).toEqual({
      'true labels': none,
      'labels corrupted with p = 0.5': { ...none, trainLabels: true },
      'random labels': { ...none, trainLabels: true },
      'shuffled pixels': { ...none, trainImages: true, testImages: true },
      'random pixels': { ...none, trainImages: true },
      gaussian: { ...none, trainImages: true },
    });
  });

  test('shuffles training and test by the same permutation', async () => {
    const { train, test: tested } = await applyCondition(data(), 'shuffled pixels', { classes, seed: 0 });
    expect((await read(train.images)).slice(0, 12 * 32)).toEqual(await read(tested.images));
  });

  test('names what is no condition', async () => {
    const apply = (condition: unknown) => applyCondition(data(), condition as never, { classes, seed: 0 });
    await expect(apply('noise')).rejects.toThrow(
      /applyCondition: condition must be one of "true labels", .*got "noise"/,
    );
    await expect(apply({ corruptedLabels: 1.5 })).rejects.toThrow(/corruptedLabels must be a number >= 0 and <= 1/);
    const empty: LabeledImages = { images: tf.zeros([0, 4, 4, 1]), labels: tf.tensor1d([], 'int32') };
    await expect(applyCondition({ ...data(), train: empty }, 'gaussian', { classes, seed: 0 })).rejects.toThrow(
      /images must be at least one image/,
    );
  });
});

describe('shuffledBatches', () => {
  test('hold every example once, in another order each epoch and the same each time', async () => {
    const batchesOfEpoch = shuffledBatches({ images: numbered(10), labels: labelsOf(10) }, { size: 4, seed: 0 });
    const epochOf = async (epoch: number) => {
      const [labels, firsts, sizes] = [[] as number[], [] as number[], [] as number[]];
      for (const batch of batchesOfEpoch(epoch)) {
        labels.push(...(await read(batch.labels)));
        const [values, size] = [await read(batch.images), batch.images.shape[0]];
        sizes.push(size);
        for (let i = 0; i < size; i++) firsts.push(values[i * 32]! / 32);
      }
      return { labels, firsts, sizes };
    };
    const [first, again, second] = [await epochOf(0), await epochOf(0), await epochOf(1)];
    expect(first.sizes).toEqual([4, 4, 2]);
    expect(first.firsts).toEqual(first.labels);
    expect(first.labels.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(again).toEqual(first);
    expect(second.labels).not.toEqual(first.labels);
  });
});
