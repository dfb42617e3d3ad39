import type { Probe } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import { tonesOf } from '../scenes/scene-patterns.ts';
import { DissectionTally, type UnitMatches } from '../tallies/dissection-tally.ts';
import { unitMasks } from '../tallies/unit-masks.ts';

useBackend('cpu');

const size = 32;
const scenes = conceptScenes({ seed: 9, count: 12, size });
const numberOf = (name: string) => scenes.concepts.find((concept) => concept.name === name)!.number;

/** 1 where a pixel is within the noise of a tone of one of the colors: `[n, h, w, 3]` in 0 to 255 to `[n, h, w, 1]`. */
const colorUnit =
  (...colors: string[]): Probe =>
  (images) => {
    const distances = colors
      .flatMap(tonesOf)
      .map((tone) => tf.max(tf.abs(tf.sub(images, tf.tensor1d([...tone]))), 3, true));
    return tf.cast(
      tf.lessEqual(
        distances.reduce((a, b) => tf.minimum(a, b)),
        8,
      ),
      'float32',
    ) as Tensor4D;
  };

/** 1 in the left half of the image. */
const leftHalf: Probe = (images) =>
  tf.mul(
    tf.onesLike(tf.slice(images, 0, [-1, -1, -1, 1])),
    tf.reshape(tf.cast(tf.less(tf.range(0, size), size / 2), 'float32'), [1, 1, size, 1]),
  );

const units: Probe[] = [
  colorUnit('red'),
  colorUnit('red', 'blue'),
  (images) => tf.mul(leftHalf(images), colorUnit('green')(images)),
  (images) => tf.sub(1, colorUnit('yellow')(images)),
];

async function dissectedUnits(): Promise<UnitMatches[]> {
  const { concepts, categories, labelSize } = scenes;
  const tally = new DissectionTally({ units: units.length, concepts, categories, labelSize });
  const upsampling = { size: [1, 1], stride: [1, 1], offset: [0, 0], inputSize: null } as const;
  const thresholds = new Float32Array(units.length).fill(0.5);
  for (let index = 0; index < scenes.count; index++) {
    const image = await scenes.read(index);
    const activations = tf.tidy(() => {
      const images = tf.tensor4d(Float32Array.from(image.pixels), [1, size, size, 3]);
      return tf.concat(
        units.map((unit) => unit(images)),
        3,
      );
    });
    const values = await activations.data<'float32'>();
    tf.dispose(activations);
    tally.add(index, image, unitMasks(values, thresholds, { mapSize: labelSize, upsampling, size: labelSize }));
  }
  return tally.result();
}

/** Pixels of the color maps that a test of label and column holds for. */
async function pixelsWhere(holds: (label: number, column: number) => boolean): Promise<number> {
  let count = 0;
  for (let index = 0; index < scenes.count; index++) {
    const { maps } = await scenes.readLabels!(index);
    const { labels } = maps.find(({ category }) => category === 'color')!;
    labels.forEach((label, pixel) => {
      if (holds(label, pixel % size)) count++;
    });
  }
  return count;
}

describe('detectors made for rendered scenes', () => {
  let dissection: UnitMatches[];
  beforeAll(async () => {
    dissection = await dissectedUnits();
  });
  const colorOf = (unit: number) => dissection[unit]!.byCategory.find(({ concept }) => concept.category === 'color')!;

  test('have an IoU of 1 where they find just the concept', () => {
    const [red] = dissection;
    expect([red!.best!.concept.name, red!.best!.iou]).toEqual(['red-c', 1]);
  });

  test('have the share of the larger one where they find two', async () => {
    const [red, blue] = [numberOf('red-c'), numberOf('blue-c')];
    const reds = await pixelsWhere((label) => label === red);
    const blues = await pixelsWhere((label) => label === blue);
    const { concept, iou } = colorOf(1);
    expect(concept.number).toBe(reds > blues ? red : blue);
    expect(iou).toBeCloseTo(Math.max(reds, blues) / (reds + blues), 12);
  });

  test('have the share that they see where they see a part of the image', async () => {
    const green = numberOf('green-c');
    const seen = await pixelsWhere((label, column) => label === green && column < size / 2);
    const { concept, iou } = colorOf(2);
    expect(concept.number).toBe(green);
    expect(iou).toBeCloseTo(seen / (await pixelsWhere((label) => label === green)), 12);
  });

  test('have the share of the most frequent other concept where they find all but one', async () => {
    const yellow = numberOf('yellow-c');
    const { concept, truth, iou } = colorOf(3);
    const ofConcept = await pixelsWhere((label) => label === concept.number);
    expect([concept.number === yellow, truth]).toEqual([false, ofConcept]);
    expect(iou).toBeCloseTo(ofConcept / (await pixelsWhere((label) => label !== yellow)), 12);
    for (const { number } of scenes.concepts.filter(({ category }) => category === 'color')) {
      if (number !== yellow) expect(await pixelsWhere((label) => label === number)).toBeLessThanOrEqual(ofConcept);
    }
  });
});
