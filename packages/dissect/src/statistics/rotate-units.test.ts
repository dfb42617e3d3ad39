import { runInNewContext } from 'node:vm';
import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Rotation, randomRotation } from './random-rotation.ts';
import { rotateUnits } from './rotate-units.ts';

useBackend('cpu');

const noise = createRandom(1).fillNormal(new Float32Array(2 * 3 * 4 * 5));
const imagesOf = () => tf.tensor4d(noise, [2, 3, 4, 5]);

async function valuesOf(rotation: Rotation): Promise<Float32Array> {
  const images = imagesOf();
  const rotated = rotateUnits((maps) => maps, rotation)(images);
  expect(rotated.shape).toEqual([2, 3, 4, 5]);
  const values = await rotated.data<'float32'>();
  tf.dispose([images, rotated]);
  return values;
}

describe('rotateUnits', () => {
  it('gives each new unit the sum of the old ones that a column of the matrix says', async () => {
    const rotation = randomRotation({ units: 5, seed: 2 });
    const values = await valuesOf(rotation);
    values.forEach((value, index) => {
      const [position, unit] = [Math.floor(index / 5), index % 5];
      let sum = 0;
      for (let old = 0; old < 5; old++) sum += noise[position * 5 + old]! * rotation.matrix[old * 5 + unit]!;
      expect(value).toBeCloseTo(sum, 5);
    });
  });

  it('takes a matrix of another realm', async () => {
    const rotation = randomRotation({ units: 5, seed: 2 });
    const matrix = runInNewContext('new Float32Array(values)', { values: rotation.matrix }) as Float32Array;
    expect(await valuesOf({ ...rotation, matrix })).toEqual(await valuesOf(rotation));
  });

  it('keeps the length of the activations of each position, and changes each of them', async () => {
    const values = await valuesOf(randomRotation({ units: 5, seed: 2 }));
    const length = (of: Float32Array, position: number) => Math.hypot(...of.subarray(position * 5, position * 5 + 5));
    for (let position = 0; position < 24; position++) {
      expect(length(values, position)).toBeCloseTo(length(noise, position), 5);
    }
    expect(values.every((value, index) => value !== noise[index])).toBe(true);
  });

  it('changes nothing by no rotation', async () => {
    expect([...(await valuesOf(randomRotation({ units: 5, seed: 2, amount: 0 })))]).toEqual([...noise]);
  });

  it('is differentiable and leaves no tensors', async () => {
    const images = imagesOf();
    const before = tf.memory().numTensors;
    const rotated = rotateUnits((maps) => tf.mul(maps, 2) as Tensor4D, randomRotation({ units: 5, seed: 2 }));
    const gradient = tf.grad((input) => tf.sum(tf.square(rotated(input as Tensor4D))))(images);
    // Of |2 x Q|² = 4 |x|² it is 8 x.
    (await gradient.data()).forEach((value, index) => {
      expect(value).toBeCloseTo(8 * noise[index]!, 4);
    });
    gradient.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const broken = rotateUnits((maps) => tf.concat([maps, maps], 3), randomRotation({ units: 5, seed: 2 }));
    expect(() => broken(images)).toThrow(
      '@cnnviz/dissect: rotateUnits: probe must be one of 5 units, got float32 tensor [2, 3, 4, 10]',
    );
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
  });

  it.each<[string, () => unknown]>([
    ['probe must be a function, got 1', () => rotateUnits(1 as never, randomRotation({ units: 5, seed: 2 }))],
    ['rotation must be a result of randomRotation, got 90', () => rotateUnits((maps) => maps, 90 as never)],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: rotateUnits: ${message}`));
});
