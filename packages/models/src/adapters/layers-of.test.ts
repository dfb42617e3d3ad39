import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { conv2d, graphModel, node, placeholder, reduce } from '../../test-support/graphs.ts';
import { branches, chain } from '../../test-support/networks.ts';
import { layersOf } from './layers-of.ts';

useBackend('cpu');

describe('layersOf a LayersModel', () => {
  it('names each layer with its kind and shape, in the order of computation, and computes nothing', () => {
    const model = branches([8, 8, 2]);
    const before = tf.memory().numTensors;
    expect(layersOf(model)).toEqual([
      { name: 'wide', kind: 'Conv2D', shape: [8, 8, 4] },
      { name: 'narrow', kind: 'Conv2D', shape: [8, 8, 4] },
      { name: 'bn', kind: 'BatchNormalization', shape: [8, 8, 4] },
      { name: 'relu', kind: 'ReLU', shape: [8, 8, 4] },
      { name: 'sum', kind: 'Add', shape: [8, 8, 4] },
      { name: 'both', kind: 'Concatenate', shape: [8, 8, 8] },
      { name: 'average', kind: 'GlobalAveragePooling2D', shape: [8] },
      { name: 'classes', kind: 'Dense', shape: [5] },
    ]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('measures a model that takes images of any size', () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ name: 'conv', inputShape: [null, null, 3], filters: 2, kernelSize: 3, strides: 2 }),
        tfl.layers.globalAveragePooling2d({ name: 'average' }),
      ],
    });
    expect(() => layersOf(model)).toThrow(
      '@cnnviz/models: layersOf: inputShape must be given: the model leaves it open, [n, ?, ?, 3]',
    );
    const before = tf.memory().numTensors;
    expect(layersOf(model, { inputShape: [9, 11, 3] })).toEqual([
      { name: 'conv', kind: 'Conv2D', shape: [4, 5, 2] },
      { name: 'average', kind: 'GlobalAveragePooling2D', shape: [2] },
    ]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('begins where it is told to', () => {
    const model = chain([16, 16, 1]);
    expect(layersOf(model, { from: 'flatten' }).map(({ name }) => name)).toEqual(['fc1', 'logits']);
    model.dispose();
  });
});

describe('layersOf a GraphModel', () => {
  const weights = {
    kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
    axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
    shift: { shape: [1, 2, 2, 1], values: [1, 2, 3, 4] },
  };
  const start = (batch: number) => [
    placeholder('image', [batch, 2, 2, 1]),
    node('Neg', 'constant', ['shift']),
    node('Add', 'shifted', ['image', 'constant']),
    conv2d('conv', 'shifted', 'kernel'),
    reduce('Mean', 'mean', 'conv', 'axes'),
  ];
  const expected = [
    { name: 'shifted', kind: 'Add', shape: [2, 2, 1] },
    { name: 'conv', kind: 'Conv2D', shape: [2, 2, 2] },
    { name: 'mean', kind: 'Mean', shape: [2] },
  ];

  it.each([-1, 1, 3])('measures the nodes that depend on the image, for a batch of %i', (batch) => {
    const model = graphModel(start(batch), weights);
    const before = tf.memory().numTensors;
    expect(layersOf(model)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('leaves out what cannot be computed, and all that needs it', () => {
    const model = graphModel(
      [
        ...start(-1),
        node('Where', 'found', ['conv']),
        node('Identity', 'after', ['found']),
        node('NoSuchOperation', 'unknown', ['shifted']),
        node('Relu', 'behind', ['unknown']),
        node('Relu', 'relu', ['conv']),
      ],
      weights,
    );
    const before = tf.memory().numTensors;
    expect(layersOf(model)).toEqual([...expected, { name: 'relu', kind: 'Relu', shape: [2, 2, 2] }]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
