import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { graphModel, node, placeholder } from '../../test-support/graphs.ts';
import { branches, photos, valuesOf } from '../../test-support/networks.ts';
import { trainable } from './trainable.ts';

useBackend('wasm');

describe('trainable', () => {
  it('gives logits, the weights, and the moving averages that training changes', async () => {
    const before = tf.memory().numTensors;
    const model = branches([6, 6, 2], 'softmax');
    const { apply, variables, state } = trainable(model);
    expect(variables.map(({ shape }) => shape)).toEqual(model.trainableWeights.map(({ shape }) => shape));
    expect(state.map(({ shape }) => shape)).toEqual([[4], [4]]);
    const images = photos([6, 6, 2], 3);
    const means = Float32Array.from(await state[0]!.data());
    const probabilities = tf.tidy(() => tf.softmax(apply(images, { training: false })));
    const expected = await valuesOf(model.predict(images) as tf.Tensor);
    (await valuesOf(probabilities)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    expect(await state[0]!.data()).toEqual(means);

    apply(images, { training: true }).dispose();
    // Keras: mean · momentum + mean of the batch · (1 - momentum).
    const batch = tf.tidy(() => {
      const maps = tfl.model({ inputs: model.inputs, outputs: model.getLayer('wide').output }).predict(images);
      return tf.mean(maps as Tensor4D, [0, 1, 2]);
    });
    const batchMeans = await valuesOf(batch);
    (await state[0]!.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(means[i]! * 0.99 + batchMeans[i]! * 0.01, 5);
    });
    images.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('has the gradients of the same network without its softmax', async () => {
    const [model, linear] = [branches([6, 6, 2], 'softmax'), branches([6, 6, 2], 'linear')];
    const images = photos([6, 6, 2], 3);
    const labels = tf.oneHot([0, 1, 4], 5);
    const gradientsOf = (apply: (images: Tensor4D) => Tensor2D, variables: tf.Variable[]) =>
      tf.variableGrads(() => tf.losses.softmaxCrossEntropy(labels, apply(images)), variables);
    const { apply, variables } = trainable(model);
    const ours = gradientsOf((x) => apply(x, { training: true }), variables);
    const theirVariables = linear.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const theirs = gradientsOf((x) => linear.apply(x, { training: true }) as Tensor2D, theirVariables);
    for (const [index, variable] of variables.entries()) {
      const expected = await theirs.grads[theirVariables[index]!.name]!.data();
      (await ours.grads[variable.name]!.data()).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    }
    tf.dispose([images, labels, ours.value, theirs.value]);
    tf.dispose([ours.grads, theirs.grads]);
    for (const network of [model, linear]) network.dispose();
  });

  it('leaves frozen layers out of the variables', () => {
    const model = branches([6, 6, 2]);
    model.getLayer('wide').trainable = false;
    expect(trainable(model).variables).toHaveLength(6);
    model.dispose();
  });

  it('refuses a graph, whose weights are constants', () => {
    const model = graphModel([placeholder('image', [-1, 2]), node('Relu', 'relu', ['image'])], {});
    expect(() => trainable(model as never)).toThrow(
      '@cnnviz/models: trainable: model must be a LayersModel, got an instance',
    );
    model.dispose();
  });
});
