import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type CarliniWagnerOptions, carliniWagner } from './carlini-wagner.ts';
import { deepFool } from './deep-fool.ts';
import { minimalFgsm } from './minimal-fgsm.ts';
import { pgd } from './pgd.ts';
import { squareAttack } from './square-attack.ts';

type Classify = Parameters<typeof carliniWagner>[0];

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
];
const bias = [0.5, 0.2, 0.3];
const linear = linearClassifier(weights, bias);
const closedForm = linearClosedForm(weights, bias);
const bounds = [0, 1] as const;
const pixels = [
  [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  [0.125, 0.375, 0.875, 0.25, 0.75, 0.25],
  [0.875, 0.125, 0.25, 0.75, 0.25, 0.625],
];
const labels = pixels.map((image) => {
  const logits = closedForm.logits(image);
  return logits.indexOf(Math.max(...logits));
});

async function attack(model: Classify, images: number[][], classes: number[], options: CarliniWagnerOptions) {
  const batch = tf.tensor4d(images.flat(), [images.length, 2, 3, 1]);
  const classTensor = tf.tensor1d(classes, 'int32');
  const { images: adversarial, ...rest } = await carliniWagner(model, batch, classTensor, options);
  const values = [...(await adversarial.data())];
  tf.dispose([batch, classTensor, adversarial]);
  return { ...rest, pixels: images.map((_, image) => values.slice(image * 6, (image + 1) * 6)) };
}

/** From a point to where two logits of the linear classifier are `lead` apart. */
function distanceTo(image: number[], from: number, to: number, lead = 0): number {
  const logits = closedForm.logits(image);
  const normal = weights[to]!.map((weight, index) => weight - weights[from]![index]!);
  return (logits[from]! - logits[to]! + lead) / Math.hypot(...normal);
}

describeOnBackends(['cpu', 'wasm'], () => {
  const search = { binarySearchSteps: 5, initialConstant: 0.3, steps: 120, stepSize: 0.02 };

  describe('carliniWagner', () => {
    test('comes within 2% of DeepFool, which is exact on a linear classifier, alone and in a batch', async () => {
      const { distances, fooled, pixels: points } = await attack(linear, pixels, labels, { bounds, ...search });
      expect(fooled).toEqual([true, true, true]);
      const batch = tf.tensor4d(pixels.flat(), [3, 2, 3, 1]);
      const classes = tf.tensor1d(labels, 'int32');
      const exact = await deepFool(linear, batch, classes, { bounds, overshoot: 0.001 });
      for (const [image, label] of labels.entries()) {
        const least = exact.distances[image]! / 1.001;
        expect(distances[image]! / least).toBeGreaterThan(1 - 1e-5);
        expect(distances[image]! / least).toBeLessThan(1.02);
        const moved = points[image]!.map((value, index) => value - pixels[image]![index]!);
        expect(Math.hypot(...moved)).toBeCloseTo(distances[image]!, 6);
        const logits = closedForm.logits(points[image]!);
        expect(logits.indexOf(Math.max(...logits))).not.toBe(label);
      }
      const alone = await attack(linear, [pixels[1]!], [labels[1]!], { bounds, ...search });
      expect(alone.distances[0]).toBeCloseTo(distances[1]!, 5);
      tf.dispose([batch, classes, exact.images]);
    });

    test('comes within 2% of the least distance to a target', async () => {
      // With two classes the nearest point of the other class is on the boundary between them.
      const pair = linearClassifier(weights.slice(0, 2), bias.slice(0, 2));
      const { distances, predictions } = await attack(pair, [pixels[1]!], [1], { bounds, targeted: true, ...search });
      expect(predictions).toEqual([1]);
      const least = distanceTo(pixels[1]!, 0, 1);
      expect(distances[0]! / least).toBeGreaterThan(1);
      expect(distances[0]! / least).toBeLessThan(1.02);
    });

    test('leads by the confidence that is asked for', async () => {
      const pair = linearClassifier(weights.slice(0, 2), bias.slice(0, 2));
      const options = { bounds, margin: 0.75, ...search };
      const { distances, pixels: points } = await attack(pair, [pixels[0]!], [0], options);
      const [first, second] = closedForm.logits(points[0]!);
      expect(second! - first!).toBeGreaterThan(0.75 - 1e-6);
      const least = distanceTo(pixels[0]!, 0, 1, 0.75);
      expect(distances[0]! / least).toBeGreaterThan(1 - 1e-6);
      expect(distances[0]! / least).toBeLessThan(1.02);
    });

    test('leaves an image once its loss has stopped falling, unless it may not', async () => {
      const count = async (abortEarly: boolean) => {
        let steps = 0;
        const options = { bounds, abortEarly, binarySearchSteps: 1, steps: 40, initialConstant: 1e-6 };
        await attack(linear, [pixels[0]!], [labels[0]!], { ...options, onProgress: () => void steps++ });
        return steps;
      };
      expect(await count(false)).toBe(41);
      expect(await count(true)).toBeLessThan(30);
    });

    test('returns images as they are that fool already, or that no constant fools for', async () => {
      const wrong = labels.map((label) => (label + 1) % 3);
      const already = await attack(linear, pixels, wrong, { bounds, ...search });
      expect(already).toMatchObject({ pixels, distances: [0, 0, 0], fooled: [true, true, true], predictions: labels });
      const few = { bounds, binarySearchSteps: 2, steps: 10 };
      const never = await attack(constantClassifier([1, 0, 0]), pixels, [0, 0, 0], few);
      expect(never).toMatchObject({ pixels, distances: [null, null, null], fooled: [false, false, false] });
    });

    test('goes by the prediction where two logits tie, as every attack does', async () => {
      const tie = constantClassifier([1, 1, 0]);
      const few = { bounds, binarySearchSteps: 1, steps: 2 };
      // The first of the largest logits is the prediction: 0.
      expect(await attack(tie, pixels, [1, 0, 2], few)).toMatchObject({
        fooled: [true, false, true],
        predictions: [0, 0, 0],
        distances: [0, null, 0],
      });
      expect(await attack(tie, pixels, [1, 0, 2], { ...few, targeted: true })).toMatchObject({
        fooled: [false, true, false],
        distances: [null, 0, null],
      });
      const batch = tf.tensor4d(pixels.flat(), [3, 2, 3, 1]);
      const classes = tf.tensor1d([1, 0, 2], 'int32');
      const others = [
        await pgd(tie, batch, classes, { epsilon: 0.1, bounds, steps: 1, randomStart: false }),
        await deepFool(tie, batch, classes, { bounds, steps: 1 }),
        await minimalFgsm(tie, batch, classes, { maxEpsilon: 0.1, bounds, steps: 1 }),
        await squareAttack(tie, batch, classes, { epsilon: 0.1, bounds, queries: 1, seed: 0 }),
      ];
      for (const { fooled } of others) expect(fooled).toEqual([true, false, true]);
      tf.dispose([batch, classes, ...others.map(({ images }) => images)]);
    });

    test('attacks images whose pixels are at the bounds', async () => {
      const corner = [1, 0, 1, 0, 1, 1];
      const { distances, pixels: points } = await attack(linear, [corner], [0], {
        ...search,
        bounds,
        initialConstant: 10,
        steps: 60,
        stepSize: 0.2,
        abortEarly: false,
      });
      expect(distances[0]).not.toBeNull();
      for (const value of points[0]!) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    });
  });
});
