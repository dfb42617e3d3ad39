import { checker } from '@cnnviz/internal';
import { startBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { receptiveField } from './receptive-field.ts';
import { interpolationOf, type Upsampling, upsample } from './upsample.ts';

beforeAll(() => startBackend('cpu'));

/** A map whose value is its position, so that what it becomes shows where each label lies. */
async function placesOf(upsampling: Upsampling, positions: number, labels: number, imageSize = labels) {
  const enlarged = tf.tidy(() => {
    const ramp = tf.range(0, positions);
    const maps = tf.stack([tf.tile(tf.reshape(ramp, [-1, 1]), [1, 3]), tf.ones([positions, 3])], -1);
    const options = { size: [labels, 3], imageSize: [imageSize, 3] } as const;
    return tf.unstack(upsample(tf.expandDims(maps) as Tensor4D, upsampling, options), -1);
  });
  const [places, ones] = (await Promise.all(enlarged.map((each) => each.array()))) as number[][][][];
  tf.dispose(enlarged);
  for (const row of ones![0]!) for (const one of row) expect(one).toBeCloseTo(1, 6);
  return places![0]!.map(([first]) => first!);
}

describe('upsample', () => {
  it("anchors AlexNet's conv5 at the centers that NetDissect computes", async () => {
    // (163 // 2 - 64) // 2 = 8 labels is the center of position 0; 16 // 2 = 8 labels to the next.
    const field = { size: [163, 163], stride: [16, 16], offset: [-64, -64], inputSize: [227, 227] } as const;
    const places = await placesOf(field, 13, 113);
    expect(places[8]).toBe(0);
    expect(places[16]).toBe(1);
    expect(places[12]).toBe(0.5);
    expect(places[13]).toBeCloseTo(0.625, 6);
    expect(places[0]).toBe(0);
    expect(places[8 + 12 * 8]).toBe(12);
    expect(places[112]).toBe(12);
  });

  it('takes pixels of the network, not of the labels, as the unit of a receptive field', async () => {
    const field = receptiveField([{ size: 2, stride: 2 }]);
    // Centers at pixels 1, 3, 5, 7: labels 0, 1, 2, 3 of two pixels each.
    expect(await placesOf(field, 4, 4, 8)).toEqual([0, 1, 2, 3]);
    expect(await placesOf(field, 4, 8)).toEqual([0, 0, 0.5, 1, 1.5, 2, 2.5, 3]);
    // What the field knows of the image counts more.
    expect(await placesOf({ ...field, inputSize: [8, 8] }, 4, 4, 99)).toEqual([0, 1, 2, 3]);
  });

  it('lays the map of a network that enlarges between its pixels', async () => {
    const doubled = receptiveField([{ size: 2, stride: 2, transposed: true }]);
    expect(doubled).toMatchObject({ size: [1.5, 1.5], stride: [0.5, 0.5], offset: [-0.5, -0.5] });
    // Positions 2 i and 2 i + 1 are the halves of pixel i.
    expect(await placesOf(doubled, 8, 4)).toEqual([0.5, 2.5, 4.5, 6.5]);
  });

  it('takes a map that is finer than the labels point by point', async () => {
    expect(await placesOf(receptiveField([{ size: 3, padding: 1 }]), 8, 4, 8)).toEqual([0, 2, 4, 6]);
  });

  it.each([
    ['half-pixel', false, true],
    ['align-corners', true, false],
  ] as const)('equals resizeBilinear: %s', async (upsampling, alignCorners, halfPixelCenters) => {
    for (const [from, to] of [
      [
        [3, 5],
        [7, 12],
      ],
      [
        [4, 4],
        [9, 8],
      ],
      [
        [6, 5],
        [3, 5],
      ],
      [
        [1, 2],
        [4, 1],
      ],
    ] as const) {
      const [ours, theirs] = tf.tidy(() => {
        const maps = tf.sin(tf.reshape(tf.range(0, 2 * from[0] * from[1] * 3), [2, ...from, 3])) as Tensor4D;
        return [
          upsample(maps, upsampling, { size: to }),
          tf.image.resizeBilinear(maps, [...to], alignCorners, halfPixelCenters),
        ];
      });
      const [a, b] = await Promise.all([ours!.data(), theirs!.data()]);
      tf.dispose([ours!, theirs!]);
      for (const [index, value] of a.entries()) expect(value).toBeCloseTo(b[index]!, 5);
    }
  });

  it('never steps back, and keeps the last fraction below 1', () => {
    for (const upsampling of [
      'half-pixel',
      'align-corners',
      receptiveField([{ size: 5, stride: 3, padding: 4 }]),
    ] as const) {
      const { rows } = interpolationOf(checker('a', 'b'), upsampling, { size: [29, 1], mapSize: [7, 1] });
      rows.before.forEach((before, label) => {
        if (label > 0) expect(before).toBeGreaterThanOrEqual(rows.before[label - 1]!);
        expect(before + Math.ceil(rows.fraction[label]!)).toBeLessThanOrEqual(6);
      });
    }
  });

  it.each([
    ['maps must be a float32 tensor [n, h, w, c], got int32 tensor [1, 2, 2, 1]', 'int32', 'half-pixel', [2, 2]],
    ['size must be 2 whole sizes >= 1, got [0, 2]', 'float32', 'half-pixel', [0, 2]],
    [
      "upsampling must be a ReceptiveField, 'half-pixel' or 'align-corners', got \"bicubic\"",
      'float32',
      'bicubic',
      [2, 2],
    ],
  ] as const)('refuses: %s', (message, dtype, upsampling, size) => {
    const maps = tf.zeros([1, 2, 2, 1], dtype) as Tensor4D;
    expect(() => upsample(maps, upsampling as Upsampling, { size })).toThrow(`@cnnviz/dissect: upsample: ${message}`);
    tf.dispose(maps);
  });
});
