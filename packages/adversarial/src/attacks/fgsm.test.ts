import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type FgsmOptions, fgsm } from './fgsm.ts';

type Classify = Parameters<typeof fgsm>[0];

/** Runs the attack on flat images of `[2, pixels / 2, 1]`. */
async function attack(
  model: Classify,
  pixels: number[][],
  labels: number[],
  options: FgsmOptions,
): Promise<number[][]> {
  const size = pixels[0]!.length;
  const images = tf.tensor4d(pixels.flat(), [pixels.length, 2, size / 2, 1]);
  const classes = tf.tensor1d(labels, 'int32');
  const adversarial = fgsm(model, images, classes, options);
  const values = [...(await adversarial.data())];
  tf.dispose([images, classes, adversarial]);
  return pixels.map((_, image) => values.slice(image * size, (image + 1) * size));
}

function expectClose(actual: readonly number[], expected: readonly number[], digits = 6): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index]!, digits);
}

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
];
const bias = [0.1, -0.2, 0.3];
const closedForm = linearClosedForm(weights, bias);
const linear = linearClassifier(weights, bias);
const gray = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
const bounds = [0, 1] as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describeOnBackends(['cpu', 'wasm'], (backend) => {
  describe('fgsm', () => {
    test('moves every pixel by epsilon along the sign of the gradient', async () => {
      for (const label of [0, 1, 2]) {
        const [adversarial] = await attack(linear, [gray], [label], { epsilon: 0.1, bounds });
        const gradient = closedForm.crossEntropyGradient(gray, label);
        expectClose(
          adversarial!,
          gray.map((pixel, index) => pixel + 0.1 * Math.sign(gradient[index]!)),
        );
      }
    });

    test('gives NaN for an image outside the bounds, says so once, and leaves the others', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const model: Classify = (images) => linear(images);
      const [inside] = await attack(model, [gray], [1], { epsilon: 0.1, bounds });
      const outOf255 = gray.map((pixel) => 255 * pixel);
      for (const epsilon of [0.1, 0]) {
        const [first, second] = await attack(model, [gray, outOf255], [1, 1], { epsilon, bounds });
        expect(first).toEqual(epsilon === 0 ? gray : inside);
        expect(second).toEqual(gray.map(() => Number.NaN));
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(warn.mock.calls.flat()).toEqual([
        '@cnnviz/adversarial: fgsm: images must be within [0, 1], and some are not: give the bounds of the images that you have',
      ]);
      warn.mockRestore();
    });

    test('moves by epsilon along the gradient in L2', async () => {
      const [adversarial] = await attack(linear, [gray], [1], { epsilon: 0.2, bounds, norm: 'l2' });
      const gradient = closedForm.crossEntropyGradient(gray, 1);
      const length = Math.sqrt(sum(gradient.map((value) => value * value)));
      expectClose(
        adversarial!,
        gray.map((pixel, index) => pixel + (0.2 * gradient[index]!) / length),
      );
    });

    test('moves by epsilon along the gradient in L1', async () => {
      const [adversarial] = await attack(linear, [gray], [1], { epsilon: 0.6, bounds, norm: 'l1' });
      const gradient = closedForm.crossEntropyGradient(gray, 1);
      const length = sum(gradient.map(Math.abs));
      expectClose(
        adversarial!,
        gray.map((pixel, index) => pixel + (0.6 * gradient[index]!) / length),
        5,
      );
    });

    test('moves the steepest value by epsilon in L1 by coordinate', async () => {
      const [adversarial] = await attack(linear, [gray], [1], {
        epsilon: 0.3,
        bounds,
        norm: 'l1',
        l1Step: 'coordinate',
      });
      const gradient = closedForm.crossEntropyGradient(gray, 1);
      const steepest = gradient.map(Math.abs).indexOf(Math.max(...gradient.map(Math.abs)));
      expectClose(
        adversarial!,
        gray.map((pixel, index) => (index === steepest ? pixel + 0.3 * Math.sign(gradient[index]!) : pixel)),
      );
    });

    test('flips a linear classifier of two classes from the least epsilon on that any attack can', async () => {
      const pair = linearClassifier(weights.slice(0, 2), [1, 0]);
      const difference = weights[0]!.map((weight, index) => weight - weights[1]![index]!);
      const margin = 1 + sum(difference.map((value) => value * 0.5));
      const least = {
        linf: margin / sum(difference.map(Math.abs)),
        l2: margin / Math.sqrt(sum(difference.map((value) => value * value))),
        l1: margin / Math.max(...difference.map(Math.abs)),
      };
      expect(margin).toBeGreaterThan(0);
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        for (const [factor, flipped] of [
          [0.999, false],
          [1.001, true],
        ] as const) {
          const options = { epsilon: factor * least[norm], bounds: [-5, 5], norm, l1Step: 'coordinate' } as const;
          const [adversarial] = await attack(pair, [gray], [0], options);
          const [first, second] = linearClosedForm(weights.slice(0, 2), [1, 0]).logits(adversarial!);
          expect(second! > first!, `${norm} at ${factor} of the least epsilon`).toBe(flipped);
        }
      }
    });

    test('leads towards the label if targeted', async () => {
      const [towards] = await attack(linear, [gray], [2], { epsilon: 0.1, bounds, targeted: true });
      const [away] = await attack(linear, [gray], [2], { epsilon: 0.1, bounds });
      const probability = (pixels: number[]) => closedForm.probabilities(pixels)[2]!;
      expect(probability(towards!)).toBeGreaterThan(probability(gray));
      expect(probability(away!)).toBeLessThan(probability(gray));
      expectClose(
        towards!,
        away!.map((pixel) => 1 - pixel),
      );
    });

    test('stays inside bounds where the step would leave them', async () => {
      const pixels = [0, 1, 0.02, 0.98, 0, 1];
      const [adversarial] = await attack(linear, [pixels], [0], { epsilon: 0.1, bounds });
      const gradient = closedForm.crossEntropyGradient(pixels, 0);
      expectClose(
        adversarial!,
        pixels.map((pixel, index) => Math.min(1, Math.max(0, pixel + 0.1 * Math.sign(gradient[index]!)))),
      );
    });

    test('is the identity at epsilon 0, bit for bit', async () => {
      const pixels = [-0, 2 ** -149, Math.fround(0.1), 1, -1, Math.fround(1 / 3)];
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const [adversarial] = await attack(linear, [pixels], [0], { epsilon: 0, bounds: [-1, 1], norm });
        for (const [index, pixel] of pixels.entries()) expect(Object.is(adversarial![index], pixel)).toBe(true);
      }
    });

    test('returns an image without a gradient as it is', async () => {
      const pixels = [[0, 0.1, 0.2, 0.3, 0.9, 1].map(Math.fround)];
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        expect(await attack(constantClassifier([3, 1]), pixels, [0], { epsilon: 0.1, bounds, norm })).toEqual(pixels);
      }
    });

    test('attacks a network that is certain in float32 like any other', async () => {
      const certain = linearClassifier(
        weights.map((row) => row.map((weight) => 1000 * weight)),
        [0, 0, 0],
      );
      const pixels = [1, 0, 1, 0.5, 0.5, 0.5];
      const strongestOther = 1;
      const [adversarial] = await attack(certain, [pixels], [0], { epsilon: 0.01, bounds: [-1, 2] });
      expectClose(
        adversarial!,
        pixels.map((pixel, index) => pixel + 0.01 * Math.sign(weights[strongestOther]![index]! - weights[0]![index]!)),
      );
    });

    test('gives NaN for a label without a logit and for logits that are not finite, in that image alone', async () => {
      const [, ...broken] = await attack(linear, [gray, gray, gray], [0, 3, -1], { epsilon: 0.1, bounds });
      expect(broken.flat().every(Number.isNaN)).toBe(true);

      const overflowing: Classify = (images) => linear(tf.mul(images, 1e38) as Tensor4D);
      const [sound, infinite] = await attack(overflowing, [Array(6).fill(0), Array(6).fill(1e4)], [0, 0], {
        epsilon: 0.1,
        bounds: [-1e5, 1e5],
      });
      expect(sound!.every(Number.isFinite)).toBe(true);
      expect(infinite!.every(Number.isNaN)).toBe(true);
    });

    test.skipIf(backend === 'wasm')('equals the plain recipe on a network', async () => {
      const model = tinyCnn({ pooling: 'average' });
      const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 256), [4, 8, 8, 1]), 255)) as Tensor4D;
      const labels = tf.tensor1d([0, 1, 2, 0], 'int32');
      const expected = tf.tidy(() => {
        const onehot = tf.oneHot(labels, 3);
        const loss = (input: tf.Tensor) => tf.neg(tf.sum(tf.mul(onehot, tf.logSoftmax(model(input as Tensor4D)))));
        const gradient = tf.grad(loss)(images);
        return tf.clipByValue(tf.add(images, tf.mul(0.03, tf.sign(gradient))), 0, 1);
      });
      const actual = fgsm(model, images, labels, { epsilon: 0.03, bounds });
      expectClose([...(await actual.data())], [...(await expected.data())], 6);
      tf.dispose([images, labels, expected, actual]);
    });

    test('returns points within epsilon and bounds as computed in float32', async () => {
      const boundsAndImages = fc
        .constantFrom<[number, number]>([0, 1], [-1, 1], [0, 255], [-2.1179, 2.64])
        .chain(([min, max]) => {
          const pixel = fc.oneof(
            fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true }),
            fc.constantFrom(min, max, Math.min(max, min + 0.1)).map(Math.fround),
          );
          const images = fc.array(fc.array(pixel, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 3 });
          return fc.tuple(fc.constant<[number, number]>([min, max]), images);
        });
      const epsilons = fc.oneof(
        fc.constantFrom(8 / 255, 0.3, 0.1, 0.007, 1e-9, 1e6),
        fc.double({ min: 0, max: 2, noNaN: true }),
      );
      const styles = fc.record({
        norm: fc.constantFrom('linf', 'l2', 'l1'),
        l1Step: fc.constantFrom('gradient', 'coordinate'),
        targeted: fc.boolean(),
      }) as fc.Arbitrary<Pick<FgsmOptions, 'norm' | 'l1Step' | 'targeted'>>;
      await fc.assert(
        fc.asyncProperty(boundsAndImages, epsilons, styles, async ([[min, max], pixels], epsilon, style) => {
          const labels = pixels.map((_, index) => index % 3);
          const adversarial = await attack(linear, pixels, labels, { epsilon, bounds: [min, max], ...style });
          for (const [image, points] of adversarial.entries()) {
            const changes = points.map((point, index) => Math.abs(point - pixels[image]![index]!));
            for (const point of points) {
              expect(point).toBeGreaterThanOrEqual(Math.fround(min));
              expect(point).toBeLessThanOrEqual(Math.fround(max));
            }
            if (style.norm === 'linf') expect(Math.max(...changes.map(Math.fround))).toBeLessThanOrEqual(epsilon);
            if (style.norm === 'l2') expect(Math.hypot(...changes)).toBeLessThanOrEqual(epsilon);
            if (style.norm === 'l1') expect(sum(changes)).toBeLessThanOrEqual(epsilon);
          }
        }),
        { numRuns: 300 },
      );
    });

    test('goes the whole way in the middle of the bounds', async () => {
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const [adversarial] = await attack(linear, [gray], [0], { epsilon: 0.3, bounds, norm });
        const changes = adversarial!.map((point, index) => Math.abs(point - gray[index]!));
        const length = { linf: Math.max(...changes), l2: Math.hypot(...changes), l1: sum(changes) }[norm];
        expect(length).toBeGreaterThan(0.3 * (1 - 1e-5));
      }
    });

    test('leaves nothing behind when the model throws after it saved tensors for the backward pass', () => {
      const images = tf.zeros([2, 8, 8, 1]) as Tensor4D;
      const labels = tf.tensor1d([0, 0], 'int32') as Tensor1D;
      const before = tf.memory().numTensors;
      const throwing: Classify = (input) => {
        tf.square(tf.exp(input));
        throw new Error('the model is broken');
      };
      expect(() => fgsm(throwing, images, labels, { epsilon: 0.1, bounds })).toThrow('the model is broken');
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([images, labels]);
    });
  });
});
