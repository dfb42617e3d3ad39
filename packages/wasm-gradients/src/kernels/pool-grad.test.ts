import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
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
  input: [number, number, number, number];
  filterSize: [number, number];
  strides: [number, number];
  pad: 'valid' | 'same' | number;
}

function poolInfo({ input, filterSize, strides, pad }: Pooling) {
  return tf.backend_util.computePool2DInfo(input, filterSize, strides, 1, pad, 'floor');
}

function gradient(
  kernel: 'MaxPoolGrad' | 'AvgPoolGrad',
  pooling: Pooling,
  input = normal(pooling.input, 1),
): KernelCase {
  const { filterSize, strides, pad } = pooling;
  const dy = normal(poolInfo(pooling).outShape, 2);
  const attrs = { filterSize, strides, pad, dimRoundingMode: 'floor' };
  return kernel === 'MaxPoolGrad'
    ? { kernel, inputs: { dy, input, output: dy }, attrs }
    : { kernel, inputs: { dy, input }, attrs };
}

const grid: Pooling[] = [];
for (const pad of ['valid', 'same', 0, 1] as const) {
  for (const filterSize of [
    [2, 2],
    [3, 3],
    [3, 2],
  ] as const) {
    for (const strides of [
      [1, 1],
      [2, 2],
      [3, 2],
    ] as const) {
      for (const channels of [1, 4, 7]) {
        grid.push({ input: [2, 7, 6, channels], filterSize: [...filterSize], strides: [...strides], pad });
      }
    }
  }
}

const drawn: fc.Arbitrary<Pooling> = fc
  .record({
    input: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    filterSize: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    pad: fc.constantFrom<Pooling['pad']>('same', 'valid', 0, 1),
  })
  .filter((pooling) => poolInfo(pooling).outShape.every((size) => size > 0));

/** One pixel after another, dy spread over the pixels of its window that lie inside the image. */
function averageGradient(pooling: Pooling, dy: Values): Float32Array {
  const [n, h, w, c] = pooling.input;
  const { outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = poolInfo(pooling);
  const dx = new Float32Array(n * h * w * c);
  for (let b = 0; b < n; b++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        const inside: number[] = [];
        for (let fh = 0; fh < filterHeight; fh++) {
          for (let fw = 0; fw < filterWidth; fw++) {
            const ih = oh * strideHeight + fh - padInfo.top;
            const iw = ow * strideWidth + fw - padInfo.left;
            if (ih >= 0 && ih < h && iw >= 0 && iw < w) inside.push(((b * h + ih) * w + iw) * c);
          }
        }
        for (const at of inside) {
          for (let i = 0; i < c; i++) {
            dx[at + i]! += dy.values[((b * outHeight + oh) * outWidth + ow) * c + i]! / inside.length;
          }
        }
      }
    }
  }
  return dx;
}

async function expectAverageGradient(pooling: Pooling): Promise<void> {
  const kernelCase = gradient('AvgPoolGrad', pooling);
  const { values } = await runKernelOn('wasm', kernelCase);
  expect(relativeError(values, averageGradient(pooling, kernelCase.inputs.dy!))).toBeLessThan(1e-5);
}

describe('gradient of max pooling', () => {
  it.each(grid)('equals cpu: %j', async (pooling) => {
    await expectSameAsCpu(gradient('MaxPoolGrad', pooling));
  });

  it.each(grid)('equals cpu with many ties, all at or below 0: %j', async (pooling) => {
    const { shape, values } = normal(pooling.input, 3);
    const tied = { shape, values: Float32Array.from(values, (value) => -Math.floor(Math.abs(value))) };
    await expectSameAsCpu(gradient('MaxPoolGrad', pooling, tied));
  });

  it('equals cpu on drawn shapes', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, (pooling) => expectSameAsCpu(gradient('MaxPoolGrad', pooling))),
      { numRuns: 80 },
    );
  });

  it('goes to the first of equal maxima', async () => {
    const { values } = await runKernelOn('wasm', {
      kernel: 'MaxPoolGrad',
      inputs: {
        dy: { shape: [1, 1, 1, 1], values: new Float32Array([5]) },
        input: { shape: [1, 2, 2, 1], values: new Float32Array([-3, -1, -1, -1]) },
        output: { shape: [1, 1, 1, 1], values: new Float32Array([-1]) },
      },
      attrs: { filterSize: 2, strides: 2, pad: 'valid' },
    });
    expect([...values]).toEqual([0, 5, 0, 0]);
  });
});

describe('gradient of average pooling', () => {
  it.each(grid)('is the derivative of the forward pass: %j', async (pooling) => {
    await expectAverageGradient(pooling);
  });

  it.each(grid.filter(({ pad }) => pad === 'valid'))('equals cpu without padding: %j', async (pooling) => {
    await expectSameAsCpu(gradient('AvgPoolGrad', pooling));
  });

  it('is the derivative of the forward pass on drawn shapes', async () => {
    await fc.assert(fc.asyncProperty(drawn, expectAverageGradient), { numRuns: 80 });
  });
});
