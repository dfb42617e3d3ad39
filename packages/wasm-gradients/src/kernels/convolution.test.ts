import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectSameAsCpu,
  type KernelCase,
  normal,
  relativeError,
  runKernelOn,
  tensorOf,
  useWasm,
  type Values,
} from '../../test-support/compare-with-cpu.ts';
import type { WasmBackend } from '../wasm-backend.ts';
import { flippedConvolution } from './flipped-convolution.ts';
import { inputGradientOf } from './input-gradient.ts';
import { scatteredProduct } from './scattered-product.ts';

type Pad = 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];

interface Convolution {
  input: [number, number, number, number];
  filter: [number, number];
  outChannels: number;
  strides: [number, number];
  pad: Pad;
  dilations?: [number, number];
}

function outShapeOf({ input, filter, outChannels, strides, pad, dilations = [1, 1] }: Convolution, depthwise: boolean) {
  return tf.backend_util.computeConv2DInfo(
    input,
    [filter[0], filter[1], input[3], outChannels],
    strides,
    dilations,
    pad,
    'floor',
    depthwise,
  ).outShape;
}

function backpropFilter(convolution: Convolution): KernelCase {
  const { input, filter, outChannels, strides, pad } = convolution;
  return {
    kernel: 'Conv2DBackpropFilter',
    inputs: { x: normal(input, 1), dy: normal(outShapeOf(convolution, false), 2) },
    attrs: {
      strides,
      pad,
      dataFormat: 'NHWC',
      dimRoundingMode: 'floor',
      filterShape: [...filter, input[3], outChannels],
    },
  };
}

function backpropInput(convolution: Convolution): KernelCase {
  const { input, filter, outChannels, strides, pad } = convolution;
  return {
    kernel: 'Conv2DBackpropInput',
    inputs: {
      dy: normal(outShapeOf(convolution, false), 3),
      filter: normal([...filter, input[3], outChannels], 4),
    },
    attrs: { strides, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor', inputShape: input },
  };
}

function depthwise(kind: 'Filter' | 'Input', convolution: Convolution): KernelCase {
  const { input, filter, outChannels: multiplier, strides, pad, dilations = [1, 1] } = convolution;
  const filterShape = [...filter, input[3], multiplier];
  const dy = normal(outShapeOf(convolution, true), 5);
  const attrs = { strides, pad, dilations, dimRoundingMode: 'floor' };
  return kind === 'Filter'
    ? {
        kernel: 'DepthwiseConv2dNativeBackpropFilter',
        inputs: { x: normal(input, 6), dy },
        attrs: { ...attrs, filterShape },
      }
    : {
        kernel: 'DepthwiseConv2dNativeBackpropInput',
        inputs: { dy, filter: normal(filterShape, 7) },
        attrs: { ...attrs, inputShape: input },
      };
}

const grid: Convolution[] = [];
for (const pad of ['valid', 'same', 0, 1, 2] as const) {
  for (const strides of [
    [1, 1],
    [2, 2],
    [3, 1],
    [2, 3],
  ] as const) {
    for (const filter of [
      [1, 1],
      [3, 3],
      [2, 5],
      [4, 1],
    ] as const) {
      grid.push({ input: [2, 9, 8, 5], filter: [...filter], outChannels: 11, strides: [...strides], pad });
    }
  }
}
grid.push(
  { input: [1, 1, 1, 1], filter: [1, 1], outChannels: 1, strides: [1, 1], pad: 'valid' },
  { input: [1, 5, 5, 3], filter: [5, 5], outChannels: 8, strides: [1, 1], pad: 'valid' },
  { input: [1, 23, 23, 3], filter: [7, 7], outChannels: 9, strides: [2, 2], pad: 'valid' },
  { input: [1, 24, 25, 1], filter: [7, 7], outChannels: 12, strides: [4, 4], pad: 'same' },
  { input: [3, 7, 5, 16], filter: [3, 3], outChannels: 24, strides: [1, 1], pad: 'same' },
  { input: [1, 3, 150, 4], filter: [3, 3], outChannels: 8, strides: [1, 2], pad: 'same' },
  {
    input: [2, 6, 6, 3],
    filter: [3, 3],
    outChannels: 4,
    strides: [1, 1],
    pad: [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ],
  },
  { input: [2, 4, 4, 2], filter: [1, 1], outChannels: 3, strides: [1, 1], pad: 2 },
  { input: [20, 28, 28, 1], filter: [5, 5], outChannels: 3, strides: [1, 1], pad: 'valid' },
);

const drawn: fc.Arbitrary<Convolution> = fc
  .record({
    input: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    filter: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    outChannels: fc.integer({ min: 1, max: 18 }),
    strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    pad: fc.constantFrom<Pad>('same', 'valid', 0, 1, 2, 3),
  })
  .filter((convolution) => outShapeOf(convolution, false).every((size) => size > 0));

describe('gradients of a convolution', () => {
  it.each(grid)('filter gradient equals cpu: %j', async (convolution) => {
    await expectSameAsCpu(backpropFilter(convolution));
  });

  it.each(grid)('input gradient equals cpu: %j', async (convolution) => {
    await expectSameAsCpu(backpropInput(convolution));
  });

  it.each(grid)('input gradient equals cpu in either form: %j', async (convolution) => {
    await useWasm();
    const { inputs, attrs } = backpropInput(convolution);
    const expected = await runKernelOn('cpu', backpropInput(convolution));
    await useWasm();
    const [dy, filter] = [tensorOf(inputs.dy!), tensorOf(inputs.filter!)];
    const backend = tf.backend() as WasmBackend;
    for (const form of [flippedConvolution, scatteredProduct]) {
      const dx = tf.fill(convolution.input, 7);
      form(inputGradientOf({ dy, filter }, attrs as unknown as tf.Conv2DBackpropInputAttrs)).run(backend, dx);
      expect(relativeError(await dx.data(), expected.values), form.name).toBeLessThan(1e-4);
      dx.dispose();
    }
    tf.dispose([dy, filter]);
  });

  it('input gradient takes the form that multiplies less', () => {
    const costs = (input: Convolution['input'], filterSize: number, outChannels: number, pad: Pad) => {
      const { inputs, attrs } = backpropInput({
        input,
        filter: [filterSize, filterSize],
        outChannels,
        strides: [1, 1],
        pad,
      });
      const gradient = inputGradientOf(
        {
          dy: { ...inputs.dy!, dataId: {}, dtype: 'float32' },
          filter: { ...inputs.filter!, dataId: {}, dtype: 'float32' },
        },
        attrs as unknown as tf.Conv2DBackpropInputAttrs,
      );
      return { flipped: flippedConvolution(gradient).cost, scattered: scatteredProduct(gradient).cost };
    };
    const first = costs([4, 28, 28, 1], 5, 20, 'valid');
    expect(first.scattered).toBeLessThan(first.flipped);
    const inner = costs([4, 16, 16, 64], 3, 64, 'same');
    expect(inner.flipped).toBeLessThan(inner.scattered);
  });

  it('equal cpu on drawn shapes', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (convolution) => {
        await expectSameAsCpu(backpropFilter(convolution));
        await expectSameAsCpu(backpropInput(convolution));
      }),
      { numRuns: 60 },
    );
  });

  it('sum fifty thousand pixels of one sign without losing digits', async () => {
    const ones = (shape: number[]) => ({ shape, values: new Float32Array(tf.util.sizeFromShape(shape)).fill(0.1) });
    const { values } = await runKernelOn('wasm', {
      kernel: 'Conv2DBackpropFilter',
      inputs: { x: ones([64, 28, 28, 4]), dy: ones([64, 28, 28, 8]) },
      attrs: { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [1, 1, 4, 8] },
    });
    const expected = 64 * 28 * 28 * Math.fround(0.1) ** 2;
    for (const value of values) expect(Math.abs(value / expected - 1)).toBeLessThan(5e-6);
  });

  it('say that they know [n, h, w, c] only', async () => {
    const kernelCase = backpropFilter(grid[0]!);
    await expect(
      runKernelOn('wasm', { ...kernelCase, attrs: { ...kernelCase.attrs, dataFormat: 'NCHW' } }),
    ).rejects.toThrow("@cnnviz/wasm-gradients: Conv2DBackpropFilter: expected dataFormat 'NHWC', got 'NCHW'");
  });
});

describe('gradients of a depthwise convolution', () => {
  const depthwiseGrid: Convolution[] = [
    ...grid.map((convolution, i) => ({ ...convolution, outChannels: 1 + (i % 3) })),
    { input: [2, 8, 8, 24], filter: [3, 3], outChannels: 1, strides: [2, 2], pad: 'same' },
  ];

  it.each(depthwiseGrid)('filter gradient equals cpu: %j', async (convolution) => {
    await expectSameAsCpu(depthwise('Filter', convolution));
  });

  it.each(depthwiseGrid)('input gradient equals cpu: %j', async (convolution) => {
    await expectSameAsCpu(depthwise('Input', convolution));
  });

  it('equal cpu on drawn shapes', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, fc.integer({ min: 1, max: 3 }), async (convolution, multiplier) => {
        await expectSameAsCpu(depthwise('Filter', { ...convolution, outChannels: multiplier }));
        await expectSameAsCpu(depthwise('Input', { ...convolution, outChannels: multiplier }));
      }),
      { numRuns: 60 },
    );
  });

  // cpu ignores dilations here; the forward pass is the oracle: <conv(x', f), dy> = <x', dx>, and likewise for f.
  it.each<Convolution>([
    { input: [2, 9, 10, 16], filter: [3, 3], outChannels: 1, strides: [1, 1], pad: 'same', dilations: [2, 2] },
    { input: [1, 12, 11, 7], filter: [3, 2], outChannels: 2, strides: [1, 1], pad: 'valid', dilations: [3, 2] },
  ])('are adjoint to the dilated forward pass: %j', async (convolution) => {
    const filterGradient = depthwise('Filter', convolution);
    const inputGradient = depthwise('Input', convolution);
    const dw = await runKernelOn('wasm', filterGradient);
    const dx = await runKernelOn('wasm', inputGradient);
    const forward = async (x: Values, filter: Values) =>
      runKernelOn('cpu', {
        kernel: 'DepthwiseConv2dNative',
        inputs: { x, filter },
        attrs: { ...filterGradient.attrs, dataFormat: 'NHWC' },
      });
    const dot = (a: Values, b: Values) => [...a.values].reduce((sum, value, i) => sum + value * b.values[i]!, 0);
    for (const seed of [10, 11, 12]) {
      const otherFilter = normal(dw.shape, seed);
      const { x, dy } = filterGradient.inputs;
      expect(dot(otherFilter, dw)).toBeCloseTo(dot(await forward(x!, otherFilter), dy!), 2);
      const otherInput = normal(dx.shape, seed);
      const { filter } = inputGradient.inputs;
      expect(dot(otherInput, dx)).toBeCloseTo(dot(await forward(otherInput, filter!), inputGradient.inputs.dy!), 2);
    }
  });
});
