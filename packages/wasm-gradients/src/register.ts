import { registerMissingGradients } from '@cnnviz/internal';
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import {
  getGradient,
  getKernel,
  type KernelFunc,
  registerGradient,
  registerKernel,
  unregisterKernel,
  version_core,
} from '@tensorflow/tfjs-core';
import { fusedBatchNormGradient } from './gradients/batch-norm.ts';
import { clipByValueGradient, leakyReluGradient, relu6Gradient, reluGradient } from './gradients/gate.ts';
import { meanGradient, sumGradient } from './gradients/mean.ts';
import { squareGradient } from './gradients/square.ts';
import { fusedBatchNorm } from './kernels/batch-norm.ts';
import { clipByValue, relu, relu6 } from './kernels/clip.ts';
import { conv2DBackpropFilter } from './kernels/conv2d-backprop-filter.ts';
import { conv2DBackpropInput } from './kernels/conv2d-backprop-input.ts';
import {
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
} from './kernels/depthwise-conv2d-backprop.ts';
import { cast, identity } from './kernels/identity.ts';
import type { WasmKernel } from './kernels/kernel.ts';
import { batchMatMul, fusedMatMul } from './kernels/mat-mul.ts';
import { maxPool3D, maxPool3DGrad } from './kernels/max-pool-3d.ts';
import { avgPoolGrad, maxPoolGrad } from './kernels/pool-grad.ts';
import { add, multiply, subtract } from './kernels/rows.ts';
import { splitV } from './kernels/split.ts';
import { square } from './kernels/square.ts';
import { mean, sum } from './kernels/sum.ts';
import { unsortedSegmentSum } from './kernels/unsorted-segment-sum.ts';
import { explainStartFailures } from './start-failures.ts';
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
  maxPool3D,
  maxPool3DGrad,
  sum,
  mean,
  unsortedSegmentSum,
  identity,
  cast,
  splitV,
  add,
  subtract,
  multiply,
  square,
  relu,
  relu6,
  clipByValue,
  fusedBatchNorm,
];

const gradients = [
  reluGradient,
  relu6Gradient,
  leakyReluGradient,
  clipByValueGradient,
  meanGradient,
  sumGradient,
  squareGradient,
  fusedBatchNormGradient,
];

/**
 * Marks what this package has registered, or another copy of it. On a kernel, its value is `keepGradients`, which the other
 * packages call.
 */
const OURS = Symbol.for('@cnnviz/wasm-gradients');

/**
 * Makes the wasm backend of TensorFlow.js 4.22 differentiable and trainable. It registers the kernels that gradients of
 * convolutional networks need and that the stock backend lacks, computes wrongly or computes slowly, and gradients that take
 * fewer passes over memory. It does not change other backends, except for gradients that TensorFlow.js has on none of them: it
 * adds these everywhere, so that published networks can be differentiated.
 *
 * Call it once at the start. `@tensorflow/tfjs-layers` and `@tensorflow/tfjs`, which register the gradients that it replaces,
 * may be imported before or after. Calling it again, before the backend starts or while another backend is active does no
 * harm. If a backend that starts later does not find its .wasm files, its error says where it looked and how to fix that.
 *
 * @returns Nothing; there is nothing to dispose.
 * @throws Error if `@tensorflow/tfjs-core` or `@tensorflow/tfjs-backend-wasm` is not version 4.22, because it uses their
 *   internals.
 * @see https://github.com/tensorflow/tfjs/issues/8474 for the missing kernels.
 *
 * @example
 * import { registerWasmGradients } from '@cnnviz/wasm-gradients';
 *
 * registerWasmGradients();
 * await tf.setBackend('wasm');
 * const filter = tf.ones<tf.Rank.R4>([3, 3, 1, 8]);
 * const gradient = tf.grad((f) => tf.sum(tf.conv2d(images, f as tf.Tensor4D, 1, 'same')))(filter);
 */
export function registerWasmGradients(): void {
  requireVersions({ core: version_core, wasm: version_wasm });
  explainStartFailures();
  kernels.forEach(register);
  registerGradients();
}

function registerGradients(): void {
  for (const { kernelName, kernels: own, make } of gradients) {
    const original = getGradient(kernelName);
    if (original === undefined || OURS in original.gradFunc) continue;
    own.forEach(register);
    const gradFunc = Object.assign(make(original.gradFunc), original.gradFunc, { [OURS]: true });
    registerGradient({ ...original, gradFunc });
  }
  registerMissingGradients();
}

function register({ kernelName, make }: WasmKernel): void {
  const stock = getKernel(kernelName, 'wasm');
  if (stock !== undefined && OURS in stock.kernelFunc) return;
  if (stock !== undefined) unregisterKernel(kernelName, 'wasm');
  const run = make(stock?.kernelFunc);
  const kernelFunc: KernelFunc = (args) => {
    keepGradients();
    return run(args);
  };
  const marked = Object.assign(kernelFunc, { [OURS]: keepGradients });
  registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc: marked });
}

/**
 * Registers the gradients again after an import of tfjs has overwritten them with its own. Each kernel calls this, because tfjs
 * looks up the gradient of an operation after running its kernel.
 *
 * An import replaces all gradients at once. If one is still ours, the others were replaced on purpose, as for guided
 * backpropagation, and stay.
 */
function keepGradients(): void {
  if (isOurs(sumGradient.kernelName) !== false || gradients.some(({ kernelName }) => isOurs(kernelName))) return;
  registerGradients();
}

/** Undefined if no gradient is registered. */
function isOurs(kernelName: string): boolean | undefined {
  const gradient = getGradient(kernelName);
  return gradient && OURS in gradient.gradFunc;
}
