import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import type { WasmBackend } from '../src/wasm-backend.ts';
import { normal, tensorOf } from './compare-with-cpu.ts';

class LocalResponseNormalization extends layers.layers.Layer {
  static className = 'LocalResponseNormalization';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.localResponseNormalization(x, 2, 1, 0.1, 0.75);
  }

  override computeOutputShape(shape: layers.Shape): layers.Shape {
    return shape;
  }
}

const { layers: l } = layers;

/** One of every kind of layer that the package promises to train. */
export function everyLayer(): layers.Sequential {
  return layers.sequential({
    layers: [
      l.conv2d({ inputShape: [9, 9, 3], filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }),
      new LocalResponseNormalization({}),
      l.maxPooling2d({ poolSize: 2, padding: 'same' }),
      l.zeroPadding2d({ padding: 1 }),
      l.conv2d({ filters: 5, kernelSize: 3, strides: 2, useBias: false }),
      l.batchNormalization(),
      l.leakyReLU(),
      // cpu's gradient of 'nearest' is wrong for more than one image.
      l.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      l.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'sigmoid' }),
      l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'tanh' }),
      l.batchNormalization(),
      l.reLU({ maxValue: 6 }),
      l.separableConv2d({ filters: 7, kernelSize: 3, activation: 'elu' }),
      l.averagePooling2d({ poolSize: 2 }),
      l.dropout({ rate: 0.25, seed: 5 }),
      l.flatten(),
      l.dense({ units: 8, activation: 'relu6' }),
      l.dense({ units: 6 }),
      l.softmax(),
    ],
  });
}

export const inputs = normal([4, 9, 9, 3], 1);
export const targets = { shape: [4, 6], values: new Float32Array(24).map((_, i) => (i % 7 === 0 ? 1 : 0)) };

/** Counts allocations less releases on the wasm heap; a heap with room in it would hide a small leak. */
function countAllocations(wasm: WasmBackend['wasm']) {
  const { _malloc, _free } = wasm;
  let live = 0;
  wasm._malloc = (bytes) => {
    live++;
    return _malloc(bytes);
  };
  wasm._free = (address) => {
    live--;
    _free(address);
  };
  return {
    stop() {
      Object.assign(wasm, { _malloc, _free });
      return live;
    },
  };
}

/** Trains for so many steps and expects that neither the tensors nor the wasm heap grow. */
export async function expectNoGrowth(steps: number): Promise<void> {
  await tf.setBackend('wasm');
  const { wasm } = tf.backend() as unknown as WasmBackend;
  const model = everyLayer();
  const optimizer = tf.train.momentum(0.01, 0.9);
  const [x, y] = [tensorOf(inputs), tensorOf(targets)];
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = async () => {
    const loss = optimizer.minimize(
      () =>
        tf.mean(
          tf.sum(tf.neg(tf.mul(tf.log(tf.add(model.apply(x, { training: true }) as tf.Tensor, 1e-6)), y)), 1),
        ) as tf.Scalar,
      true,
      variables,
    )!;
    await loss.data();
    tf.dispose(loss);
  };
  for (let i = 0; i < 10; i++) await step();
  const before = tf.memory();
  const heap = wasm.HEAPU8.length;
  const live = countAllocations(wasm);
  for (let i = 0; i < steps; i++) await step();
  expect(live.stop()).toBe(0);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numBytes).toBe(before.numBytes);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  expect(wasm.HEAPU8.length).toBe(heap);
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y]);
}
