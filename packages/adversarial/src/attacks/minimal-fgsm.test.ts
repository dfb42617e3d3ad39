import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { fgsm } from './fgsm.ts';
import { type MinimalFgsmOptions, minimalFgsm } from './minimal-fgsm.ts';

type Classify = Parameters<typeof minimalFgsm>[0];

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
];
const bias = [1, 0.2, 0.3];
const linear = linearClassifier(weights, bias);
const closedForm = linearClosedForm(weights, bias);
const bounds = [-5, 5] as const;
const pixels = [
  [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  [0.1, 0.4, 0.9, 0.2, 0.7, 0.3],
  [0.9, 0.1, 0.2, 0.8, 0.3, 0.6],
];
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const indexOfLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));
const labels = pixels.map((image) => indexOfLargest(closedForm.logits(image)));

async function attack(model: Classify, images: number[][], classes: number[], options: MinimalFgsmOptions) {
  const batch = tf.tensor4d(images.flat(), [images.length, 2, 3, 1]);
  const classTensor = tf.tensor1d(classes, 'int32');
  const { images: adversarial, ...rest } = await minimalFgsm(model, batch, classTensor, options);
  const values = [...(await adversarial.data())];
  tf.dispose([batch, classTensor, adversarial]);
  return { ...rest, pixels: images.map((_, image) => values.slice(image * 6, (image + 1) * 6)) };
}

/** Along the direction of `fgsm` a linear classifier's logits are linear in epsilon. */
function leastEpsilon(image: number[], label: number, norm: 'linf' | 'l2'): number {
  const gradient = closedForm.crossEntropyGradient(image, label);
  const length = Math.hypot(...gradient);
  const direction = gradient.map((value) => (norm === 'linf' ? Math.sign(value) : value / length));
  const logits = closedForm.logits(image);
  const slopes = weights.map((row) => sum(row.map((weight, index) => weight * direction[index]!)));
  const crossings = [0, 1, 2]
    .filter((other) => slopes[other]! > slopes[label]!)
    .map((other) => (logits[label]! - logits[other]!) / (slopes[other]! - slopes[label]!));
  return Math.min(...crossings);
}

describeOnBackends(['cpu', 'wasm'], () => {
  describe('minimalFgsm', () => {
    test('finds the exact epsilon along its direction on a linear classifier of three classes', async () => {
      for (const norm of ['linf', 'l2'] as const) {
        const tolerance = 1e-5;
        const options = { maxEpsilon: 3, bounds, norm, tolerance };
        const { epsilons, fooled, predictions } = await attack(linear, pixels, labels, options);
        expect(fooled).toEqual([true, true, true]);
        for (const [image, epsilon] of epsilons.entries()) {
          const least = leastEpsilon(pixels[image]!, labels[image]!, norm);
          expect(epsilon!).toBeGreaterThan(least - 2e-6);
          expect(epsilon!).toBeLessThan(least + tolerance + 2e-6);
          expect(predictions[image]).not.toBe(labels[image]);
        }
      }
    });

    test('is the least epsilon of any attack with two classes, in each norm', async () => {
      const pair = linearClassifier(weights.slice(0, 2), [2, 0]);
      const difference = weights[0]!.map((weight, index) => weight - weights[1]![index]!);
      for (const image of pixels) {
        const margin = 2 + sum(difference.map((value, index) => value * image[index]!));
        const least = {
          linf: margin / sum(difference.map(Math.abs)),
          l2: margin / Math.hypot(...difference),
          l1: margin / Math.max(...difference.map(Math.abs)),
        };
        for (const norm of ['linf', 'l2', 'l1'] as const) {
          const options = { maxEpsilon: 3, bounds, norm, l1Step: 'coordinate', tolerance: 1e-5 } as const;
          const { epsilons } = await attack(pair, [image], [0], options);
          expect(Math.abs(epsilons[0]! - least[norm] - 5e-6), norm).toBeLessThan(7.5e-6);
        }
      }
    });

    test('reaches a target at the exact epsilon', async () => {
      const pair = linearClassifier(weights.slice(0, 2), [2, 0]);
      const difference = weights[0]!.map((weight, index) => weight - weights[1]![index]!);
      const margin = 2 + sum(difference.map((value, index) => value * pixels[0]![index]!));
      const options = { maxEpsilon: 3, bounds, targeted: true, tolerance: 1e-5 };
      const { epsilons, predictions } = await attack(pair, [pixels[0]!], [1], options);
      expect(epsilons[0]! - margin / sum(difference.map(Math.abs))).toBeLessThan(1.2e-5);
      expect(predictions).toEqual([1]);
    });

    test('returns what fgsm makes of each image at its epsilon, bit for bit', async () => {
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const { epsilons, pixels: points } = await attack(linear, pixels, labels, { maxEpsilon: 6, bounds, norm });
        for (const [image, epsilon] of epsilons.entries()) {
          const one = tf.tensor4d(pixels[image]!, [1, 2, 3, 1]);
          const label = tf.tensor1d([labels[image]!], 'int32');
          const expected = fgsm(linear, one, label, { epsilon: epsilon!, bounds, norm });
          expect(points[image]).toEqual([...(await expected.data())]);
          tf.dispose([one, label, expected]);
        }
      }
    });

    test('finds the first of several intervals that fool, no longer than a step', async () => {
      // With x the largest value, class 1 leads in 0.23 < x < 0.31 and again above 0.66.
      const bands: Classify = (images) =>
        tf.tidy(() => {
          const x = tf.reshape(tf.max(images, [1, 2, 3]), [-1, 1]);
          const cubic = tf.mul(tf.mul(tf.sub(x, 0.23), tf.sub(x, 0.31)), tf.sub(x, 0.66));
          return tf.concat([tf.zerosLike(cubic), cubic], 1) as tf.Tensor2D;
        });
      const options = { maxEpsilon: 1, bounds: [0, 1] as const, targeted: true, steps: 20, tolerance: 1e-4 };
      const { epsilons } = await attack(bands, [Array(6).fill(0)], [1], options);
      expect(epsilons[0]).toBeCloseTo(0.23, 3);
      const coarse = await attack(bands, [Array(6).fill(0)], [1], { ...options, steps: 5 });
      expect(coarse.epsilons[0]).toBeCloseTo(0.66, 3);
    });

    test('leaves images alone that fool already, or that nothing up to the largest epsilon fools for', async () => {
      const other = (labels[0]! + 1) % 3;
      const options = { maxEpsilon: 1e-3, bounds };
      const {
        epsilons,
        fooled,
        pixels: points,
      } = await attack(linear, [pixels[0]!, pixels[0]!], [other, labels[0]!], options);
      expect(epsilons).toEqual([0, null]);
      expect(fooled).toEqual([true, false]);
      for (const point of points) expect(point).toEqual(pixels[0]);
      const constant = await attack(constantClassifier([1, 0]), pixels, [0, 0, 0], { maxEpsilon: 1, bounds });
      expect(constant.epsilons).toEqual([null, null, null]);
    });

    test('shows the model no image that has its epsilon', async () => {
      const shown: number[] = [];
      const watched: Classify = (images) => {
        shown.push(images.shape[0]);
        return linear(images);
      };
      const near = pixels[0]!;
      const least = leastEpsilon(near, labels[0]!, 'linf');
      const options = { maxEpsilon: 4 * least, bounds, steps: 4, tolerance: least };
      const other = (labels[0]! + 1) % 3;
      const { epsilons } = await attack(watched, [near, near], [other, labels[0]!], options);
      // Both for the number of classes, both for the direction, then one image for each of one or two multiples.
      expect(shown.slice(0, 3)).toEqual([2, 2, 1]);
      expect(shown.slice(2).every((count) => count === 1)).toBe(true);
      expect(epsilons[0]).toBe(0);
      expect(epsilons[1]).toBeLessThan(2.01 * least);
    });

    test('fools a network at its epsilon and not below it', async () => {
      const model = tinyCnn();
      const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 256), [4, 8, 8, 1]), 255)) as Tensor4D;
      const classes = tf.tidy(() => tf.argMax(model(images), 1)) as Tensor1D;
      const options = { maxEpsilon: 1, bounds: [0, 1] as const, tolerance: 1e-4 };
      const { images: adversarial, epsilons, fooled } = await minimalFgsm(model, images, classes, options);
      const wanted = [...(await classes.data())];
      const predictionsAt = async (epsilon: number) => {
        const points = fgsm(model, images, classes, { epsilon, bounds: [0, 1] });
        const predictions = tf.tidy(() => tf.argMax(model(points), 1));
        const values = [...(await predictions.data())];
        tf.dispose([points, predictions]);
        return values;
      };
      expect(fooled).toContain(true);
      for (const [image, epsilon] of epsilons.entries()) {
        if (epsilon === null) continue;
        expect((await predictionsAt(epsilon))[image]).not.toBe(wanted[image]);
        expect((await predictionsAt(epsilon - 1.01e-4))[image]).toBe(wanted[image]);
      }
      tf.dispose([images, classes, adversarial]);
    });
  });
});
