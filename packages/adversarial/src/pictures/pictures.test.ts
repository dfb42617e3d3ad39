import { describeOnBackends, linearClassifier } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { adversarialStrip } from './adversarial-strip.ts';
import { amplifyPerturbation } from './amplify-perturbation.ts';
import type { DecisionMap } from './decision-map.ts';
import { decisionPicture } from './decision-picture.ts';
import { foolingGrid } from './fooling-grid.ts';
import { predict } from './predict.ts';

const bounds = [0, 255] as const;
const images = () => tf.tensor4d([0, 51, 102, 153, 204, 255, 51, 51], [2, 2, 2, 1]);
const adversarial = () => tf.tensor4d([5.1, 51, 102, 153, 204, 244.8, 51, 51], [2, 2, 2, 1]);
/** The first pixel decides between the two classes. */
const model = linearClassifier(
  [
    [1, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  [0, 3],
);

async function pixelsOf(picture: Tensor3D): Promise<number[][][]> {
  const pixels = await picture.array();
  picture.dispose();
  return pixels;
}

describeOnBackends(['cpu', 'wasm'], () => {
  describe('predict', () => {
    test('gives the most likely class and its probability', async () => {
      const batch = images();
      const [first, second] = await predict(model, batch);
      batch.dispose();
      expect(first!.label).toBe(1);
      expect(first!.confidence).toBeCloseTo(1 / (1 + Math.exp(-3)), 5);
      expect(second!.label).toBe(0);
    });
  });

  describe('amplifyPerturbation', () => {
    test('amplifies as much as the largest change allows, alike in all images', async () => {
      const [before, after] = [images(), adversarial()];
      const { pictures, amplification, largest } = await amplifyPerturbation(before, after, { bounds });
      expect(amplification).toBe(12);
      expect(largest[0]).toBeCloseTo(5.1, 5);
      expect(largest[1]).toBeCloseTo(10.2, 4);
      const values = [...(await pictures.data())];
      const expected = [0.5 + 12 * 0.02, 0.5, 0.5, 0.5, 0.5, 0.5 - 12 * 0.04, 0.5, 0.5];
      for (const [index, value] of values.entries()) expect(value).toBeCloseTo(expected[index]!, 5);
      tf.dispose([before, after, pictures]);
    });

    test('shows epsilon 0.1 of [0, 1] five times, and no change once', async () => {
      const before = tf.fill([1, 1, 2, 1], 0.3) as Tensor4D;
      const after = tf.add(before, tf.tensor4d([0.1, -0.1], [1, 1, 2, 1])) as Tensor4D;
      for (const [changed, factor] of [
        [after, 5],
        [before, 1],
      ] as const) {
        const { pictures, amplification } = await amplifyPerturbation(before, changed, { bounds: [0, 1] });
        expect(amplification).toBe(factor);
        pictures.dispose();
      }
      tf.dispose([before, after]);
    });

    test('clips where more was asked for', async () => {
      const [before, after] = [images(), adversarial()];
      const { pictures } = await amplifyPerturbation(before, after, { bounds, amplification: 1000 });
      const values = [...(await pictures.data())];
      expect([values[0], values[5]]).toEqual([1, 0]);
      tf.dispose([before, after, pictures]);
    });
  });

  describe('adversarialStrip', () => {
    test('lays out image, perturbation and sum in a row for each image', async () => {
      const [before, after] = [images(), adversarial()];
      const { picture, amplification, rows } = await adversarialStrip(model, before, after, {
        bounds,
        padding: 1,
        factor: 2,
        classNames: ['dark', 'bright'],
      });
      tf.dispose([before, after]);
      expect(amplification).toBe(12);
      expect(rows.map((row) => [row.before.name, row.after.name])).toEqual([
        ['bright', 'dark'],
        ['dark', 'dark'],
      ]);
      expect(rows[1]!.largestChange).toBeCloseTo(10.2, 4);
      expect(picture.shape).toEqual([10, 16, 3]);
      const pixels = await pixelsOf(picture);
      const level = (y: number, x: number) => pixels[2 * y]![2 * x]![0]!;
      expect(level(0, 0)).toBeCloseTo(0, 5);
      expect(level(0, 3)).toBeCloseTo(0.74, 5);
      expect(level(0, 6)).toBeCloseTo(0.02, 5);
      expect(level(0, 2)).toBe(1);
      expect(level(3, 1)).toBeCloseTo(1, 5);
      expect(level(3, 4)).toBeCloseTo(0.02, 4);
      expect(level(3, 7)).toBeCloseTo(0.96, 5);
    });
  });

  describe('foolingGrid', () => {
    test('puts the images into a grid and says what is where', async () => {
      const fooling = {
        images: tf.tensor4d([51, 102, 255], [3, 1, 1, 1]),
        targets: [7, 1, 2],
        confidences: [0.5, 0.99999, 1],
      };
      const { picture, labels } = foolingGrid(fooling, { bounds, padding: 1, factor: 2, classNames: ['zero', 'one'] });
      fooling.images.dispose();
      expect(picture.shape).toEqual([6, 6, 3]);
      const pixels = await pixelsOf(picture);
      for (const [index, { top, left }] of labels.entries()) {
        expect(pixels[top]![left]![0]).toBeCloseTo([0.2, 0.4, 1][index]!, 5);
      }
      expect(labels.map(({ name, text, row, column }) => [name, text, row, column])).toEqual([
        ['7', '50.00%', 0, 0],
        ['one', '99.99%', 0, 1],
        ['2', '100.00%', 1, 0],
      ]);
    });
  });

  describe('decisionPicture', () => {
    const map: DecisionMap = {
      resolution: 3,
      extent: 1,
      offsets: [-1, 0, 1],
      classes: [5, 5, 5, 2, 2, 5, 5, 5, 8],
      confidences: [1, 1, 0, 1, 1, 1, 1, 1, 1],
      inside: [true, true, true, true, true, true, true, true, false],
      sample: { label: 2, confidence: 1, index: 4, distance: 1 },
      directions: { right: new Float32Array(2), up: new Float32Array(2) },
    };

    test('colors classes, pales what is not sure, stripes what is outside, and marks the sample', async () => {
      const { picture, legend } = decisionPicture(map, { factor: 24, classNames: ['a', 'b', 'c'] });
      expect(legend.map(({ label, name, share }) => [label, name, share])).toEqual([
        [2, 'c', 2 / 9],
        [5, '5', 6 / 9],
        [8, '8', 1 / 9],
      ]);
      expect(picture.shape).toEqual([72, 72, 3]);
      const pixels = await pixelsOf(picture);
      const hex = (y: number, x: number) =>
        `#${pixels[y]![x]!.map((level) =>
          Math.round(level * 255)
            .toString(16)
            .padStart(2, '0'),
        ).join('')}`;
      expect(hex(30, 10)).toBe(legend[0]!.color);
      expect(hex(5, 5)).toBe(legend[1]!.color);
      const [sure, unsure] = [pixels[5]![5]!, pixels[5]![60]!];
      for (const [channel, level] of unsure.entries()) expect(level).toBeCloseTo(1 - 0.35 * (1 - sure[channel]!), 5);
      const corner = new Set(Array.from({ length: 24 }, (_, x) => hex(60, 48 + x)));
      expect(corner.size).toBe(2);
      expect(corner).toContain(legend[2]!.color);
      expect(hex(35, 38)).toBe('#000000');
      expect(hex(35, 35)).toBe(legend[0]!.color);
    });

    test('gives the classes beyond its colors one gray', () => {
      const classes = Array.from({ length: 121 }, (_, place) => place % 15);
      const crowd: DecisionMap = {
        ...map,
        resolution: 11,
        classes,
        confidences: classes.map(() => 1),
        inside: classes.map(() => true),
      };
      const { picture, legend } = decisionPicture(crowd);
      picture.dispose();
      expect(legend).toHaveLength(15);
      expect(new Set(legend.slice(0, 8).map(({ color }) => color)).size).toBe(8);
      expect(new Set(legend.slice(8).map(({ color }) => color))).toEqual(new Set(['#bbbbbb']));
    });
  });
});

test('predict says that logits of NaN have no largest, in place of class 0', async () => {
  const images = tf.zeros([2, 2, 2, 1]) as tf.Tensor4D;
  const broken = () =>
    tf.tensor2d([
      [1, 2],
      [Number.NaN, 0],
    ]);
  await expect(predict(broken, images)).rejects.toThrow(
    '@cnnviz/adversarial: predict: confidences must be finite, got NaN',
  );
  images.dispose();
});
