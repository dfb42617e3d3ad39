import { createRandom, gaussianBlur } from '@cnnviz/internal';
import { constantClassifier, linearClassifier, linearClosedForm, useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type FoolingImagesOptions, foolingImages } from './fooling-images.ts';

useBackend('cpu');

type Classify = Parameters<typeof foolingImages>[0];

async function fool(model: Classify, options: FoolingImagesOptions) {
  const { images, ...rest } = await foolingImages(model, options);
  const pixels = (await images.array()) as number[][][][];
  const { shape } = images;
  tf.dispose(images);
  return { ...rest, shape, pixels: pixels.map((image) => image.flat(2)) };
}

const weights = [
  [2, -4, 8, 1],
  [-2, 6, 4, -8],
  [4, 2, -4, 2],
];
const bias = [0.5, -0.25, 0];
const linear = linearClassifier(weights, bias);
const closedForm = linearClosedForm(weights, bias);
const options = { shape: [2, 2, 1], targets: [0, 1, 2], bounds: [0, 1], seed: 7 } as const;

/** Convolution to 8 maps, ReLU, dense to 10 logits, of random weights. */
function randomCnn(): Classify {
  const random = createRandom(0);
  const kernel = random.fillNormal(new Float32Array(3 * 3 * 8), 0, 0.5);
  const dense = random.fillNormal(new Float32Array(6 * 6 * 8 * 10), 0, 0.5);
  return (images) =>
    tf.tidy(() => {
      const maps = tf.relu(tf.conv2d(images, tf.tensor4d(kernel, [3, 3, 1, 8]), 1, 'valid'));
      return tf.matMul(tf.reshape(maps, [-1, 288]), tf.tensor2d(dense, [288, 10])) as Tensor2D;
    });
}

describe('foolingImages', () => {
  test('makes all ten classes of a convolutional network certain, in 300 iterations', async () => {
    const { confidences, shape, iterations, firstIterations, pixels } = await fool(randomCnn(), {
      ...options,
      shape: [8, 8, 1],
      targets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      deviation: 0.1,
    });
    expect(Math.min(...confidences)).toBeGreaterThan(0.9999);
    expect(shape).toEqual([10, 8, 8, 1]);
    expect(iterations).toBe(300);
    for (const level of ['0.99', '0.999', '0.9999'] as const) expect(firstIterations[level]).not.toContain(null);
    expect(Math.min(...pixels.flat())).toBeGreaterThanOrEqual(0);
    expect(Math.max(...pixels.flat())).toBeLessThanOrEqual(1);
  });

  test('blurs after every so many iterations', async () => {
    // The smoother an image, the surer; the step itself is too short to be seen.
    const rough: Classify = (images) =>
      tf.tidy(() => {
        const energy = tf.sum(tf.square(tf.reshape(images, [images.shape[0], 64])), 1, true);
        return tf.concat([tf.neg(energy), tf.zerosLike(energy)], 1) as Tensor2D;
      });
    const still = { objective: 'logit', learningRate: 1e-12, start: 'uniform' } as const;
    const settings = { ...options, ...still, shape: [8, 8, 1], targets: [0] } as const;
    const start = await fool(rough, { ...settings, iterations: 1 });
    const once = { blur: 0.7, blurEvery: 3 };
    const { pixels } = await fool(rough, { ...settings, ...once, iterations: 6 });
    const expected = tf.tidy(() => gaussianBlur(tf.tensor4d(start.pixels[0]!, [1, 8, 8, 1]), 0.7));
    for (const [index, value] of (await expected.data()).entries()) expect(pixels[0]![index]).toBeCloseTo(value, 5);
    expected.dispose();
    expect((await fool(rough, { ...settings, blur: 0, iterations: 6 })).pixels).toEqual(start.pixels);
  });

  test('reports the probability that its images have', async () => {
    const { pixels, confidences, targets } = await fool(linear, options);
    for (const [index, target] of targets.entries()) {
      expect(confidences[index]).toBeCloseTo(closedForm.probabilities(pixels[index]!)[target]!, 5);
    }
  });

  test('reaches the corner of the box, where a linear classifier is most certain', async () => {
    const pair = linearClassifier(weights.slice(0, 2), [0, 0]);
    const { pixels } = await fool(pair, { ...options, targets: [0, 1], iterations: 2000, late: 0.9 });
    expect(pixels).toEqual([
      [1, 0, 1, 1],
      [0, 1, 0, 0],
    ]);
  });

  test('takes the step of the progress rule', async () => {
    const common = { ...options, start: 'mean', bounds: [-100, 100], mean: 0.01, targets: [1] } as const;
    const start = [0.01, 0.01, 0.01, 0.01];
    const { pixels, bestIterations } = await fool(linear, { ...common, iterations: 2 });
    const p = closedForm.probabilities(start)[1]!;
    const wanted = Math.min(0.03, 0.1 * (1 - p));
    const gain = Math.log((p + wanted) / (1 - p - wanted)) - Math.log(p / (1 - p));
    // log-odds = -log(exp(cross-entropy) - 1), so its gradient is that of the cross-entropy over p - 1.
    const gradient = closedForm.crossEntropyGradient(start, 1).map((value) => value / (p - 1));
    const squaredLength = gradient.reduce((sum, value) => sum + value * value, 0);
    expect(bestIterations).toEqual([1]);
    for (const [index, pixel] of pixels[0]!.entries()) {
      expect(pixel).toBeCloseTo(0.01 + (gain * gradient[index]!) / squaredLength, 5);
    }
  });

  test('takes the step of the gradient of the probability at a constant learning rate', async () => {
    const common = { ...options, start: 'mean', mean: 0.5, targets: [2], iterations: 2 } as const;
    const start = [0.5, 0.5, 0.5, 0.5];
    const { pixels } = await fool(linear, { ...common, learningRate: 0.01 });
    const p = closedForm.probabilities(start)[2]!;
    const gradient = closedForm.crossEntropyGradient(start, 2).map((value) => -p * value);
    for (const [index, pixel] of pixels[0]!.entries()) expect(pixel).toBeCloseTo(0.5 + 0.01 * gradient[index]!, 6);
  });

  test('takes the step of the gradient of the logit', async () => {
    const common = { ...options, start: 'mean', mean: 0.5, targets: [2], iterations: 2 } as const;
    const { pixels } = await fool(linear, { ...common, objective: 'logit', learningRate: 0.01 });
    for (const [index, pixel] of pixels[0]!.entries()) expect(pixel).toBeCloseTo(0.5 + 0.01 * weights[2]![index]!, 6);
  });

  test('decays towards the mean of each channel', async () => {
    const { pixels, bestIterations } = await fool(constantClassifier([1, 2]), {
      ...options,
      shape: [1, 1, 2],
      targets: [0],
      start: 'uniform',
      mean: [0.2, 0.9],
      decay: 1,
      iterations: 1,
    });
    expect(bestIterations).toEqual([0]);
    const seen: number[][] = [];
    const watching: Classify = (images) => {
      void images.data().then((values) => seen.push([...values]));
      return constantClassifier([1, 2])(images);
    };
    await fool(watching, {
      ...options,
      shape: [1, 1, 2],
      targets: [0],
      start: 'uniform',
      mean: [0.2, 0.9],
      decay: 0.5,
      iterations: 2,
    });
    expect(seen[0]).toEqual(pixels[0]);
    expect(seen[1]![0]).toBeCloseTo((pixels[0]![0]! + 0.2) / 2, 6);
    expect(seen[1]![1]).toBeCloseTo((pixels[0]![1]! + 0.9) / 2, 6);
  });

  test('starts every target from the same noise, and its repetition from another', async () => {
    const start = { ...options, iterations: 1, deviation: 0.1 };
    const { pixels } = await fool(linear, { ...start, targets: [2, 0, 2, 2] });
    expect(pixels[0]).toEqual(pixels[1]);
    expect(pixels[2]).not.toEqual(pixels[0]);
    expect(pixels[3]).not.toEqual(pixels[2]);
    const other = await fool(linear, { ...start, seed: 8 });
    expect(other.pixels[0]).not.toEqual(pixels[0]);
  });

  test('starts from noise of the stated mean and deviation', async () => {
    const { pixels } = await fool(constantClassifier([0, 0]), {
      ...options,
      shape: [100, 100, 1],
      targets: [0],
      bounds: [0, 255],
      mean: 100,
      iterations: 1,
    });
    const noise = pixels[0]!;
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    // Five standard errors of 10,000 normal numbers.
    expect(Math.abs(mean - 100)).toBeLessThan(0.05);
    expect(Math.abs(Math.sqrt(variance) - 1)).toBeLessThan(0.036);
  });

  test('starts from uniform noise over the bounds, or from the mean alone', async () => {
    const start = { ...options, shape: [50, 50, 1], targets: [0], bounds: [-1, 3], iterations: 1 } as const;
    const { pixels } = await fool(constantClassifier([0, 0]), { ...start, start: 'uniform' });
    expect(Math.min(...pixels[0]!)).toBeGreaterThanOrEqual(-1);
    expect(Math.min(...pixels[0]!)).toBeLessThan(-0.95);
    expect(Math.max(...pixels[0]!)).toBeGreaterThan(2.95);
    const gray = await fool(constantClassifier([0, 0]), { ...start, start: 'mean' });
    expect(new Set(gray.pixels[0])).toEqual(new Set([1]));
  });

  test('gets away from a probability of 0 in float32', async () => {
    const hopeless = linearClassifier(
      weights.map((row) => row.map((weight) => 20 * weight)),
      [150, 0, 0],
    );
    const { confidences } = await fool(hopeless, { ...options, targets: [2], bounds: [-10, 10] });
    const start = linearClosedForm(
      weights.map((row) => row.map((weight) => 20 * weight)),
      [150, 0, 0],
    );
    expect(Math.fround(start.probabilities([0, 0, 0, 0])[2]!)).toBe(0);
    expect(confidences[0]).toBeGreaterThan(0.99);
  });

  test('keeps the best image, not the last', async () => {
    // Strong decay makes the images worse after a good start.
    const { bestIterations, confidences, pixels } = await fool(linear, {
      ...options,
      targets: [0],
      start: 'uniform',
      seed: 3,
      decay: 0.9,
      iterations: 20,
    });
    const reported: number[] = [];
    await fool(linear, {
      ...options,
      targets: [0],
      start: 'uniform',
      seed: 3,
      decay: 0.9,
      iterations: 20,
      onProgress: (progress) => void reported.push(progress.confidences[0]!),
    });
    expect(bestIterations[0]).toBeLessThan(19);
    expect(reported).toHaveLength(20);
    expect(reported.at(-1)).toBe(confidences[0]);
    expect(closedForm.probabilities(pixels[0]!)[0]).toBeCloseTo(confidences[0]!, 5);
    for (let index = 1; index < 20; index++) expect(reported[index]).toBeGreaterThanOrEqual(reported[index - 1]!);
  });

  test('records the first iteration at each level', async () => {
    const watched: number[] = [];
    const watching: Classify = (images) => {
      const logits = linear(images);
      void logits.data().then(([a = 0, b = 0, c = 0]) => {
        const own = Math.exp(b);
        watched.push(own / (own + Math.exp(a) + Math.exp(c)));
      });
      return logits;
    };
    const { firstIterations } = await fool(watching, { ...options, targets: [1] });
    const first = (level: number) => {
      const index = watched.findIndex((probability) => probability > level);
      return index === -1 ? null : index;
    };
    expect(firstIterations['0.99']).toEqual([first(0.99)]);
    expect(firstIterations['0.999']).toEqual([first(0.999)]);
    expect(firstIterations['0.9999']).toEqual([first(0.9999)]);
    expect(firstIterations.majority[0]).toBeLessThan(firstIterations['0.99'][0]!);
  });

  test('says null for a level that was not reached', async () => {
    const { firstIterations } = await fool(constantClassifier([0, 1]), { ...options, targets: [0, 1], iterations: 3 });
    expect(firstIterations).toEqual({
      majority: [null, 0],
      '0.99': [null, null],
      '0.999': [null, null],
      '0.9999': [null, null],
    });
  });

  test('leaves each image as it first is beyond stopAt, and ends once all are', async () => {
    const { iterations, confidences, bestIterations } = await fool(linear, {
      ...options,
      targets: [0, 1],
      stopAt: 0.9,
    });
    expect(iterations).toBe(Math.max(...bestIterations) + 1);
    for (const [index, target] of [0, 1].entries()) {
      const alone = await fool(linear, { ...options, targets: [target], stopAt: 0.9 });
      expect(alone.iterations).toBe(bestIterations[index]! + 1);
      expect(confidences[index]).toBeGreaterThan(0.9);
      expect(alone.confidences[0]).toBeCloseTo(confidences[index]!, 6);
    }
  });

  test('says at which step logits or gradients are not finite', async () => {
    let calls = 0;
    const breaking: Classify = (images) => (++calls < 3 ? linear(images) : tf.mul(linear(images), Number.NaN));
    await expect(foolingImages(breaking, options)).rejects.toThrow(
      '@cnnviz/adversarial: foolingImages: logits must be finite, got NaN or Infinity for image 0 at step 2',
    );
    const steep: Classify = (images) => linear(tf.sqrt(tf.mul(images, 0)) as Tensor4D);
    await expect(foolingImages(steep, options)).rejects.toThrow(
      '@cnnviz/adversarial: foolingImages: gradients must be finite, got NaN or Infinity for image 0 at step 0',
    );
  });

  test('is plain data but for the images', async () => {
    const { images, ...rest } = await foolingImages(linear, { ...options, iterations: 2 });
    tf.dispose(images);
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
  });
});
