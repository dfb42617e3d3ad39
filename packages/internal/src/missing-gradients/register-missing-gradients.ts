import { type GradConfig, getGradient, registerGradient } from '@tensorflow/tfjs-core';
import { averagePoolGradient } from './average-pool.ts';
import { broadcastGradients } from './broadcast.ts';
import { cumsumGradient } from './cumsum.ts';
import { depthToSpaceGradient } from './depth-to-space.ts';
import { dilatedConvolutionGradients } from './dilated-convolution.ts';
import { einsumGradient } from './einsum.ts';
import { conditionGradients, floorDivGradient } from './flat.ts';
import { gatherGradient } from './gather.ts';
import { gatherNdGradient, scatterNdGradient } from './gather-nd.ts';
import { mirrorPadGradient } from './mirror-pad.ts';
import type { MendedGradient } from './missing-gradient.ts';
import { onlyPartGradients } from './only-part.ts';
import { prodGradient } from './prod.ts';
import { resizeGradients } from './resize.ts';
import { stridedSliceGradient } from './strided-slice.ts';
import { topKGradient } from './top-k.ts';
import { watchEngine } from './watch-engine.ts';

const missing: GradConfig[] = [
  stridedSliceGradient,
  depthToSpaceGradient,
  gatherNdGradient,
  scatterNdGradient,
  topKGradient,
  einsumGradient,
  ...conditionGradients,
];

const mended: MendedGradient[] = [
  ...dilatedConvolutionGradients,
  ...resizeGradients,
  mirrorPadGradient,
  averagePoolGradient,
  gatherGradient,
  cumsumGradient,
  prodGradient,
  floorDivGradient,
  ...broadcastGradients,
  ...onlyPartGradients,
];

/** Marks what is already registered, also by another copy of this code. */
const OURS = Symbol.for('@cnnviz/missing-gradients');

/**
 * Gives TensorFlow.js the gradients that it lacks, on every backend, so that published networks can be differentiated.
 *
 * - It has none of `stridedSlice`, `depthToSpace`, `gatherND`, `scatterND`, `topk`, `einsum` and of comparisons.
 * - It throws where a convolution is dilated, where `batchNorm` has no scale or no offset, where `split` or `unstack` give
 *   one part, and for `gather` with batch dimensions and `cumsum` along inner axes.
 * - It is wrong for `mirrorPad`, for resizing with half pixel centers, and on some backends for average pooling over a
 *   border and for resizing.
 *
 * Gradients that are right are left alone. Calling it again does no harm. Importing `@tensorflow/tfjs` or
 * `@tensorflow/tfjs-layers` later does not undo it.
 *
 * @example
 * import { registerMissingGradients } from '@cnnviz/models';
 *
 * registerMissingGradients();
 * const gradient = tf.grad((x) => tf.sum(tf.mirrorPad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], 'reflect')))(images);
 */
export function registerMissingGradients(): void {
  watchEngine(registerAll);
  registerAll();
}

function registerAll(): void {
  for (const gradient of missing) {
    if (getGradient(gradient.kernelName) === undefined) registerGradient(gradient);
  }
  for (const { kernelName, mend } of mended) {
    const original = getGradient(kernelName);
    if (original === undefined || OURS in original.gradFunc) continue;
    const gradFunc = Object.assign(mend(original.gradFunc), original.gradFunc, { [OURS]: true });
    registerGradient({ ...original, gradFunc });
  }
}
