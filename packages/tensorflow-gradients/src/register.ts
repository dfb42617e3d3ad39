import { registerMissingGradients } from '@cnnviz/internal';
import {
  getGradient,
  getKernel,
  type KernelFunc,
  registerGradient,
  registerKernel,
  unregisterKernel,
  version_core,
} from '@tensorflow/tfjs-core';
import { filterGradients } from './filter-gradient.ts';
import { reluGrad, reluGradient } from './relu-gradient.ts';
import { step } from './step.ts';

/** The version of tfjs whose internals are used here. */
const MADE_FOR = '4.22';

/** Marks what this package has registered, or another copy of it. */
const OURS = Symbol.for('@cnnviz/tensorflow-gradients');

const SELF = '@cnnviz/tensorflow-gradients: registerTensorflowGradients';

/**
 * Makes gradients faster on `tensorflow`, the native backend of TensorFlow.js, without changing results. The gradient of ReLU
 * becomes one operation of the native library, without a tensor of ones made in JavaScript. Filter gradients of convolutions are
 * computed when they are first read, and never if nothing reads them. It does not change other backends, except for gradients
 * that TensorFlow.js has on none of them: it adds these everywhere, so that published networks can be differentiated.
 *
 * Call it once, after importing `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. Calling it again, or while another
 * backend is active, does no harm.
 *
 * @returns Nothing; there is nothing to dispose.
 * @throws Error if neither of the two was imported before, or if `@tensorflow/tfjs-core` is not version 4.22, because it uses
 *   its internals.
 * @see https://www.npmjs.com/package/@tensorflow/tfjs-node
 *
 * @example
 * ```ts no-run
 * import '@tensorflow/tfjs-node';
 * import { registerTensorflowGradients } from '@cnnviz/tensorflow-gradients';
 *
 * registerTensorflowGradients();
 * const gradient = tf.grad((x) => tf.sum(model(x as tf.Tensor4D)))(images);
 * ```
 */
export function registerTensorflowGradients(): void {
  if (!version_core.startsWith(`${MADE_FOR}.`)) {
    throw new Error(`${SELF}: expected @tensorflow/tfjs-core ${MADE_FOR}.x, got ${version_core}`);
  }
  if (getKernel(step.kernelName, 'tensorflow') === undefined) {
    throw new Error(
      `${SELF}: expected the backend tensorflow to be registered; import @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu first`,
    );
  }
  for (const { kernelName, make } of [step, ...filterGradients]) replace(kernelName, make);
  registerMissingGradients();
  const original = getGradient(reluGradient.kernelName);
  if (original === undefined || OURS in original.gradFunc) return;
  if (getKernel(reluGrad.kernelName, 'tensorflow') === undefined) registerKernel(reluGrad);
  const gradFunc = Object.assign(reluGradient.make(original.gradFunc), original.gradFunc, { [OURS]: true });
  registerGradient({ ...original, gradFunc });
}

function replace(kernelName: string, make: (stock: KernelFunc) => KernelFunc): void {
  const stock = getKernel(kernelName, 'tensorflow');
  if (stock === undefined || OURS in stock.kernelFunc) return;
  unregisterKernel(kernelName, 'tensorflow');
  registerKernel({ ...stock, kernelFunc: Object.assign(make(stock.kernelFunc), { [OURS]: true }) });
}
