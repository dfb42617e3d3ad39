import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  expectSameAsCpu,
  type KernelCase,
  normal,
  relativeError,
  runKernelOn,
  type Values,
} from '../../test-support/compare-with-cpu.ts';

interface Pooling {
  input: [number, number, number, number, number];
  filterSize: [number, number, number];
  strides: [number, number, number];
  pad: 'valid' | 'same' | number;
}

const poolings: Pooling[] = [];
for (const pad of ['valid', 'same', 0, 1] as const) {
  for (const filterSize of [
    [2, 2, 2],
    [3, 2, 3],
    [1, 3, 2],
  ] as const) {
    for (const strides of [
      [1, 1, 1],
      [2, 2, 2],
      [2, 3, 1],
    ] as const) {
      for (const channels of [1, 3]) {
        if (pad === 1 && filterSize[0] === 1) continue;
        poolings.push({ input: [2, 5, 4, 6, channels], filterSize: [...filterSize], strides: [...strides], pad });
      }
    }
  }
}

/** All different, so that there are no ties, and all negative. */
function negative(shape: number[], seed: number): Values {
  const order = createRandom(seed).permutation(tf.util.sizeFromShape(shape));
  return { shape, values: Float32Array.from(order, (place) => -0.5 - place / 8) };
}

function forward({ input, filterSize, strides, pad }: Pooling, x = negative(input, 1)): KernelCase {
  const attrs = { filterSize, strides, pad, dimRoundingMode: 'floor', dataFormat: 'NDHWC' };
  return { kernel: 'MaxPool3D', inputs: { x }, attrs };
}

function backward({ input, filterSize, strides, pad }: Pooling, x = negative(input, 1)): KernelCase {
  const { outShape } = tf.backend_util.computePool3DInfo(input, filterSize, strides, 1, pad, 'floor');
  const dy = normal(outShape, 2);
  const attrs = { filterSize, strides, pad, dimRoundingMode: 'floor' };
  return { kernel: 'MaxPool3DGrad', inputs: { dy, input: x, output: dy }, attrs };
}

/** Block by block: all of its gradient to its first largest number. */
function slowGradient({ input, filterSize, strides, pad }: Pooling, { inputs }: KernelCase): Float32Array {
  const info = tf.backend_util.computePool3DInfo(input, filterSize, strides, 1, pad, 'floor');
  const [count, depth, height, width, channels] = input;
  const { front, top, left } = info.padInfo;
  const [x, dy] = [inputs.input!.values, inputs.dy!.values];
  const dx = new Float32Array(x.length);
  const places = [count, info.outDepth, info.outHeight, info.outWidth, channels];
  const strideOf = tf.util.computeStrides(places);
  for (let index = 0; index < dy.length; index++) {
    const [n, z, y, column, channel] = tf.util.indexToLoc(index, 5, strideOf) as [
      number,
      number,
      number,
      number,
      number,
    ];
    let [most, best] = [Number.NEGATIVE_INFINITY, -1];
    for (let d = z * strides[0] - front; d < z * strides[0] - front + filterSize[0]; d++) {
      for (let h = y * strides[1] - top; h < y * strides[1] - top + filterSize[1]; h++) {
        for (let w = column * strides[2] - left; w < column * strides[2] - left + filterSize[2]; w++) {
          if (d < 0 || h < 0 || w < 0 || d >= depth || h >= height || w >= width) continue;
          const place = (((n * depth + d) * height + h) * width + w) * channels + channel;
          if (x[place]! > most) [most, best] = [x[place]!, place];
        }
      }
    }
    dx[best]! += dy[index]!;
  }
  return dx;
}

describe('max pooling of volumes', () => {
  it.each(poolings)('gives the largest of negative numbers: %o', async (pooling) => {
    await expectSameAsCpu(forward(pooling), 1e-7);
  });

  it.each(poolings)('sends the gradient there: %o', async (pooling) => {
    const run = backward(pooling);
    const { values } = await runKernelOn('wasm', run);
    expect(relativeError(values, slowGradient(pooling, run))).toBeLessThan(1e-6);
  });

  it('sends it where cpu does in cubes; with other windows cpu is wrong', async () => {
    const cubes = poolings.filter(({ filterSize }) => new Set(filterSize).size === 1);
    expect(cubes.length).toBeGreaterThan(10);
    for (const pooling of cubes) await expectSameAsCpu(backward(pooling), 1e-5);
  });

  it('gives the largest of numbers of either sign', async () => {
    for (const pooling of poolings.slice(0, 6)) await expectSameAsCpu(forward(pooling, normal(pooling.input, 3)), 1e-7);
  });

  it('sends the gradient of ties to the first', async () => {
    const pooling: Pooling = { input: [1, 2, 2, 2, 1], filterSize: [2, 2, 2], strides: [2, 2, 2], pad: 'valid' };
    const values = { shape: pooling.input, values: Float32Array.of(-2, -1, -1, -3, -1, -2, -2, -1) };
    const gradient = backward(pooling, values);
    gradient.inputs.dy = { shape: [1, 1, 1, 1, 1], values: Float32Array.of(5) };
    expect([...(await runKernelOn('wasm', gradient)).values]).toEqual([0, 5, 0, 0, 0, 0, 0, 0]);
  });

  it('is what tf.maxPool3d and its gradient give', async () => {
    await runKernelOn('wasm', forward(poolings[0]!));
    const x = tf.fill([1, 4, 4, 4, 2], -3) as tf.Tensor5D;
    const pooled = tf.maxPool3d(x, 2, 2, 'valid');
    expect(pooled.shape).toEqual([1, 2, 2, 2, 2]);
    expect(new Set(await pooled.data())).toEqual(new Set([-3]));
    tf.dispose([x, pooled]);
  });
});
