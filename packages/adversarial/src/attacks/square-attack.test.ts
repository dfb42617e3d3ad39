import type { Classifier } from '@cnnviz/internal';
import { describeOnBackends, linearClassifier } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SquareAttackOptions, squareAttack } from './square-attack.ts';

const bounds = [0, 1] as const;
const side = 8;
const size = side * side;

async function attack(
  model: Classifier,
  pixels: number[][],
  labels: number[],
  options: SquareAttackOptions,
  channels = 1,
) {
  const length = pixels[0]!.length;
  const images = tf.tensor4d(pixels.flat(), [pixels.length, side, length / side / channels, channels]);
  const classes = tf.tensor1d(labels, 'int32');
  const { images: adversarial, ...rest } = await squareAttack(model, images, classes, options);
  const values = [...(await adversarial.data())];
  tf.dispose([images, classes, adversarial]);
  return { ...rest, pixels: pixels.map((_, image) => values.slice(image * length, (image + 1) * length)) };
}

const gray = Array(size).fill(0.5) as number[];

/** Class 0 leads by `lead` on the gray image, and by less the brighter the left half and the darker the right one is. */
function halves(lead: number): Classifier {
  const weights = Array.from({ length: size }, (_, pixel) => (pixel % side < side / 2 ? 1 : -1) / size);
  return linearClassifier([Array(size).fill(0), weights], [lead, 0]);
}

async function marginsOf(model: Classifier, pixels: number[][]): Promise<number[]> {
  const logits = tf.tidy(() => model(tf.tensor4d(pixels.flat(), [pixels.length, side, side, 1])));
  const values = (await logits.array()) as number[][];
  tf.dispose(logits);
  return values.map(([first, second]) => first! - second!);
}

describeOnBackends(['cpu', 'wasm'], () => {
  describe('squareAttack', () => {
    test('fools a linear classifier in a ball that holds a point that does, and in no other', async () => {
      // Over the ball the lead falls by epsilon in L∞, and by epsilon / 8 in L2.
      for (const [norm, lead] of [
        ['linf', 0.1],
        ['l2', 0.1 / side],
      ] as const) {
        const options = { bounds, norm, queries: 600, scheduleLength: 600, seed: 0 };
        const model = halves(lead);
        const below = await attack(model, [gray], [0], { ...options, epsilon: 0.099, queries: 100 });
        expect(below.fooled).toEqual([false]);
        expect(below.queries).toEqual([100]);
        const above = await attack(model, [gray], [0], { ...options, epsilon: norm === 'linf' ? 0.11 : 0.2 });
        expect(above.fooled, norm).toEqual([true]);
        expect(above.predictions).toEqual([1]);
        expect(above.queries[0]).toBeLessThan(600);
      }
    });

    test('needs no gradient', async () => {
      const rounded: Classifier = (images) =>
        tf.tidy(() => halves(0.05)(tf.div(tf.round(tf.mul(images, 100)), 100) as Tensor4D));
      const { fooled } = await attack(rounded, [gray], [0], { epsilon: 0.1, bounds, queries: 100, seed: 0 });
      expect(fooled).toEqual([true]);
    });

    test('reaches its target', async () => {
      const weights = [0, 1, 2].map((label) =>
        Array.from({ length: size }, (_, pixel) => (pixel % 3 === label ? 1 : -0.5)),
      );
      for (const label of [0, 1, 2]) {
        const options = { epsilon: 0.4, bounds, queries: 300, seed: 1, targeted: true };
        const { predictions, fooled } = await attack(linearClassifier(weights, [2, 1, 0]), [gray], [label], options);
        expect([predictions, fooled]).toEqual([[label], [true]]);
      }
    });

    test('keeps what lowers the margin, and nothing else', async () => {
      const asked: Tensor4D[] = [];
      const model = halves(1);
      const watched: Classifier = (images) => {
        asked.push(tf.keep(tf.clone(images)));
        return model(images);
      };
      const options = { epsilon: 0.2, bounds, queries: 40, seed: 3 };
      const { pixels } = await attack(watched, [gray], [0], options);
      const candidates = await Promise.all(asked.map((images) => images.data()));
      tf.dispose(asked);
      // The first call finds the number of classes, the second is about the image itself.
      expect(candidates).toHaveLength(42);
      const margins = await marginsOf(
        model,
        candidates.slice(2).map((values) => [...values]),
      );
      const [final] = await marginsOf(model, pixels);
      expect(final).toBe(Math.min(...margins));
      expect(new Set(margins).size).toBeGreaterThan(10);
    });

    test('moves each pixel by all of epsilon in L∞, and the whole image by it in L2', async () => {
      const options = { epsilon: 0.25, bounds, queries: 20, seed: 0 };
      for (const seed of [0, 1]) {
        const cube = await attack(halves(9), [gray], [0], { ...options, seed });
        expect(new Set(cube.pixels[0])).toEqual(new Set([0.25, 0.75]));
        const sphere = await attack(halves(9), [gray], [0], { ...options, seed, norm: 'l2' });
        expect(Math.hypot(...sphere.pixels[0]!.map((pixel) => pixel - 0.5))).toBeCloseTo(0.25, 5);
      }
    });

    test('starts with stripes of one column in L∞', async () => {
      const { pixels } = await attack(halves(9), [gray], [0], { epsilon: 0.25, bounds, queries: 1, seed: 0 });
      const columns = Array.from({ length: side }, (_, column) =>
        pixels[0]!.filter((_, pixel) => pixel % side === column),
      );
      for (const column of columns) expect(new Set(column).size).toBe(1);
      expect(new Set(pixels[0])).toEqual(new Set([0.25, 0.75]));
    });

    test('treats an image alike alone and in a batch from which others leave', async () => {
      for (const norm of ['linf', 'l2'] as const) {
        const batch = [0.5, 0.47, 0.44, 0.3, 0.2].map(
          (light) => [...gray.slice(0, 32), ...Array(32).fill(light)] as number[],
        );
        const labels = batch.map(() => 0);
        const weights = Array.from({ length: size }, (_, pixel) => (pixel < 32 ? -0.2 : 1) / size);
        const model = linearClassifier([Array(size).fill(0), weights], [0.25, 0]);
        const options = { epsilon: norm === 'linf' ? 0.16 : 1.6, bounds, norm, queries: 60, seed: 0 };
        const whole = await attack(model, batch, labels, options);
        expect(new Set(whole.fooled).size, 'some fool and some do not').toBe(2);
        expect(new Set(whole.queries).size, 'at different queries').toBeGreaterThan(2);
        for (const [image, pixels] of batch.entries()) {
          const alone = await attack(model, [pixels], [0], options);
          expect(alone.pixels[0]).toEqual(whole.pixels[image]);
          expect(alone.queries[0]).toBe(whole.queries[image]);
        }
      }
    });

    test('asks about fewer images once many fool', async () => {
      const sizes: number[] = [];
      const model = halves(0.05);
      const watched: Classifier = (images) => {
        sizes.push(images.shape[0]);
        return model(images);
      };
      const bright = gray.map((_, pixel) => (pixel % side < side / 2 ? 0 : 1));
      const batch = [gray, gray, gray, bright];
      const { fooled } = await attack(watched, batch, [0, 0, 0, 0], { epsilon: 0.2, bounds, queries: 100, seed: 0 });
      expect(fooled).toEqual([true, true, true, false]);
      expect(sizes.at(-1)).toBe(1);
      expect(sizes).toHaveLength(102);
    });

    test('returns what the model is wrong about, and all at epsilon 0, bit for bit', async () => {
      const odd = gray.map((_, pixel) => Math.fround([-0, 2 ** -149, 0.1, 1, -1, 1 / 3][pixel % 6]!));
      for (const [label, epsilon] of [
        [0, 0],
        [1, 0.5],
      ] as const) {
        const options = { epsilon, bounds: [-1, 1] as const, seed: 0 };
        const { pixels, queries } = await attack(halves(9), [odd], [label], options);
        expect(queries).toEqual([0]);
        for (const [index, pixel] of odd.entries()) expect(Object.is(pixels[0]![index], pixel)).toBe(true);
      }
    });

    test('returns points within epsilon and bounds as computed in float32', async () => {
      const pixel = fc.float({ min: 0, max: 1, noNaN: true });
      const cases = fc.record({
        image: fc.array(pixel, { minLength: size, maxLength: size }),
        epsilon: fc.oneof(fc.constantFrom(8 / 255, 0.3, 0.1), fc.double({ min: 0, max: 2, noNaN: true })),
        norm: fc.constantFrom('linf' as const, 'l2' as const),
        channels: fc.constantFrom(1, 2),
        seed: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ image, epsilon, channels, ...options }) => {
          const given = { ...options, epsilon, bounds, queries: 6 };
          const { pixels: points } = await attack(halves(2), [image], [0], given, channels);
          const changes = points[0]!.map((point, index) => Math.abs(point - image[index]!));
          for (const point of points[0]!) {
            expect(point).toBeGreaterThanOrEqual(0);
            expect(point).toBeLessThanOrEqual(1);
          }
          if (options.norm === 'linf') expect(Math.max(...changes.map(Math.fround))).toBeLessThanOrEqual(epsilon);
          else expect(Math.hypot(...changes)).toBeLessThanOrEqual(epsilon);
        }),
        { numRuns: 40 },
      );
    });

    test('takes images smaller than its smallest square', async () => {
      const images = tf.fill([1, 2, 2, 1], 0.5) as Tensor4D;
      const labels = tf.tensor1d([0], 'int32');
      const model = linearClassifier(
        [
          [0, 0, 0, 0],
          [1, -1, 1, -1],
        ],
        [0.3, 0],
      );
      for (const norm of ['linf', 'l2'] as const) {
        const result = await squareAttack(model, images, labels, { epsilon: 0.4, bounds, norm, queries: 60, seed: 0 });
        expect(result.fooled, norm).toEqual([true]);
        tf.dispose(result.images);
      }
      tf.dispose([images, labels]);
    });
  });
});
