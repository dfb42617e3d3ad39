import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { CppnGenome } from './cppn-genome.ts';
import { renderCppnsOnDevice } from './render-cppns-on-device.ts';
import { renderCppnsOnHost } from './render-cppns-on-host.ts';

export interface CppnRendering {
  height: number;
  width: number;
  /** Outputs of the network: gray, or hue, lightness and saturation. */
  channels: 1 | 3;
  /** `[4, height * width]`: what the four inputs are at each pixel. */
  inputs: Float32Array;
}

/** Up to this size the many small operations of a population take a graphics card longer than all pixels take the host. */
const HOST_PIXELS = 64 * 64;

/**
 * Renders many networks: on a graphics card the large ones, else on the host, where one network after the other in typed
 * arrays takes a third of the time that the operations of all at once take on wasm, and less than they take the native
 * library.
 *
 * @returns Images `[n, height, width, channels]` in [0, 1]. The caller disposes.
 */
export function renderCppns(genomes: readonly CppnGenome[], rendering: CppnRendering): Tensor4D {
  const { height, width, channels } = rendering;
  if (genomes.length === 0) return tf.zeros([0, height, width, channels]);
  const runsShaders = ['webgl', 'webgpu'].includes(tf.getBackend());
  const render = runsShaders && height * width > HOST_PIXELS ? renderCppnsOnDevice : renderCppnsOnHost;
  return render(genomes, rendering);
}
