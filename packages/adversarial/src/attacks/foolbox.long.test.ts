import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import foolbox from '../../fixtures/foolbox.json' with { type: 'json' };
import { carliniWagner } from './carlini-wagner.ts';
import { deepFool } from './deep-fool.ts';
import { fgsm } from './fgsm.ts';
import { momentumPgd } from './momentum-pgd.ts';
import { pgd } from './pgd.ts';

/**
 * Where cnnviz differs from foolbox on purpose, and this cannot compare: the L1 projection is exact (foolbox scales
 * down), MI-FGSM adds up gradients divided by their L1 length in each norm (foolbox: by that of the norm, in L∞ signs),
 * DeepFool adds no 1e-4 to its distances, and Carlini-Wagner stops early image by image.
 */
describeOnBackends(['cpu', 'wasm'], () => {
  const { weights, points, distances } = foolbox;
  const bounds = [0, 1] as const;
  const steps = points.pgdLinf.length;
  let images: Tensor4D;
  let labels: Tensor1D;
  beforeAll(() => {
    images = tf.tensor4d(foolbox.images, [4, 8, 8, 1]);
    labels = tf.tensor1d(foolbox.labels, 'int32');
  });
  afterAll(() => tf.dispose([images, labels]));

  const model = (input: Tensor4D): Tensor2D =>
    tf.tidy(() => {
      const first = tf.conv2d(input, tf.tensor4d(weights.firstKernel, [3, 3, 1, 4]), 1, 'same');
      const pooled = tf.avgPool(tf.relu(tf.add(first, weights.firstBias)) as Tensor4D, 2, 2, 'valid');
      const second = tf.conv2d(pooled, tf.tensor4d(weights.secondKernel, [3, 3, 4, 6]), 1, 'valid');
      const flat = tf.reshape(tf.relu(tf.add(second, weights.secondBias)), [-1, 24]) as Tensor2D;
      const dense = tf.matMul(flat, tf.tensor2d(weights.denseKernel, [24, 4]));
      return tf.mul(tf.add(dense, weights.denseBias), 3);
    });

  /** Largest difference of a pixel; disposes what it reads. */
  async function apart(actual: tf.Tensor, expected: readonly number[]): Promise<number> {
    const values = await actual.data<'float32'>();
    actual.dispose();
    expect(values.length).toBe(expected.length);
    return values.reduce((widest, value, index) => Math.max(widest, Math.abs(value - expected[index]!)), 0);
  }

  describe('as foolbox', () => {
    test('has the same network', async () => {
      expect(await apart(model(images), foolbox.logits)).toBeLessThan(1e-5);
    });

    test('steps by FGSM to 1e-5', async () => {
      const linf = fgsm(model, images, labels, { epsilon: 0.1, bounds });
      const l2 = fgsm(model, images, labels, { epsilon: 0.6, bounds, norm: 'l2' });
      const l1 = fgsm(model, images, labels, { epsilon: 4, bounds, norm: 'l1' });
      expect(await apart(linf, points.fgsmLinf)).toBeLessThan(1e-5);
      expect(await apart(l2, points.fgsmL2)).toBeLessThan(1e-5);
      expect(await apart(l1, points.fgsmL1)).toBeLessThan(1e-5);
    });

    test('steps by PGD to 1e-4, at every step', async () => {
      const linf = { epsilon: 0.1, bounds, stepSize: 0.03, randomStart: false } as const;
      const l2 = { epsilon: 0.6, bounds, stepSize: 0.15, randomStart: false, norm: 'l2' } as const;
      for (let step = 1; step <= steps; step++) {
        const box = await pgd(model, images, labels, { ...linf, steps: step });
        expect(await apart(box.images, points.pgdLinf[step - 1]!), `L∞ at step ${step}`).toBeLessThan(1e-4);
        const ball = await pgd(model, images, labels, { ...l2, steps: step });
        expect(await apart(ball.images, points.pgdL2[step - 1]!), `L2 at step ${step}`).toBeLessThan(1e-4);
      }
    });

    test('steps by MI-FGSM to 1e-4, at every step', async () => {
      const linf = { epsilon: 0.1, bounds, stepSize: 0.02 };
      const l1 = { epsilon: 100, bounds, stepSize: 0.5, norm: 'l1' } as const;
      for (let step = 1; step <= steps; step++) {
        const box = await momentumPgd(model, images, labels, { ...linf, steps: step });
        expect(await apart(box.images, points.momentumLinf[step - 1]!), `L∞ at step ${step}`).toBeLessThan(1e-4);
        const ball = await momentumPgd(model, images, labels, { ...l1, steps: step });
        expect(await apart(ball.images, points.momentumL1[step - 1]!), `L1 at step ${step}`).toBeLessThan(1e-4);
      }
    });

    test('goes as far by DeepFool, but for what foolbox adds to each step', async () => {
      for (const [norm, lengths] of [
        ['l2', distances.deepFoolL2],
        ['linf', distances.deepFoolLinf],
      ] as const) {
        const result = await deepFool(model, images, labels, { bounds, norm });
        tf.dispose(result.images);
        for (const [image, length] of lengths.entries()) {
          const further = length - result.distances[image]!;
          expect(further, `${norm}, image ${image}`).toBeGreaterThan(0);
          expect(further, `${norm}, image ${image}`).toBeLessThan(5 * 1.02e-4);
        }
      }
    });

    test('goes as far by Carlini-Wagner to 0.1%', async () => {
      const search = { binarySearchSteps: 6, initialConstant: 0.01, steps: 60, stepSize: 0.02, abortEarly: false };
      const result = await carliniWagner(model, images, labels, { bounds, ...search });
      tf.dispose(result.images);
      for (const [image, length] of distances.carliniWagner.entries()) {
        expect(Math.abs(result.distances[image]! / length - 1), `image ${image}`).toBeLessThan(1e-3);
      }
    });
  });
});
