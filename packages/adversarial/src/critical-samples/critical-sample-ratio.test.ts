import { batchesOf, createRandom, type LabeledImages } from '@cnnviz/internal';
import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CriticalSampleState } from './count-critical-samples.ts';
import { criticalSampleRatio } from './critical-sample-ratio.ts';
import { criticalSampleSweep } from './critical-sample-sweep.ts';

const size = 16;
const count = 50;
const random = createRandom(0);
const weights = [0, 1].map(() => [...random.fillNormal(new Float32Array(size))]);
const bias = [0.3, -0.2];
const pixels = random.fillUniform(new Float32Array(count * size));
const closedForm = linearClosedForm(weights, bias);
const reach = weights[0]!.reduce((total, weight, pixel) => total + Math.abs(weight - weights[1]![pixel]!), 0);
/** Of each image the radius from which on it is critical. */
const leastRadii = Array.from({ length: count }, (_, image) => {
  const [first, second] = closedForm.logits(pixels.subarray(image * size, (image + 1) * size)) as [number, number];
  return Math.abs(first - second) / reach;
});
const sorted = leastRadii.toSorted((a, b) => a - b);
/** Between the n-th and the next. */
const radiusOf = (critical: number) => (sorted[critical - 1]! + sorted[critical]!) / 2;
const model = linearClassifier(weights, bias);
const search = { bounds: [0, 1], alpha: radiusOf(40) / 3, beta: 0, maxSteps: 5, seed: 0 } as const;

describeOnBackends(['cpu', 'wasm'], () => {
  let images: Tensor4D;
  beforeAll(() => {
    images = tf.tensor4d(pixels, [count, 4, 4, 1]);
  });
  afterAll(() => images.dispose());
  const inBatches = (batchSize: number) => batchesOf({ images }, batchSize);

  describe('criticalSampleRatio', () => {
    test('is the part of the images whose margin is too small, however they are batched', async () => {
      for (const [critical, batchSize] of [
        [10, 50],
        [25, 7],
        [40, 16],
      ] as const) {
        const radius = radiusOf(critical);
        const result = await criticalSampleRatio(model, inBatches(batchSize), { ...search, radius });
        expect(result).toMatchObject({ radius, critical, images: count, ratio: critical / count });
        expect(result.interval[0]).toBeLessThan(result.ratio);
        expect(result.interval[1]).toBeGreaterThan(result.ratio);
      }
    });

    test('does not depend on the size of the batches where there is noise', async () => {
      const noisy = { ...search, radius: radiusOf(25), beta: radiusOf(25), maxSteps: 2 };
      const ratios = [];
      for (const batchSize of [50, 7, 1]) {
        ratios.push(await criticalSampleRatio(model, inBatches(batchSize), noisy));
      }
      expect(ratios[1]).toEqual(ratios[0]);
      expect(ratios[2]).toEqual(ratios[0]);
    });

    test('takes labeled batches, and looks at what the model says, not at the labels', async () => {
      const radius = radiusOf(25);
      const right = closedForm;
      const truth = Array.from({ length: count }, (_, image) => {
        const logits = right.logits(pixels.subarray(image * size, (image + 1) * size));
        return Number(logits[1]! > logits[0]!);
      });
      for (const classes of [truth, truth.map((label) => 1 - label)]) {
        const labels = tf.tensor1d(classes, 'int32');
        const batches: LabeledImages[] = [{ images, labels }];
        expect((await criticalSampleRatio(model, batches, { ...search, radius })).critical).toBe(25);
        labels.dispose();
      }
    });

    test('is 0 for a classifier that says the same of everything, and at radius 0', async () => {
      const constant = await criticalSampleRatio(constantClassifier([1, 2]), inBatches(20), {
        bounds: [0, 1],
        maxSteps: 2,
        seed: 0,
      });
      expect(constant).toMatchObject({ ratio: 0, critical: 0, images: 50, radius: 0.3 / 255 });
      expect(constant.interval[0]).toBe(0);
      expect(await criticalSampleRatio(model, inBatches(20), { ...search, radius: 0 })).toMatchObject({ ratio: 0 });
    });

    test('goes on after a kill to the same result', async () => {
      const options = { ...search, radius: radiusOf(30), beta: 0.01, maxSteps: 3 };
      const whole = await criticalSampleRatio(model, inBatches(8), options);
      let kept: CriticalSampleState<'criticalSampleRatio'> | undefined;
      const killed = criticalSampleRatio(model, inBatches(8), {
        ...options,
        onProgress: ({ state, images: done }) => {
          if (done > 20) throw new Error('killed');
          kept = JSON.parse(JSON.stringify(state()));
        },
      });
      await expect(killed).rejects.toThrow('killed');
      expect(kept).toMatchObject({ batches: 2, images: 16 });
      let searched = 0;
      const counting: typeof model = (batch) => {
        searched += batch.shape[0];
        return model(batch);
      };
      expect(await criticalSampleRatio(counting, inBatches(8), { ...options, resume: kept! })).toEqual(whole);
      expect(searched).toBeLessThanOrEqual(4 * (count - 16));
      const other = criticalSampleRatio(model, inBatches(8), { ...options, seed: 1, resume: kept! });
      await expect(other).rejects.toThrow(/criticalSampleRatio: resume.settings must be /);
      const unknown = criticalSampleRatio(model, inBatches(8), {
        ...options,
        resume: { kind: 'criticalSampleSweep', version: 1 } as never,
      });
      await expect(unknown).rejects.toThrow(
        'cannot resume from this state: it is of criticalSampleSweep, version 1; expected criticalSampleRatio, version 1',
      );
    });

    test('says what is wrong with its batches', async () => {
      await expect(criticalSampleRatio(model, [], { ...search })).rejects.toThrow(/batches must be at least one batch/);
      await expect(criticalSampleRatio(model, [{}] as never, { ...search })).rejects.toThrow(
        /images must be a float32/,
      );
      await expect(criticalSampleRatio(model, [images], { ...search, level: 1 })).rejects.toThrow(/level/);
    });
  });

  describe('criticalSampleSweep', () => {
    test('is the ratio at each radius', async () => {
      const radii = [0, radiusOf(10), radiusOf(25), radiusOf(40)];
      const sweep = await criticalSampleSweep(model, inBatches(16), { ...search, radii });
      expect(sweep.map(({ critical }) => critical)).toEqual([0, 10, 25, 40]);
      for (const { radius, ...found } of sweep) {
        expect(await criticalSampleRatio(model, inBatches(50), { ...search, radius })).toEqual({ radius, ...found });
      }
    });

    test('never falls, also where the noise misleads the search', async () => {
      const radii = Array.from({ length: 12 }, (_, index) => radiusOf(10) * (1 + index / 10));
      const misled = { ...search, alpha: 0, beta: radiusOf(40), maxSteps: 3 };
      const sweep = await criticalSampleSweep(model, inBatches(25), { ...misled, radii });
      const found = sweep.map(({ critical }) => critical);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
      expect(found.at(-1)).toBeGreaterThan(0);
    });

    test('searches again only what is not critical yet', async () => {
      const rows: number[] = [];
      const counting: typeof model = (batch) => {
        rows.push(batch.shape[0]);
        return model(batch);
      };
      await criticalSampleSweep(counting, [images], { ...search, radii: [radiusOf(25), radiusOf(40)] });
      expect(rows[0]).toBe(50);
      expect(rows[6]).toBe(25);
    });

    test.each([
      [[], /radii must be one number or more, ascending, got \[\]/],
      [[2, 1], /radii must be one number or more, ascending/],
      [[1, 1], /radii must be one number or more, ascending/],
      [[-1], /radii must be a number >= 0, got -1/],
      [3, /radii must be a list of numbers, got 3/],
    ])('refuses the radii %j', async (radii, message) => {
      await expect(criticalSampleSweep(model, [images], { ...search, radii: radii as number[] })).rejects.toThrow(
        message,
      );
    });
  });
});
