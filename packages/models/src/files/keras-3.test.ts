import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checker } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { layersOf } from '../adapters/layers-of.ts';
import { loadModel } from '../storage/load-model.ts';
import { fileSystem } from './file-system.ts';
import { inKeras2Form } from './keras-3.ts';

useBackend('cpu');

const fixtures = fileURLToPath(new URL('../../fixtures/keras-3/', import.meta.url));
const answers: Promise<Record<string, number[][]>> = readFile(`${fixtures}answers.json`, 'utf8').then(JSON.parse);

/** As `make-keras-3-fixtures.py` shows them to Keras. */
const images = () =>
  tf.tensor4d(
    Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => ((i * i) % 101) / 100),
    [2, 8, 8, 3],
  );

describe('a model that Keras 3 has saved', () => {
  it.each(['functional', 'chain'])('answers as in Keras: %s', async (name) => {
    const before = tf.memory().numTensors;
    const model = await loadModel(fixtures + name, { preprocessing: { range: [0, 1] } });
    const shown = images();
    const probabilities = tf.tidy(() => tf.softmax(model.classifier(shown)));
    const expected = (await answers)[name]!.flat();
    (await probabilities.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
    tf.dispose([shown, probabilities]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is read by tfjs-layers too, from a handler', async () => {
    const model = await loadLayersModel(fileSystem(`${fixtures}functional`));
    const shown = images();
    const probabilities = model.predict(shown) as tf.Tensor;
    const expected = (await answers).functional!.flat();
    (await probabilities.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
    tf.dispose([shown, probabilities]);
    model.dispose();
  });

  it('has layers within layers', async () => {
    const { model, dispose } = await loadModel(`${fixtures}functional`, { preprocessing: { range: [0, 1] } });
    expect(layersOf(model).map(({ name }) => name)).toEqual([
      ...['rescaling', 'depthwise', 'norm', 'squeeze', 'excite', 'gate', 'scale', 'inner/same', 'inner/conv', 'sum'],
      ...['leaky', 'flat', 'classes', 'probabilities'],
    ]);
    dispose();
  });
});

describe('a layer that tfjs-layers would compute otherwise', () => {
  const check = checker('@cnnviz/models', 'loadModel');
  const artifacts = (class_name: string, config: object, inbound: object = { args: [], kwargs: {} }) => ({
    modelTopology: {
      keras_version: '3.15.1',
      model_config: {
        class_name: 'Functional',
        config: {
          name: 'model',
          layers: [{ class_name, name: 'it', config: { name: 'it', ...config }, inbound_nodes: [inbound] }],
        },
      },
    },
  });
  const tensor = { class_name: '__keras_tensor__', config: { keras_history: ['image', 0, 0] } };

  it.each<[string, string, object, object?]>([
    ['it (GlobalAveragePooling2D) with keepdims', 'GlobalAveragePooling2D', { keepdims: true }],
    ['it (Conv2D) with groups', 'Conv2D', { groups: 2 }],
    ['it (ReLU) with a slope or a threshold', 'ReLU', { negative_slope: 0.2 }],
    ['it (UpSampling2D) with interpolation', 'UpSampling2D', { interpolation: 'bilinear' }],
    ['it (Conv2DTranspose) with output_padding', 'Conv2DTranspose', { output_padding: [0, 0] }],
    ['it (Dense) with the hard sigmoid of Keras 3', 'Dense', { activation: 'hard_sigmoid' }],
    ['it (Multiply), which takes 2', 'Multiply', {}, { args: [tensor, 2], kwargs: {} }],
    ['it (Attention), with named inputs', 'Attention', {}, { args: [], kwargs: { query: tensor } }],
  ])('is refused: %s', (found, class_name, config, inbound) => {
    expect(() => inKeras2Form(check, artifacts(class_name, config, inbound), 'model.json')).toThrow(
      `@cnnviz/models: loadModel: model.json: expected a model that tfjs-layers can run, found ${found}, which it does not support. ` +
        'Convert the model to a GraphModel: tensorflowjs_converter --output_format=tfjs_graph_model',
    );
  });

  it('is read where it would not', () => {
    const same = [
      artifacts('GlobalAveragePooling2D', { keepdims: false }),
      artifacts('Conv2D', { groups: 1 }),
      artifacts('ReLU', { negative_slope: 0, threshold: 0 }),
      artifacts('UpSampling2D', { interpolation: 'nearest' }),
      artifacts('Conv2DTranspose', { output_padding: null }),
    ];
    for (const each of same) expect(() => inKeras2Form(check, each, 'model.json')).not.toThrow();
  });

  it('leaves a model of Keras 2 as it is', () => {
    const { modelTopology } = artifacts('Conv2D', { groups: 2 });
    const given = { modelTopology: { ...modelTopology, keras_version: '2.15.0' } };
    expect(inKeras2Form(check, given, 'model.json')).toBe(given);
  });
});
