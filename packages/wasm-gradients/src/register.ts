import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, registerKernel, unregisterKernel, version_core } from '@tensorflow/tfjs-core';
import { conv2DBackpropFilter } from './kernels/conv2d-backprop-filter.ts';
import { conv2DBackpropInput } from './kernels/conv2d-backprop-input.ts';
import {
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
} from './kernels/depthwise-conv2d-backprop.ts';
import { batchMatMul, fusedMatMul } from './kernels/mat-mul.ts';
import { avgPoolGrad, maxPoolGrad } from './kernels/pool-grad.ts';
import { mean, sum } from './kernels/sum.ts';
import { unsortedSegmentSum } from './kernels/unsorted-segment-sum.ts';
import { requireVersions } from './versions.ts';

const kernels = [
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
  batchMatMul,
  fusedMatMul,
  maxPoolGrad,
  avgPoolGrad,
  sum,
  mean,
  unsortedSegmentSum,
];

/** Marks what is already registered, also by another copy of this package. */
const OURS = Symbol.for('@cnnviz/wasm-gradients');

export function registerWasmGradients(): void {
  requireVersions({ core: version_core, wasm: version_wasm });
  for (const { kernelName, make } of kernels) {
    const stock = getKernel(kernelName, 'wasm');
    if (stock !== undefined && OURS in stock.kernelFunc) continue;
    if (stock !== undefined) unregisterKernel(kernelName, 'wasm');
    const kernelFunc = Object.assign(make(stock?.kernelFunc), { [OURS]: true });
    registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc });
  }
}
