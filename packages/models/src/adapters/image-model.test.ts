import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { conv2d, graphModel, node, placeholder, reduce } from '../../test-support/graphs.ts';
import { branches, photos, valuesOf } from '../../test-support/networks.ts';
import type { GraphTopology } from '../networks/graph-network.ts';
import { imageModel } from './image-model.ts';

useBackend('cpu');

const weights = {
  kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
  axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
};
const start = (shape: readonly number[]) => [
  placeholder('image', shape),
  conv2d('conv', 'image', 'kernel'),
  reduce('Mean', 'mean', 'conv', 'axes'),
];

describe('imageModel', () => {
  it('holds the facts of a LayersModel that is there already, and frees it', async () => {
    const before = tf.memory().numTensors;
    const model = branches([6, 6, 3], 'softmax');
    const facts = await imageModel(model, { preprocessing: 'tf', labels: [...'abcde'] });
    expect(facts).toMatchObject({
      inputShape: [6, 6, 3],
      bounds: [0, 1],
      preprocessing: { range: [-1, 1] },
      labels: [...'abcde'],
      output: { name: 'classes', activation: 'softmax', isLeftOut: true, classes: 5 },
      constants: {},
    });
    expect(facts.topology).toBe(model);
    expect(facts.model).toBe(model);
    expect(facts.layers.map(({ name }) => name)).toEqual(['wide', 'narrow', 'bn', 'relu', 'sum', 'both']);
    const images = photos([6, 6, 3]);
    const both = facts.probes(['relu', 'sum'])(images);
    expect(await valuesOf(facts.probe('relu')(images))).toEqual(await both.relu!.data());
    tf.dispose([images, ...Object.values(both)]);
    facts.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('holds those of a GraphModel', async () => {
    const before = tf.memory().numTensors;
    const graph = graphModel([...start([-1, 2, 2, 1]), node('Softmax', 'probabilities', ['mean'])], weights);
    const facts = await imageModel(graph, { preprocessing: { range: [0, 1] } });
    expect(facts.output).toEqual({ name: 'probabilities', activation: 'softmax', isLeftOut: true, classes: 2 });
    expect(facts.layers).toEqual([{ name: 'conv', kind: 'Conv2D', shape: [2, 2, 2] }]);
    expect((facts.topology as GraphTopology).node.map(({ name }) => name)).toContain('mean');
    facts.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads the whole numbers of a graph, which its topology lacks', async () => {
    const pads = {
      ...weights,
      pads: { shape: [4, 2], values: [0, 0, 1, 2, 3, 0, 0, 0], dtype: 'int32' as const },
    };
    const graph = graphModel(
      [
        placeholder('image', [-1, 2, 2, 1]),
        node('Pad', 'pad', ['image', 'pads']),
        conv2d('conv', 'pad', 'kernel'),
        reduce('Mean', 'mean', 'conv', 'axes'),
      ],
      pads,
    );
    const { constants, dispose } = await imageModel(graph, { preprocessing: { range: [0, 1] } });
    expect(constants).toEqual({ pads: [0, 0, 1, 2, 3, 0, 0, 0], axes: [1, 2] });
    dispose();
  });

  it('has probes but no classifier where no output was chosen', async () => {
    const graph = graphModel([...start([-1, 2, 2, 1]), node('Relu', 'other', ['conv'])], weights);
    const { classifier, probe, output, dispose } = await imageModel(graph, { preprocessing: { range: [0, 1] } });
    expect(output).toBeUndefined();
    const images = photos([2, 2, 1]);
    expect(() => classifier(images)).toThrow(
      '@cnnviz/models: classifier: the model has several outputs, "mean", "other"',
    );
    probe('other')(images).dispose();
    images.dispose();
    dispose();
  });

  it('takes the size from the preprocessing where the model leaves it open', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ name: 'conv', inputShape: [null, null, 3], filters: 2, kernelSize: 2 }),
        tfl.layers.globalAveragePooling2d({}),
      ],
    });
    const { inputShape, layers, output } = await imageModel(model, { preprocessing: { range: [0, 1], size: [4, 6] } });
    expect(inputShape).toEqual([4, 6, 3]);
    expect(layers).toEqual([{ name: 'conv', kind: 'Conv2D', shape: [3, 5, 2] }]);
    expect(output).toMatchObject({ classes: 2 });
    model.dispose();
  });

  it('takes images with channels last for a network that takes them first', async () => {
    const nodes = [
      placeholder('image', [1, 3, 2, 4]),
      node('Transpose', 'last', ['image', 'order']),
      reduce('Mean', 'mean', 'last', 'axes'),
    ];
    const graph = graphModel(nodes, { ...weights, order: { shape: [4], values: [0, 2, 3, 1], dtype: 'int32' } });
    const { classifier, probe, inputShape, dispose } = await imageModel(graph, {
      preprocessing: { range: [0, 1], dataFormat: 'channelsFirst' },
    });
    expect(inputShape).toEqual([2, 4, 3]);
    const images = photos([2, 4, 3], 2);
    expect(await valuesOf(probe('last')(images))).toEqual(Float32Array.from(await images.data()));
    const means = await valuesOf(tf.tidy(() => tf.mean(images, [1, 2])));
    (await valuesOf(classifier(images as Tensor4D))).forEach((value, i) => {
      expect(value).toBeCloseTo(means[i]!, 5);
    });
    images.dispose();
    dispose();
  });

  it('asks which axis the channels are on, where that is in doubt', async () => {
    const graph = graphModel(start([-1, 1, 8, 8]), weights);
    const preprocessing = { range: [0, 1] } as const;
    await expect(imageModel(graph, { preprocessing })).rejects.toThrow(
      'preprocessing.dataFormat must be given: [n, 1, 8, 8] may have its channels first or last',
    );
    graph.dispose();
  });

  it('refuses what it cannot use', async () => {
    const model = branches([6, 6, 3]);
    await expect(imageModel(model, {} as never)).rejects.toThrow(
      '@cnnviz/models: imageModel: preprocessing must be { range, mean, deviation, … } or "tf", "caffe" or "torch", got undefined',
    );
    await expect(imageModel({} as never, { preprocessing: 'tf' })).rejects.toThrow(
      '@cnnviz/models: imageModel: model must be a LayersModel or a GraphModel, got {}',
    );
    await expect(imageModel(model, { preprocessing: 'tf', inputShape: [9000, 9000, 3] })).rejects.toThrow(
      'inputShape must be of at most 67108864 values, got [9000, 9000, 3]',
    );
    model.dispose();
  });
});
