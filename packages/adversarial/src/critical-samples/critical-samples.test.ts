import { type Classifier, createRandom } from '@cnnviz/internal';
import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type CriticalSamplesOptions, criticalSamples } from './critical-samples.ts';

const shape = [4, 4, 1] as const;
const size = 16;

function drawImages(count: number, seed = 0): Float32Array {
  return createRandom(seed).fillUniform(new Float32Array(count * size), 0.05, 0.95);
}

async function search(model: Classifier, pixels: Float32Array, options: CriticalSamplesOptions) {
  const images = tf.tensor4d(pixels, [pixels.length / size, ...shape]);
  const { images: points, ...found } = await criticalSamples(model, images, options);
  const values = await points.data<'float32'>();
  tf.dispose([images, points]);
  return { ...found, points: values.slice() };
}

/** A linear classifier of random weights, and of each image the least radius at which it is critical. */
function linearSubject(classes: number, count: number, seed: number) {
  const random = createRandom(seed);
  const weights = Array.from({ length: classes }, () => [...random.fillNormal(new Float32Array(size))]);
  const bias = [...random.fillNormal(new Float32Array(classes), 0, 0.5)];
  const pixels = drawImages(count, seed + 1);
  const closedForm = linearClosedForm(weights, bias);
  const leastRadii = Array.from({ length: count }, (_, image) => {
    const logits = closedForm.logits(pixels.subarray(image * size, (image + 1) * size));
    const own = logits.indexOf(Math.max(...logits));
    const radii = logits.map((logit, other) => {
      const difference = weights[own]!.map((weight, pixel) => Math.abs(weight - weights[other]![pixel]!));
      return (logits[own]! - logit) / difference.reduce((total, value) => total + value, 0);
    });
    return Math.min(...radii.filter((_, other) => other !== own));
  });
  return { model: linearClassifier(weights, bias), pixels, leastRadii, closedForm };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

describeOnBackends(['cpu', 'wasm'], (backend) => {
  describe('criticalSamples', () => {
    test('finds exactly the images whose margin is below radius times the L1 norm of the weight difference', async () => {
      const { model, pixels, leastRadii } = linearSubject(2, 60, 1);
      const radius = median(leastRadii);
      const noiseless = { bounds: [0, 1], radius, alpha: radius / 4, beta: 0, maxSteps: 6, seed: 0 } as const;
      const found = await search(model, pixels, noiseless);
      // Rounding decides where the margin is what the radius allows.
      const decided = leastRadii.map((least) => Math.abs(least / radius - 1) > 1e-4);
      const expected = leastRadii.map((least) => least < radius);
      expect(found.critical.filter((_, image) => decided[image])).toEqual(
        expected.filter((_, image) => decided[image]),
      );
      expect(expected.filter(Boolean).length).toBe(30);
      // Each step gains alpha on every pixel, so that the iteration is known too.
      for (const [image, least] of leastRadii.entries()) {
        if (!decided[image]) continue;
        const steps = Math.min(Math.ceil(least / noiseless.alpha), least < radius ? 4 : 6);
        expect(found.steps[image], `steps of image ${image}`).toBe(least < radius ? steps : 6);
      }
    });

    test('finds, with noise and several classes, no image that is not critical and nearly all that are', async () => {
      const { model, pixels, leastRadii } = linearSubject(4, 60, 5);
      const radius = median(leastRadii);
      const level = radius / 0.3;
      const options = { radius, alpha: 0.25 * level, beta: 0.2 * level, maxSteps: 40, seed: 0 };
      const { critical } = await search(model, pixels, { bounds: [0, 1], ...options });
      expect(critical.filter((isCritical, image) => isCritical && leastRadii[image]! > radius)).toEqual([]);
      expect(critical.filter(Boolean).length).toBeGreaterThanOrEqual(27);
    });

    test('leaves the predicted label, and gives points that the model takes for another', async () => {
      const { model, pixels, closedForm, leastRadii } = linearSubject(4, 40, 7);
      const options = {
        bounds: [0, 1],
        radius: 2 * median(leastRadii),
        alpha: 0.1,
        maxSteps: 10,
        seed: 3,
      } as const;
      const { critical, predictions, criticalPredictions, points } = await search(model, pixels, options);
      const classOf = (values: Float32Array, image: number) => {
        const logits = closedForm.logits(values.subarray(image * size, (image + 1) * size));
        return logits.indexOf(Math.max(...logits));
      };
      expect(predictions).toEqual(critical.map((_, image) => classOf(pixels, image)));
      expect(criticalPredictions).toEqual(critical.map((_, image) => classOf(points, image)));
      expect(critical).toEqual(predictions.map((prediction, image) => prediction !== criticalPredictions[image]));
      expect(new Set(critical)).toEqual(new Set([true, false]));
    });

    test('finds none for a classifier that says the same of everything, whose points only noise moves', async () => {
      const { critical, steps, points } = await search(constantClassifier([0, 2, 1]), drawImages(5), {
        bounds: [0, 1],
        radius: 0.5,
        maxSteps: 3,
        seed: 0,
      });
      expect(critical).toEqual([false, false, false, false, false]);
      expect(steps).toEqual([3, 3, 3, 3, 3]);
      expect(points).not.toEqual(drawImages(5));
    });

    test.each([{ radius: 0 }, { maxSteps: 0 }])('gives the images, none critical, with %o', async (nothing) => {
      const pixels = drawImages(6);
      const { critical, steps, points, predictions, criticalPredictions } = await search(tinyCnn(), pixels, {
        bounds: [0, 1],
        seed: 0,
        ...nothing,
      });
      expect(critical).toEqual(new Array(6).fill(false));
      expect(steps).toEqual(new Array(6).fill(0));
      expect(points).toEqual(pixels);
      expect(criticalPredictions).toEqual(predictions);
    });

    test('stays within the radius as computed in float32, and within bounds only if asked to', async () => {
      const pixels = drawImages(20);
      pixels.fill(0, 0, size);
      pixels.fill(1, size, 2 * size);
      for (const [scale, radius] of [
        [1, 0.1],
        [255, 0.3],
      ] as const) {
        const scaled = pixels.map((pixel) => pixel * scale);
        const options = { bounds: [0, scale], radius, alpha: radius, beta: radius, maxSteps: 4, seed: 0 } as const;
        const model = constantClassifier([1, 0]);
        const { points } = await search(model, scaled, options);
        const distances = points.map((point, index) => Math.abs(point - scaled[index]!));
        expect(Math.max(...distances)).toBeLessThanOrEqual(radius);
        expect(Math.max(...distances)).toBeGreaterThan(radius * 0.999);
        expect(Math.min(...points.map((point) => Math.min(point, scale - point)))).toBeLessThan(0);
        const clipped = await search(model, scaled, { ...options, clip: true });
        expect(Math.min(...clipped.points.map((point) => Math.min(point, scale - point)))).toBeGreaterThanOrEqual(0);
      }
    });

    test('finds more with a larger radius and with more steps, and keeps what it found', async () => {
      const { model, pixels, leastRadii } = linearSubject(3, 50, 9);
      const radius = median(leastRadii);
      const common = { bounds: [0, 1], alpha: radius / 5, beta: radius / 5, seed: 2 } as const;
      const counts: number[] = [];
      let earlier: boolean[] = [];
      for (const maxSteps of [2, 5, 9, 20]) {
        const { critical, points } = await search(model, pixels, { ...common, radius, maxSteps });
        expect(earlier.filter((isCritical, image) => isCritical && !critical[image])).toEqual([]);
        counts.push(critical.filter(Boolean).length);
        earlier = critical;
        expect(points).toHaveLength(pixels.length);
      }
      expect(counts.at(-1)).toBeGreaterThan(counts[0]!);
      const byRadius: number[] = [];
      for (const factor of [0.25, 0.5, 1, 2, 4]) {
        const found = await search(model, pixels, { ...common, radius: factor * radius, maxSteps: 20 });
        byRadius.push(found.critical.filter(Boolean).length);
      }
      expect(byRadius).toEqual(byRadius.toSorted((a, b) => a - b));
      expect(byRadius[4]).toBeGreaterThan(byRadius[0]!);
    });

    test('leaves a critical image where it became critical', async () => {
      const { model, pixels, leastRadii } = linearSubject(3, 30, 11);
      const radius = 1.5 * median(leastRadii);
      const options = { bounds: [0, 1], radius, alpha: radius / 6, beta: radius / 6, seed: 0 } as const;
      const long = await search(model, pixels, { ...options, maxSteps: 12 });
      const image = long.steps.findIndex((iteration, index) => long.critical[index] && iteration >= 2);
      expect(image).toBeGreaterThanOrEqual(0);
      const short = await search(model, pixels, { ...options, maxSteps: long.steps[image]! });
      const pointOf = ({ points }: { points: Float32Array }) => points.slice(image * size, (image + 1) * size);
      expect(pointOf(short)).toEqual(pointOf(long));
      const shorter = await search(model, pixels, { ...options, maxSteps: long.steps[image]! - 1 });
      expect(shorter.critical[image]).toBe(false);
    });

    test('draws standard normal noise for each pixel of each image', async () => {
      const count = 500;
      const pixels = new Float32Array(count * size).fill(0.5);
      const { points } = await search(constantClassifier([1, 0]), pixels, {
        bounds: [0, 1],
        radius: 10,
        beta: 0.1,
        maxSteps: 1,
        seed: 4,
      });
      const noise = Array.from(points, (point) => (point - 0.5) / 0.1);
      const mean = noise.reduce((total, value) => total + value, 0) / noise.length;
      const variance = noise.reduce((total, value) => total + value * value, 0) / noise.length;
      expect(Math.abs(mean) * Math.sqrt(noise.length)).toBeLessThan(4);
      expect(Math.abs(variance - 1) * Math.sqrt(noise.length / 2)).toBeLessThan(4);
      // Pearson's test on tenths of the normal distribution: 9 degrees of freedom exceed 33.7 once in 10,000 times.
      const tenths = [-1.28155, -0.84162, -0.5244, -0.25335, 0, 0.25335, 0.5244, 0.84162, 1.28155];
      const counts = new Array<number>(10).fill(0);
      for (const value of noise) counts[tenths.filter((limit) => value > limit).length]!++;
      const expected = noise.length / 10;
      expect(counts.reduce((total, value) => total + (value - expected) ** 2 / expected, 0)).toBeLessThan(33.7);
      // Neighbors in a row, in a column and across images do not resemble each other.
      for (const lag of [1, 4, size]) {
        const pairs = noise.length - lag;
        let product = 0;
        for (let index = 0; index < pairs; index++) product += noise[index]! * noise[index + lag]!;
        expect(Math.abs(product) / Math.sqrt(pairs), `correlation at distance ${lag}`).toBeLessThan(4);
      }
    });

    test('finds the same on any scale of pixels', async () => {
      const { model, pixels, leastRadii } = linearSubject(3, 40, 13);
      const radius = median(leastRadii);
      const onScale = (min: number, max: number) => {
        const span = max - min;
        const rescaled: Classifier = (images) =>
          tf.tidy(() => model(tf.div(tf.sub(images, min), span) as Tensor4D)) as Tensor2D;
        return search(
          rescaled,
          pixels.map((pixel) => min + span * pixel),
          {
            bounds: [min, max],
            radius: radius * span,
            alpha: (radius / 5) * span,
            beta: (radius / 4) * span,
            maxSteps: 8,
            seed: 1,
          },
        );
      };
      const onUnitScale = await onScale(0, 1);
      expect(new Set(onUnitScale.critical)).toEqual(new Set([true, false]));
      for (const [min, max] of [
        [0, 255],
        [-1, 1],
        [-0.8, 2.7],
      ] as const) {
        const { critical, steps } = await onScale(min, max);
        expect({ critical, steps }).toEqual({
          critical: onUnitScale.critical,
          steps: onUnitScale.steps,
        });
      }
    });

    test('takes 0.3, 0.25 and 0.2 of 255 levels by default', async () => {
      const pixels = drawImages(8, 17);
      const model = tinyCnn({ shape, seed: 3 });
      for (const [min, max] of [
        [0, 255],
        [-1, 1],
      ] as const) {
        const level = (max - min) / 255;
        const scaled = pixels.map((pixel) => min + (max - min) * pixel);
        const options = { bounds: [min, max], maxSteps: 3, seed: 0 } as const;
        const defaults = await search(model, scaled, options);
        const stated = { radius: 0.3 * level, alpha: 0.25 * level, beta: 0.2 * level };
        expect(defaults).toEqual(await search(model, scaled, { ...options, ...stated }));
        const distances = defaults.points.map((point, index) => Math.abs(point - scaled[index]!));
        expect(Math.max(...distances)).toBeCloseTo(0.3 * level, 4);
      }
    });

    test('treats an image alike in a batch and alone, given its number', async () => {
      const { model, pixels, leastRadii } = linearSubject(3, 10, 19);
      const radius = median(leastRadii);
      const options = {
        bounds: [0, 1],
        radius,
        alpha: radius / 5,
        beta: radius / 3,
        maxSteps: 8,
        seed: 6,
      } as const;
      const whole = await search(model, pixels, options);
      expect(new Set(whole.critical).size).toBe(2);
      for (const first of [0, 3, 9]) {
        const alone = await search(model, pixels.slice(first * size, (first + 1) * size), { ...options, first });
        expect(alone.critical[0]).toBe(whole.critical[first]);
        expect(alone.steps[0]).toBe(whole.steps[first]);
        expect(alone.points).toEqual(whole.points.slice(first * size, (first + 1) * size));
      }
    });

    test('takes one gradient an iteration, of ever fewer images, and one forward pass at the end', async () => {
      const { model, pixels, leastRadii } = linearSubject(2, 40, 21);
      const radius = median(leastRadii);
      const rows: number[] = [];
      const counted: Classifier = (images) => {
        rows.push(images.shape[0]);
        return model(images);
      };
      const options = { bounds: [0, 1], radius, alpha: radius / 8, beta: 0, maxSteps: 12, seed: 0 } as const;
      const { steps, critical } = await search(counted, pixels, options);
      expect(rows).toHaveLength(13);
      let inBatch = 40;
      for (const [iteration, count] of rows.entries()) {
        expect(count, `images in pass ${iteration}`).toBe(inBatch);
        const searched = steps.filter((last, image) => !critical[image] || last > iteration).length;
        if (searched <= 0.75 * inBatch) inBatch = searched;
      }
      expect(inBatch).toBe(20);
    });

    test('stops early once few become critical, if asked to', async () => {
      const { model, pixels, leastRadii } = linearSubject(2, 40, 23);
      const radius = median(leastRadii);
      const options = { bounds: [0, 1], radius, alpha: radius / 3, beta: 0, maxSteps: 30, seed: 0 } as const;
      const reports: number[] = [];
      const onProgress = ({ done }: { done: number }) => void reports.push(done);
      const stopped = await search(model, pixels, { ...options, stopBelow: 1, onProgress });
      const whole = await search(model, pixels, options);
      expect(stopped.critical).toEqual(whole.critical);
      expect(Math.max(...stopped.steps)).toBeLessThan(6);
      expect(Math.max(...whole.steps)).toBe(30);
      expect(reports).toEqual([...Array(Math.max(...stopped.steps) + 1).keys()]);
    });

    test('moves a network that is certain to the last digit', async () => {
      // The softmax of logits 1000 apart is exactly 0 and 1, and so would be the gradient of its cross-entropy.
      const model: Classifier = (images) =>
        tf.tidy(() => {
          const total = tf.sum(tf.reshape(images, [images.shape[0], size]), 1, true);
          return tf.concat([tf.mul(total, 1000), tf.mul(tf.sub(12, total), 1000)], 1) as Tensor2D;
        });
      const pixels = new Float32Array(size).fill(0.5);
      const found = await search(model, pixels, { bounds: [0, 1], radius: 0.2, alpha: 0.05, beta: 0, seed: 0 });
      expect(found).toMatchObject({ critical: [true], steps: [3], predictions: [0], criticalPredictions: [1] });
    });

    test('says what is wrong with its arguments', async () => {
      const model = tinyCnn({ shape });
      const options = { bounds: [0, 1], seed: 0, maxSteps: 1 } as const;
      const images = tf.zeros([2, ...shape]) as Tensor4D;
      const tooBright = tf.fill([2, ...shape], 128) as Tensor4D;
      const none = tf.zeros([0, ...shape]) as Tensor4D;
      await expect(criticalSamples(model, tooBright, options)).rejects.toThrow(
        /criticalSamples: images must be within \[0, 1\], got 128/,
      );
      await expect(criticalSamples(model, none, options)).rejects.toThrow(/images must be at least one image/);
      await expect(criticalSamples(model, images, { ...options, first: -1 })).rejects.toThrow(/first must be/);
      tf.dispose([images, tooBright, none]);
    });
  });

  if (backend === 'cpu') return;
  test('a batch of several images holds several seeds apart', async () => {
    const pixels = new Float32Array(2 * size).fill(0.5);
    const options = { bounds: [0, 1], radius: 1, beta: 0.1, maxSteps: 1 } as const;
    const [a, b] = [0, 1].map((seed) => search(constantClassifier([1, 0]), pixels, { ...options, seed }));
    const [first, second] = [(await a!).points, (await b!).points];
    const rows = [first.slice(0, size), first.slice(size), second.slice(0, size), second.slice(size)];
    expect(new Set(rows.map(String)).size).toBe(4);
  });
});
