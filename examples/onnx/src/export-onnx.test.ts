import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { exportOnnx } from './export-onnx.ts';
import { openOnnxModel } from './onnx-model.ts';
import { openRuntime } from './runtime.ts';

useBackend('cpu');

const random = (seed: number) => tfl.initializers.randomNormal({ seed });

/** Where rows and columns, input and output, before and after differ in everything. */
const lopsided = () =>
  tfl.sequential({
    name: 'lopsided',
    layers: [
      tfl.layers.conv2d({
        inputShape: [9, 7, 2],
        name: 'first',
        filters: 3,
        kernelSize: [3, 2],
        strides: [2, 1],
        padding: 'same',
        kernelInitializer: random(1),
        biasInitializer: random(2),
      }),
      tfl.layers.batchNormalization({
        name: 'norm',
        epsilon: 0.1,
        betaInitializer: random(3),
        gammaInitializer: random(4),
        movingMeanInitializer: random(5),
      }),
      tfl.layers.reLU({ name: 'relu' }),
      tfl.layers.maxPooling2d({ name: 'pool', poolSize: [2, 3], strides: [1, 2], padding: 'same' }),
      tfl.layers.conv2d({
        name: 'second',
        filters: 4,
        kernelSize: 2,
        padding: 'valid',
        useBias: false,
        kernelInitializer: random(6),
      }),
      tfl.layers.globalAveragePooling2d({ name: 'mean' }),
      tfl.layers.dense({ name: 'logits', units: 5, kernelInitializer: random(7), biasInitializer: random(8) }),
    ],
  });

describe('exportOnnx', () => {
  test('writes each kind of layer so that onnxruntime computes what TensorFlow.js does', async () => {
    const network = lopsided();
    const hidden = ['first', 'relu', 'pool', 'second'];
    const file = await exportOnnx(network, { hidden });
    const { runtime } = await openRuntime();
    const model = await openOnnxModel(runtime, file, { logits: 'logits' });
    const images = tf.tidy(() => tf.sin(tf.reshape(tf.range(0, 3 * 126), [3, 9, 7, 2]))) as Tensor4D;
    const logits = await model.classify(images);
    const maps = await model.probes(hidden)(images);
    const expected = network.predict(images) as Tensor2D;
    await expectClose(logits, expected);
    for (const name of hidden) {
      const upTo = tfl.model({ inputs: network.inputs, outputs: network.getLayer(name).output });
      const activations = upTo.predict(images) as Tensor4D;
      await expectClose(maps[name]!, activations);
      activations.dispose();
    }
    tf.dispose([images, logits, expected, maps]);
    network.dispose();
    await model.close();
  });

  test('says which layer it cannot write', async () => {
    const of = (layer: tfl.layers.Layer) =>
      exportOnnx(tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [4, 4, 2] }), layer] }), { hidden: [] });
    await expect(of(tfl.layers.upSampling2d({ name: 'up' }))).rejects.toThrow('up: a UpSampling2D cannot be written');
    const dilated = tfl.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 2, dilationRate: 2 });
    await expect(of(dilated)).rejects.toThrow('conv: dilationRate must be [1,1], got [2,2]');
    const active = tfl.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 2, activation: 'relu' });
    const input = tfl.input({ shape: [4, 4, 2] });
    const branch = tfl.layers.reLU({ name: 'branch' }).apply(input) as tfl.SymbolicTensor;
    const joined = tfl.layers.add({ name: 'sum' }).apply([input, branch]) as tfl.SymbolicTensor;
    const branched = exportOnnx(tfl.model({ inputs: input, outputs: joined }), { hidden: [] });
    await expect(branched).rejects.toThrow('sum: only a chain of layers is written as ONNX');
    await expect(of(active)).rejects.toThrow('conv: activation must be "linear", got "relu"');
  });
});

async function expectClose(actual: tf.Tensor, expected: tf.Tensor): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const [found, wanted] = [await actual.data(), await expected.data()];
  for (const [index, value] of wanted.entries()) expect(found[index]!).toBeCloseTo(value, 4);
}
