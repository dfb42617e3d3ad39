import type { Classifier } from '@cnnviz/internal';
import {
  answerLater,
  constantClassifier,
  describeOnBackends,
  linearClassifier,
  linearClosedForm,
} from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type DecisionMap, type DecisionMapOptions, decisionMap } from './decision-map.ts';

const weights = [
  [0.5, -1, 2, 0.25, -0.125, 1],
  [-0.5, 1.5, 1, -2, 0.5, 0.75],
  [1, 0.5, -1, 0.5, -0.25, -3],
];
const bias = [0.1, -0.2, 0.3];
const gray = [0.5, 0.4, 0.6, 0.5, 0.45, 0.55];
const bounds = [0, 1] as const;

async function mapOf(model: Classifier, options: Partial<DecisionMapOptions> = {}): Promise<DecisionMap> {
  const image = tf.tensor4d(gray, [1, 2, 3, 1]);
  try {
    return await decisionMap(model, image, { bounds, extent: 2, resolution: 21, seed: 0, ...options });
  } finally {
    image.dispose();
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, index) => sum + value * b[index]!, 0);

/** Column and row of each point, from its place. */
const offsetsOf = ({ offsets, resolution }: DecisionMap, place: number) => ({
  right: offsets[place % resolution]!,
  up: offsets[resolution - 1 - Math.floor(place / resolution)]!,
});

describeOnBackends(['cpu', 'wasm'], () => {
  test('takes a model that answers later along random directions, and refuses it along the gradient', async () => {
    const model = linearClassifier(weights, bias);
    const image = tf.tensor4d(gray, [1, 2, 3, 1]);
    const options = { bounds, extent: 2, resolution: 5, seed: 0 };
    const later = await decisionMap(answerLater(model), image, { ...options, directions: 'random' });
    expect(later).toEqual(await decisionMap(model, image, { ...options, directions: 'random' }));
    // @ts-expect-error Its types say so, too.
    const refused = decisionMap(answerLater(model), image, options);
    await expect(refused).rejects.toThrow(
      new TypeError(
        '@cnnviz/adversarial: decisionMap: needs gradients of the model, so it must be synchronous, got a promise',
      ),
    );
    image.dispose();
  });

  test.each(['gradient', 'random'] as const)(
    '%s: boundaries of a linear classifier are its lines',
    async (directions) => {
      const map = await mapOf(linearClassifier(weights, bias), { directions });
      const { logits, probabilities } = linearClosedForm(weights, bias);
      let others = 0;
      for (const [place, label] of map.classes.entries()) {
        const { right, up } = offsetsOf(map, place);
        const pixels = gray.map((value, i) => value + right * map.directions.right[i]! + up * map.directions.up[i]!);
        const [first, second] = logits(pixels).toSorted((a, b) => b - a);
        if (first! - second! > 1e-4) expect(label).toBe(logits(pixels).indexOf(first!));
        expect(map.confidences[place]).toBeCloseTo(Math.max(...probabilities(pixels)), 5);
        if (Math.abs(Math.max(...pixels.map((pixel) => Math.abs(pixel - 0.5))) - 0.5) > 1e-5) {
          expect(map.inside[place]).toBe(pixels.every((pixel) => pixel >= 0 && pixel <= 1));
        }
        if (label !== map.sample.label) others++;
      }
      expect(others).toBeGreaterThan(20);
      expect(new Set(map.inside).size).toBe(2);
    },
  );

  test('the gradient leads straight to the boundary of two classes, which stands upright at the margin', async () => {
    const pair = weights.slice(0, 2);
    const map = await mapOf(linearClassifier(pair, [0, 0]), { extent: 1.5, resolution: 31 });
    const difference = pair[0]!.map((weight, pixel) => weight - pair[1]![pixel]!);
    const margin = dot(difference, gray);
    const distance = margin / Math.hypot(...difference);
    expect(margin).toBeGreaterThan(0);
    for (const [place, label] of map.classes.entries()) {
      expect(label).toBe(offsetsOf(map, place).right > distance ? 1 : 0);
    }
    expect(map.sample.distance).toBeGreaterThan(distance);
    expect(map.sample.distance).toBeLessThan(distance + 0.1);
  });

  test('directions have length 1 and are orthogonal', async () => {
    for (const directions of ['gradient', 'random'] as const) {
      const { right, up } = (await mapOf(linearClassifier(weights, bias), { directions })).directions;
      expect(dot(right, right)).toBeCloseTo(1, 6);
      expect(dot(up, up)).toBeCloseTo(1, 6);
      expect(dot(right, up)).toBeCloseTo(0, 6);
    }
  });

  test('the sample is in the middle, whatever the batches', async () => {
    const whole = await mapOf(linearClassifier(weights, bias), { batchSize: 441 });
    const { logits } = linearClosedForm(weights, bias);
    expect(whole.sample.index).toBe(220);
    expect(whole.offsets[10]).toBe(0);
    expect([whole.offsets[0], whole.offsets[20]]).toEqual([-2, 2]);
    expect(whole.sample.label).toBe(logits(gray).indexOf(Math.max(...logits(gray))));
    const parts = await mapOf(linearClassifier(weights, bias), { batchSize: 10 });
    expect(parts.classes).toEqual(whole.classes);
  });

  test('clip shows what the nearest valid image is taken for', async () => {
    const extremesSeen = async (clip: boolean) => {
      const seen: tf.Tensor[] = [];
      const watching = (images: Tensor4D) => {
        seen.push(tf.keep(tf.stack([tf.min(images), tf.max(images)])));
        return linearClassifier(weights, bias)(images);
      };
      await mapOf(watching, { clip, directions: 'random' });
      const values = await Promise.all(seen.map((extremes) => extremes.data()));
      tf.dispose(seen);
      return [Math.min(...values.map(([min]) => min!)), Math.max(...values.map(([, max]) => max!))];
    };
    const [least, most] = await extremesSeen(true);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThanOrEqual(1);
    expect((await extremesSeen(false))[0]).toBeLessThan(0);
  });

  test('has no distance to another class where there is none', async () => {
    const map = await mapOf(constantClassifier([0, 1, 0]), { directions: 'random' });
    expect(map.sample).toMatchObject({ label: 1, distance: null });
    expect(new Set(map.classes)).toEqual(new Set([1]));
  });

  test('says that a gradient of 0 points nowhere', async () => {
    const flat = (images: Tensor4D) =>
      tf.tidy(() => tf.mul(tf.slice(tf.reshape(images, [-1, 6]), 0, [-1, 2]), 0) as Tensor2D);
    await expect(mapOf(flat)).rejects.toThrow('decisionMap: the gradient is 0 everywhere: it points nowhere');
  });
});
