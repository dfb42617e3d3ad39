import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type DeepFoolOptions, deepFool } from './deep-fool.ts';

type Classify = Parameters<typeof deepFool>[0];

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
  [0.25, -2, 0.5, 1, 0.75, 0.5],
];
const bias = [1, 0.2, 0.3, 0];
const linear = linearClassifier(weights, bias);
const closedForm = linearClosedForm(weights, bias);
const bounds = [-5, 5] as const;
const pixels = [
  [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  [0.125, 0.375, 0.875, 0.25, 0.75, 0.25],
  [0.875, 0.125, 0.25, 0.75, 0.25, 0.625],
];
const labels = pixels.map((image) => {
  const logits = closedForm.logits(image);
  return logits.indexOf(Math.max(...logits));
});

async function attack(model: Classify, images: number[][], classes: number[], options: DeepFoolOptions) {
  const batch = tf.tensor4d(images.flat(), [images.length, 2, 3, 1]);
  const classTensor = tf.tensor1d(classes, 'int32');
  const { images: adversarial, ...rest } = await deepFool(model, batch, classTensor, options);
  const values = [...(await adversarial.data())];
  tf.dispose([batch, classTensor, adversarial]);
  return { ...rest, pixels: images.map((_, image) => values.slice(image * 6, (image + 1) * 6)) };
}

/** Of a linear classifier: the nearest boundary, its class, and the step that leads to it. */
function nearestBoundary(image: number[], label: number, norm: 'l2' | 'linf') {
  const logits = closedForm.logits(image);
  const boundaries = weights.map((row, other) => {
    const normal = row.map((weight, index) => weight - weights[label]![index]!);
    const length = norm === 'l2' ? Math.hypot(...normal) : normal.reduce((total, value) => total + Math.abs(value), 0);
    const distance = other === label ? Number.POSITIVE_INFINITY : (logits[label]! - logits[other]!) / length;
    const step = normal.map((value) => distance * (norm === 'l2' ? value / length : Math.sign(value)));
    return { other, distance, step };
  });
  return boundaries.reduce((best, boundary) => (boundary.distance < best.distance ? boundary : best));
}

describeOnBackends(['cpu', 'wasm'], () => {
  describe('deepFool', () => {
    test('goes straight to the nearest boundary of a linear classifier, and beyond by the overshoot', async () => {
      for (const norm of ['l2', 'linf'] as const) {
        const {
          pixels: points,
          distances,
          fooled,
          predictions,
        } = await attack(linear, pixels, labels, { bounds, norm });
        expect(fooled).toEqual([true, true, true]);
        for (const [image, point] of points.entries()) {
          const nearest = nearestBoundary(pixels[image]!, labels[image]!, norm);
          expect(predictions[image]).toBe(nearest.other);
          expect(distances[image]! / (1.02 * nearest.distance)).toBeCloseTo(1, 5);
          for (const [index, value] of point.entries()) {
            expect(value).toBeCloseTo(pixels[image]![index]! + 1.02 * nearest.step[index]!, 5);
          }
        }
      }
    });

    test('ends soon where bounds hold pixels that it would move', async () => {
      // Away from label 0 three pixels go up, and three would go down, but cannot: each step covers half of what is left.
      const held = linearClassifier(
        [
          [1, 1, 1, -1, -1, -1],
          [0, 0, 0, 0, 0, 0],
        ],
        [0.9, 0],
      );
      const steps: number[] = [];
      const { fooled, distances } = await attack(held, [[0, 0, 0, 0.1, 0.1, 0.1]], [0], {
        bounds: [0, 1],
        onProgress: ({ step }) => {
          steps.push(step);
        },
      });
      expect(fooled).toEqual([true]);
      // The logits are equal where each of the three is 0.3.
      const least = 0.2 * Math.sqrt(3);
      expect(distances[0]).toBeGreaterThanOrEqual(least);
      expect(distances[0]).toBeLessThan(1.001 * least);
      expect(steps.at(-1)).toBeLessThan(15);
    });

    test('takes one step on a linear classifier, its candidates together, and none once it fools', async () => {
      const shown: number[] = [];
      const watched: Classify = (images) => {
        shown.push(images.shape[0]);
        return linear(images);
      };
      const other = (labels[0]! + 1) % 4;
      await attack(watched, [pixels[0]!, pixels[1]!], [other, labels[1]!], { bounds });
      // Both to count the classes, both at the start, the second for each of three candidates, and its point.
      expect(shown).toEqual([2, 2, 3, 1]);
    });

    test('shows the model no more images at once than it was given, of many', async () => {
      const shown: number[] = [];
      const watched: Classify = (images) => {
        shown.push(images.shape[0]);
        return linear(images);
      };
      const many = Array.from({ length: 12 }, (_, index) => index % 3);
      const options = { bounds, steps: 1 };
      const result = await attack(
        watched,
        many.map((index) => pixels[index]!),
        many.map((index) => labels[index]!),
        options,
      );
      expect(shown).toEqual([12, 12, 12, 12, 12, 12]);
      const alone = await attack(linear, pixels, labels, options);
      for (const [image, index] of many.entries()) {
        expect(result.distances[image]).toBeCloseTo(alone.distances[index]!, 6);
      }
    });

    test('considers the classes with the largest logits alone', async () => {
      for (const [image, pixel] of pixels.entries()) {
        const logits = closedForm.logits(pixel);
        const second = [0, 1, 2, 3].sort((first, other) => logits[other]! - logits[first]!)[1]!;
        const options = { bounds, candidates: 2, steps: 1 };
        const { pixels: points } = await attack(linear, [pixel], [labels[image]!], { ...options, overshoot: 0.5 });
        const normal = weights[second]!.map((weight, index) => weight - weights[labels[image]!]![index]!);
        const length = Math.hypot(...normal);
        const distance = (logits[labels[image]!]! - logits[second]!) / length;
        for (const [index, value] of points[0]!.entries()) {
          expect(value).toBeCloseTo(pixel[index]! + (1.5 * distance * normal[index]!) / length, 5);
        }
      }
    });

    test('follows the plain definition on a network, step by step', async () => {
      const model = tinyCnn();
      const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 64), [1, 8, 8, 1]), 63)) as Tensor4D;
      const label = await largestLogit(model, images);
      for (const norm of ['l2', 'linf'] as const) {
        const expected = await plainDeepFool(model, images, label, norm);
        const classes = tf.tensor1d([label], 'int32') as Tensor1D;
        const { images: points, distances } = await deepFool(model, images, classes, { bounds: [0, 1], norm });
        const values = [...(await points.data())];
        const widest = Math.max(...values.map((value, index) => Math.abs(value - expected[index]!)));
        expect(widest).toBeLessThan(1e-4);
        expect(distances[0]).toBeGreaterThan(0);
        tf.dispose([classes, points]);
      }
      images.dispose();
    });

    test('returns images as they are that fool already, that have no gradient, or that had no step', async () => {
      const wrong = await attack(
        linear,
        pixels,
        labels.map((label) => (label + 1) % 4),
        { bounds },
      );
      expect(wrong).toMatchObject({ pixels, distances: [0, 0, 0], fooled: [true, true, true], predictions: labels });
      const constant = await attack(constantClassifier([1, 0, 0]), pixels, [0, 0, 0], { bounds, steps: 3 });
      expect(constant).toMatchObject({ pixels, distances: [null, null, null], fooled: [false, false, false] });
      const still = await attack(linear, pixels, labels, { bounds, steps: 0 });
      expect(still).toMatchObject({ pixels, distances: [null, null, null], predictions: labels });
    });

    test('leaves a tie, where the distance to the boundary is 0', async () => {
      const tied = linearClassifier([weights[0]!, weights[1]!], [0, 0]);
      const { fooled, distances } = await attack(tied, [[0, 0, 0, 0, 0, 0]], [0], { bounds });
      expect(fooled).toEqual([true]);
      expect(distances[0]).toBeLessThan(1e-4);
    });

    test('stays inside bounds', async () => {
      const tight = [0.12, 0.88] as const;
      const { pixels: points, fooled } = await attack(linear, pixels, labels, { bounds: tight, steps: 20 });
      for (const value of points.flat()) {
        expect(value).toBeGreaterThanOrEqual(Math.fround(tight[0]));
        expect(value).toBeLessThanOrEqual(Math.fround(tight[1]));
      }
      expect(fooled).toContain(true);
    });

    test('says at which step gradients are not finite', async () => {
      const steep: Classify = (images) =>
        tf.tidy(() => {
          const first = tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]);
          return tf.concat([tf.sqrt(first), tf.sub(first, 1)], 1) as tf.Tensor2D;
        });
      await expect(attack(steep, [[0, 0, 0, 0, 0, 0]], [0], { bounds: [0, 1] })).rejects.toThrow(
        '@cnnviz/adversarial: deepFool: gradients must be finite, got NaN or Infinity for image 0 at step 0',
      );
    });
  });
});

async function largestLogit(model: Classify, image: tf.Tensor): Promise<number> {
  const prediction = tf.tidy(() => tf.argMax(model(image as Tensor4D), 1));
  const [value] = await prediction.data();
  prediction.dispose();
  return value!;
}

/** The algorithm of the paper as it is written, of one image, with gradients by tfjs of each difference of logits. */
async function plainDeepFool(model: Classify, image: Tensor4D, label: number, norm: 'l2' | 'linf'): Promise<number[]> {
  const original = [...(await image.data())];
  let total = original.map(() => 0);
  let point = [...original];
  for (let step = 0; step < 50; step++) {
    const input = tf.tensor4d(point, image.shape);
    if ((await largestLogit(model, input)) !== label) {
      input.dispose();
      break;
    }
    let best = { distance: Number.POSITIVE_INFINITY, direction: point };
    for (const other of [0, 1, 2].filter((candidate) => candidate !== label)) {
      const lead = (images: tf.Tensor) => {
        const logits = model(images as Tensor4D);
        return tf.sum(tf.sub(tf.slice(logits, [0, other], [1, 1]), tf.slice(logits, [0, label], [1, 1])));
      };
      const { value, grad } = tf.valueAndGrad(lead)(input);
      const [gap] = await value.data();
      const gradient = [...(await grad.data())];
      tf.dispose([value, grad]);
      const length = norm === 'l2' ? Math.hypot(...gradient) : gradient.reduce((sum, part) => sum + Math.abs(part), 0);
      const distance = Math.abs(gap!) / length;
      const direction = gradient.map((part) => (norm === 'l2' ? part / length : Math.sign(part)));
      if (distance < best.distance) best = { distance, direction };
    }
    input.dispose();
    total = total.map((value, index) => value + best.distance * best.direction[index]!);
    point = original.map((value, index) => Math.min(1, Math.max(0, value + 1.02 * total[index]!)));
  }
  return point;
}
