import { createRandom } from '@cnnviz/internal';
import { describeOnBackends, linearClassifier, linearClosedForm, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FgsmOptions, fgsm } from './fgsm.ts';
import { momentumPgd } from './momentum-pgd.ts';
import { type PgdOptions, pgd } from './pgd.ts';

type Classify = Parameters<typeof pgd>[0];

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
];
const bias = [0.1, -0.2, 0.3];
const linear = linearClassifier(weights, bias);
const gray = Array(6).fill(0.5) as number[];
const bounds = [0, 1] as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

type AnyStart = Omit<PgdOptions, 'randomStart' | 'seed'> & { randomStart?: boolean; seed?: number };

/** Runs the attack on flat images of `[2, 3, 1]`. */
async function attack(model: Classify, pixels: number[][], labels: number[], options: AnyStart, run: typeof pgd = pgd) {
  const images = tf.tensor4d(pixels.flat(), [pixels.length, 2, 3, 1]);
  const classes = tf.tensor1d(labels, 'int32');
  const { images: adversarial, ...rest } = await run(model, images, classes, options as PgdOptions);
  const values = [...(await adversarial.data())];
  tf.dispose([images, classes, adversarial]);
  return { ...rest, pixels: pixels.map((_, image) => values.slice(image * 6, (image + 1) * 6)) };
}

/** The definition, one image at a time on the host, with the gradient of a linear classifier in float64. */
function plainPgd(pixels: number[], label: number, epsilon: number, stepSize: number, steps: number, momentum = 0) {
  const { crossEntropyGradient } = linearClosedForm(weights, bias);
  let velocity = pixels.map(() => 0);
  let point = [...pixels];
  for (let step = 0; step < steps; step++) {
    const gradient = crossEntropyGradient(point, label);
    const length = sum(gradient.map(Math.abs));
    velocity = velocity.map((value, index) => momentum * value + gradient[index]! / length);
    point = point.map((value, index) => {
      const original = pixels[index]!;
      const stepped = value + stepSize * Math.sign(velocity[index]!);
      const projected = Math.min(original + epsilon, Math.max(original - epsilon, stepped));
      return Math.min(1, Math.max(0, projected));
    });
  }
  return point;
}

const expectClose = (actual: readonly number[], expected: readonly number[], digits = 5) => {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index]!, digits);
};

describeOnBackends(['cpu', 'wasm'], () => {
  describe('pgd', () => {
    const pixels = [0.02, 0.98, 0.4, 0.6, 0.5, 0.3];

    test('equals the plain definition at every step', async () => {
      for (const steps of [0, 1, 2, 3, 5, 8]) {
        const result = await attack(linear, [pixels], [0], {
          epsilon: 0.2,
          bounds,
          stepSize: 0.07,
          steps,
          randomStart: false,
        });
        expectClose(result.pixels[0]!, plainPgd(pixels, 0, 0.2, 0.07, steps));
      }
    });

    test('is fgsm where one step is as long as epsilon', async () => {
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const options = { epsilon: 0.2, bounds, norm };
        const one = await attack(linear, [gray], [1], { ...options, steps: 1, stepSize: 0.2, randomStart: false });
        const fast = await attack(linear, [gray], [1], options, async (model, images, labels, given) => ({
          images: fgsm(model, images, labels, given),
          fooled: [],
          predictions: [],
          failed: [],
        }));
        expectClose(one.pixels[0]!, fast.pixels[0]!);
      }
    });

    test('flips a linear classifier of two classes from the least epsilon on that any attack can', async () => {
      const pair = linearClassifier(weights.slice(0, 2), [1, 0]);
      const difference = weights[0]!.map((weight, index) => weight - weights[1]![index]!);
      const margin = 1 + sum(difference.map((value) => value * 0.5));
      const least = {
        linf: margin / sum(difference.map(Math.abs)),
        l2: margin / Math.hypot(...difference),
        l1: margin / Math.max(...difference.map(Math.abs)),
      };
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        for (const factor of [0.99, 1.01]) {
          const epsilon = factor * least[norm];
          const { fooled, predictions } = await attack(pair, [gray], [0], {
            epsilon,
            bounds: [-5, 5],
            norm,
            steps: 60,
            // In L1 only the projection finds the one value that pays most.
            stepSize: epsilon / 2,
            seed: 0,
          });
          expect(fooled, `${norm} at ${factor} of the least epsilon`).toEqual([factor > 1]);
          expect(predictions).toEqual([factor > 1 ? 1 : 0]);
        }
      }
    });

    test('reaches its target', async () => {
      for (const target of [0, 1, 2]) {
        const options = { epsilon: 0.5, bounds, targeted: true, seed: 0 };
        const { fooled, predictions } = await attack(linear, [gray], [target], options);
        expect(predictions).toEqual([target]);
        expect(fooled).toEqual([true]);
      }
    });

    test('starts from other points for other seeds, and each image from its own', async () => {
      const options = { epsilon: 0.1, bounds, steps: 0 };
      const { pixels: first } = await attack(linear, [gray, gray], [0, 0], { ...options, seed: 1 });
      const { pixels: second } = await attack(linear, [gray, gray], [0, 0], { ...options, seed: 2 });
      expect(first[0]).not.toEqual(first[1]);
      expect(first[0]).not.toEqual(second[0]);
      expect(first[0]).not.toEqual(gray);
    });

    test('keeps what fools over the restarts, and is no worse than its first', async () => {
      // A valley: class 1 wins only beside the middle, so that some starts fool and others do not.
      const valley: Classify = (images) =>
        tf.tidy(() => {
          const first = tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]);
          const distance = tf.square(tf.sub(first, 0.58));
          return tf.concat([distance, tf.fill([images.shape[0], 1], 0.0004)], 1) as tf.Tensor2D;
        });
      const options = { epsilon: 0.1, bounds, steps: 0 };
      const many = Array.from({ length: 30 }, () => gray);
      const labels = many.map(() => 0);
      const once = await attack(valley, many, labels, { ...options, seed: 3 });
      const often = await attack(valley, many, labels, { ...options, seed: 3, restarts: 6 });
      const count = (fooled: boolean[]) => fooled.filter(Boolean).length;
      expect(count(often.fooled)).toBeGreaterThan(count(once.fooled));
      for (const [image, fooled] of once.fooled.entries()) {
        if (!fooled) continue;
        expect(often.pixels[image]).toEqual(once.pixels[image]);
      }
    });

    test('leaves an image that fools as it is if it may stop early', async () => {
      const options = { epsilon: 0.3, bounds, steps: 20, stepSize: 0.03, randomStart: false };
      const labels = [0, 1, 2];
      const images = [gray, gray, gray];
      const steps: number[] = [];
      const early = await attack(linear, images, labels, {
        ...options,
        earlyStop: true,
        onProgress: ({ done }) => void steps.push(done),
      });
      const late = await attack(linear, images, labels, options);
      expect(early.fooled).toEqual(late.fooled);
      const { logits } = linearClosedForm(weights, bias);
      const prediction = logits(gray).indexOf(Math.max(...logits(gray)));
      for (const label of labels.filter((other) => other !== prediction)) expect(early.pixels[label]).toEqual(gray);
      expect(steps.length).toBeLessThan(20);
    });

    test('computes nothing more for images that stopped, or that an earlier start has fooled', async () => {
      const sizes: number[] = [];
      const watching: Classify = (images) => {
        sizes.push(images.shape[0]);
        return linear(images);
      };
      const images = Array.from({ length: 8 }, (_, image) => gray.map((pixel) => pixel + image / 100));
      const prediction = (await attack(linear, [gray], [0], { epsilon: 0, bounds, seed: 0 })).predictions[0]!;
      // Six are fooled before the first step, two never.
      const labels = images.map((_, image) => (image < 6 ? (prediction + 1) % 3 : prediction));
      const options = { epsilon: 1e-4, bounds, steps: 3, seed: 0 };
      const { fooled, pixels } = await attack(watching, images, labels, { ...options, earlyStop: true });
      expect(fooled).toEqual(labels.map((_, image) => image < 6));
      // The check of the images, three steps, and the end.
      expect(sizes).toEqual([8, 8, 2, 2, 8]);
      for (const [image, points] of pixels.entries()) {
        const change = Math.max(...points.map((point, index) => Math.abs(point - images[image]![index]!)));
        expect(change).toBeLessThan(1.1e-4);
      }
      sizes.length = 0;
      const again = await attack(watching, images, labels, { ...options, restarts: 2 });
      expect(again.fooled).toEqual(fooled);
      expect(sizes).toEqual([8, 8, 8, 8, 8, 2, 2, 2, 2]);
    });

    test('is the identity at epsilon 0, bit for bit', async () => {
      const odd = [-0, 2 ** -149, 0.1, 1, -1, 1 / 3].map(Math.fround);
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const { pixels: same } = await attack(linear, [odd], [0], { epsilon: 0, bounds: [-1, 1], norm, seed: 0 });
        for (const [index, pixel] of odd.entries()) expect(Object.is(same[0]![index], pixel)).toBe(true);
      }
    });

    test('returns points within epsilon and bounds as computed in float32', async () => {
      const pixel = fc.float({ min: 0, max: 1, noNaN: true });
      const cases = fc.record({
        image: fc.array(pixel, { minLength: 6, maxLength: 6 }),
        epsilon: fc.oneof(fc.constantFrom(8 / 255, 0.3, 0.1), fc.double({ min: 0, max: 1, noNaN: true })),
        norm: fc.constantFrom('linf' as const, 'l2' as const, 'l1' as const),
        stepSize: fc.double({ min: 0, max: 1, noNaN: true }),
        seed: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ image, epsilon, norm, stepSize, seed }) => {
          const { pixels: points } = await attack(linear, [image], [0], {
            epsilon,
            bounds,
            norm,
            stepSize,
            seed,
            steps: 3,
          });
          const changes = points[0]!.map((point, index) => Math.abs(point - image[index]!));
          for (const point of points[0]!) {
            expect(point).toBeGreaterThanOrEqual(0);
            expect(point).toBeLessThanOrEqual(1);
          }
          if (norm === 'linf') expect(Math.max(...changes.map(Math.fround))).toBeLessThanOrEqual(epsilon);
          if (norm === 'l2') expect(Math.hypot(...changes)).toBeLessThanOrEqual(epsilon);
          if (norm === 'l1') expect(sum(changes)).toBeLessThanOrEqual(epsilon);
        }),
        { numRuns: 60 },
      );
    });

    test('lowers the confidence of a network more than fgsm does', async () => {
      const model = tinyCnn();
      const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 256), [4, 8, 8, 1]), 255)) as Tensor4D;
      const labels = tf.tidy(() => tf.argMax(model(images), 1)) as Tensor1D;
      const meanLogProbability = async (points: Tensor4D) => {
        const mean = tf.tidy(() => {
          const isLabel = tf.cast(tf.oneHot(labels, 3), 'float32');
          return tf.mean(tf.sum(tf.mul(isLabel, tf.logSoftmax(model(points))), 1));
        });
        const [value] = await mean.data();
        tf.dispose(mean);
        return value!;
      };
      const fast = fgsm(model, images, labels, { epsilon: 0.3, bounds });
      const { images: slow } = await pgd(model, images, labels, {
        epsilon: 0.3,
        bounds,
        steps: 15,
        stepSize: 0.04,
        seed: 0,
      });
      expect(await meanLogProbability(slow)).toBeLessThan((await meanLogProbability(fast)) + 1e-4);
      tf.dispose([images, labels, fast, slow]);
    });

    test('fools no fewer images than fgsm, nor with a larger epsilon, on a network', async () => {
      const model = tinyCnn();
      const noise = createRandom(1).fillUniform(new Float32Array(12 * 64));
      const images = tf.tensor4d(noise, [12, 8, 8, 1]);
      const labels = tf.tidy(() => tf.argMax(model(images), 1)) as Tensor1D;
      const wanted = [...(await labels.data())];
      const fooledBySlow = async (options: PgdOptions) => {
        const { images: points, fooled } = await pgd(model, images, labels, options);
        points.dispose();
        return fooled;
      };
      const fooledByFast = async (options: FgsmOptions) => {
        const points = fgsm(model, images, labels, options);
        const predictions = tf.tidy(() => tf.argMax(model(points), 1));
        const values = [...(await predictions.data())];
        tf.dispose([points, predictions]);
        return values.map((value, image) => value !== wanted[image]);
      };
      const count = (fooled: boolean[]) => fooled.filter(Boolean).length;
      const smallest = { linf: 0.1, l2: 0.8, l1: 5 };
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const counts: number[] = [];
        for (const factor of [0, 1, 2, 4]) {
          const options = { epsilon: factor * smallest[norm], bounds, norm };
          const fast = await fooledByFast(options);
          const slow = { ...options, steps: 16, stepSize: options.epsilon / 8, randomStart: false } as const;
          counts.push(count(await fooledBySlow(slow)));
          expect(counts.at(-1), `${norm}, epsilon ${options.epsilon}`).toBeGreaterThanOrEqual(count(fast));
          // Its first step is that of fgsm, so here it holds of each image.
          const sameStart = await fooledBySlow({ ...slow, stepSize: options.epsilon, steps: 2, earlyStop: true });
          expect(sameStart.map((fooled, image) => fooled || !fast[image])).not.toContain(false);
        }
        expect(counts[0]).toBe(0);
        expect(counts).toEqual([...counts].sort((first, second) => first - second));
        expect(counts[3]).toBeGreaterThan(counts[1]!);
      }
      tf.dispose([images, labels]);
    });
  });

  describe('momentumPgd', () => {
    const pixels = [0.02, 0.98, 0.4, 0.6, 0.5, 0.3];

    test('equals the plain definition at every step', async () => {
      for (const momentum of [0.5, 1]) {
        for (const steps of [1, 2, 4, 9]) {
          const options = { epsilon: 0.4, bounds, stepSize: 0.07, steps, momentum };
          const result = await attack(linear, [pixels], [0], options, momentumPgd);
          expectClose(result.pixels[0]!, plainPgd(pixels, 0, 0.4, 0.07, steps, momentum));
        }
      }
    });

    test('is pgd without momentum', async () => {
      const options = { epsilon: 0.3, bounds, stepSize: 0.05, steps: 6, randomStart: false };
      const still = { ...options, momentum: 0 };
      const result = await attack(linear, [pixels], [2], still, momentumPgd);
      expect(result.pixels).toEqual((await attack(linear, [pixels], [2], options)).pixels);
    });
  });
});
