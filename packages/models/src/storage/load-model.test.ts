import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { branches, chain, photos } from '../../test-support/networks.ts';
import type { ImageModel } from '../adapters/image-model.ts';
import { loadModel } from './load-model.ts';
import { saveModel } from './save-model.ts';

useBackend('wasm');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

const preprocessing = { range: [0, 1] } as const;
const bytes = (path: string) => stat(join(folder, path)).then(({ size }) => size);

async function logitsOf(model: Pick<ImageModel, 'classifier'>, images: tf.Tensor4D): Promise<Float32Array> {
  const logits = model.classifier(images);
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

function expectClose(received: Float32Array, expected: ArrayLike<number>, within: number): void {
  expect(received.length).toBe(expected.length);
  const largest = received.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(largest).toBeLessThanOrEqual(within);
}

const serve = async (use: (url: string) => Promise<void>) => {
  const server = createServer((request, response) => {
    readFile(join(folder, request.url!)).then(
      (file) => response.end(file),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

describe('saveModel and loadModel', () => {
  it.each([
    ['a chain', () => chain([16, 16, 3]), [...'abcdefghij']],
    ['branches', () => branches([16, 16, 3]), [...'abcde']],
  ])('give back the logits of %s, and all memory', async (_, build, labels) => {
    const before = tf.memory().numTensors;
    const images = photos([16, 16, 3]);
    const model = build();
    const expected = tf.tidy(() => model.predict(images) as tf.Tensor);
    await saveModel(model, folder, { preprocessing, labels });
    const loaded = await loadModel(folder);
    expect(loaded).toMatchObject({
      inputShape: [16, 16, 3],
      bounds: [0, 1],
      preprocessing,
      labels,
    });
    expectClose(await logitsOf(loaded, images), await expected.data(), 1e-6);
    loaded.dispose();
    model.dispose();
    tf.dispose([images, expected]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['uint8', 255, 20_000],
    ['uint16', 65535, 30_000],
  ] as const)('round weights to %s, within half a level, and the files small', async (quantization, levels, limit) => {
    const model = chain();
    await saveModel(model, folder, { preprocessing, quantization });
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
    expect((await bytes('model.json')) + (await bytes('weights.bin'))).toBeLessThan(limit);

    const { weightsManifest, modelTopology } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    const file = await readFile(join(folder, 'weights.bin'));
    const weightData = Uint8Array.from(file).buffer;
    const artifacts = { modelTopology, weightSpecs: tf.io.getWeightSpecs(weightsManifest), weightData };
    const copy = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
    for (const [index, weight] of model.getWeights().entries()) {
      const expected = await weight.data<'float32'>();
      const [least, most] = [Math.min, Math.max].map((pick) => expected.reduce((a, b) => pick(a, b)));
      const received = Float32Array.from(await copy.getWeights()[index]!.data());
      expectClose(received, expected, ((most! - least!) / levels) * 0.5 + 1e-7);
    }
    model.dispose();
    copy.dispose();
  });

  it('keep a tensor of equal weights exactly', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [1, 1, 1] }),
        tfl.layers.dense({ units: 2, kernelInitializer: 'ones', biasInitializer: 'zeros' }),
      ],
    });
    await saveModel(model, folder, { preprocessing, quantization: 'uint8' });
    const loaded = await loadModel(folder);
    const images = tf.fill([1, 1, 1, 1], 0.25) as tf.Tensor4D;
    expect([...(await logitsOf(loaded, images))]).toEqual([0.25, 0.25]);
    images.dispose();
    loaded.dispose();
    model.dispose();
  });

  it('serve over HTTP, by the URL of the folder or of model.json', async () => {
    const model = chain([16, 16, 1]);
    await saveModel(model, folder, { preprocessing });
    const images = photos([16, 16, 1]);
    const expected = tf.tidy(() => model.predict(images) as tf.Tensor);
    await serve(async (url) => {
      for (const source of [url, `${url}/`, `${url}/model.json`, folder, join(folder, 'model.json')]) {
        const loaded = await loadModel(source);
        expectClose(await logitsOf(loaded, images), await expected.data(), 1e-6);
        loaded.dispose();
      }
      await rm(join(folder, 'weights.bin'));
      await expect(loadModel(url)).rejects.toThrow(`${url}/weights.bin: expected a model file, found HTTP 404`);
    });
    model.dispose();
    tf.dispose([images, expected]);
  });
});

describe('loadModel', () => {
  it('preprocesses, for the bounds that were asked for', async () => {
    const model = chain([16, 16, 3]);
    await saveModel(model, folder, { preprocessing: { range: [0, 255], mean: [1, 2, 3], deviation: [50, 60, 70] } });
    const images = photos([16, 16, 3]);
    const expected = tf.tidy(() => {
      const pixels = tf.sub(tf.mul(images, 255), tf.tensor1d([1, 2, 3]));
      return model.predict(tf.div(pixels, tf.tensor1d([50, 60, 70]))) as tf.Tensor;
    });
    const [unit, centered] = [await loadModel(folder), await loadModel(folder, { bounds: [-1, 1] })];
    const centeredImages = tf.tidy(() => tf.sub(tf.mul(images, 2), 1) as tf.Tensor4D);
    expect(centered.bounds).toEqual([-1, 1]);
    expectClose(await logitsOf(unit, images), await expected.data(), 1e-4);
    expectClose(await logitsOf(centered, centeredImages), await expected.data(), 1e-4);
    model.dispose();
    unit.dispose();
    centered.dispose();
    tf.dispose([images, expected, centeredImages]);
  });

  it('has probes for every layer with a height and a width', async () => {
    const model = chain();
    await saveModel(model, folder, { preprocessing });
    const loaded = await loadModel(folder);
    expect(loaded.layers).toEqual([
      { name: 'conv1', kind: 'Conv2D', shape: [24, 24, 4] },
      { name: 'pool1', kind: 'MaxPooling2D', shape: [12, 12, 4] },
      { name: 'conv2', kind: 'Conv2D', shape: [12, 12, 6] },
      { name: 'pool2', kind: 'MaxPooling2D', shape: [6, 6, 6] },
    ]);
    const images = photos([28, 28, 1]);
    const before = tf.memory().numTensors;
    const activations = loaded.probe('conv1')(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    const [kernel, bias] = model.getLayer('conv1').getWeights() as [tf.Tensor4D, tf.Tensor1D];
    const expected = tf.tidy(() => tf.add(tf.conv2d(images, kernel, 1, 'valid'), bias));
    expectClose(Float32Array.from(await activations.data()), await expected.data(), 1e-5);
    const hidden = loaded.probe('fc1')(images);
    expect(hidden.shape).toEqual([2, 1, 1, 16]);
    hidden.dispose();
    expect(() => loaded.probe('con1')).toThrow(
      '@cnnviz/models: probe: layer must be the name of a layer or node, such as "conv1", "conv2", ',
    );
    tf.dispose([images, activations, expected]);
    loaded.dispose();
    model.dispose();
  });

  it('gives gradients of the images, through the preprocessing', async () => {
    const model = chain([16, 16, 1]);
    await saveModel(model, folder, { preprocessing: { range: [0, 255] } });
    const loaded = await loadModel(folder);
    const images = photos([16, 16, 1], 1);
    const gradient = tf.grad((x) => tf.sum(loaded.classifier(x as tf.Tensor4D)))(images);
    const direct = tf.tidy(() => {
      const scaled = tf.mul(images, 255) as tf.Tensor4D;
      return tf.mul(tf.grad((x) => tf.sum(model.apply(x) as tf.Tensor))(scaled), 255);
    });
    expectClose(Float32Array.from(await gradient.data()), await direct.data(), 1e-2);
    expect(Math.max(...(await gradient.data()).map(Math.abs))).toBeGreaterThan(1);
    tf.dispose([images, gradient, direct]);
    loaded.dispose();
    model.dispose();
  });

  const start = () => tfl.layers.flatten({ inputShape: [2, 2, 1] });
  it.each([
    ['a dense layer with softmax', () => [start(), tfl.layers.dense({ units: 3, activation: 'softmax' })]],
    [
      'a softmax activation',
      () => [start(), tfl.layers.dense({ units: 3 }), tfl.layers.activation({ activation: 'softmax' })],
    ],
    ['a softmax layer', () => [start(), tfl.layers.dense({ units: 3 }), tfl.layers.softmax()]],
  ])('leaves out %s at the end', async (_, layersOf) => {
    const sequential = tfl.sequential({ layers: layersOf() });
    const functional = tfl.model({ inputs: sequential.inputs, outputs: sequential.outputs });
    const images = photos([2, 2, 1], 4);
    for (const model of [sequential, functional]) {
      await saveModel(model, folder, { preprocessing });
      const loaded = await loadModel(folder);
      const logits = loaded.classifier(images);
      const { weights, probabilities, expected } = tf.tidy(() => ({
        weights: tf.matMul(tf.reshape(images, [4, 4]), model.getWeights()[0] as tf.Tensor2D),
        probabilities: tf.softmax(logits),
        expected: model.predict(images) as tf.Tensor,
      }));
      expectClose(Float32Array.from(await logits.data()), await weights.data(), 1e-5);
      expectClose(Float32Array.from(await probabilities.data()), await expected.data(), 1e-5);
      tf.dispose([logits, weights, probabilities, expected]);
      loaded.dispose();
    }
    images.dispose();
    sequential.dispose();
  });

  it('asks for the preprocessing and, where the model leaves it open, for the shape', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 1 }),
        tfl.layers.globalAveragePooling2d({}),
      ],
    });
    await saveModel(model, folder, { preprocessing });
    await expect(loadModel(folder)).rejects.toThrow(/inputShape must be given: the model leaves it open/);
    const loaded = await loadModel(folder, { inputShape: [5, 5, 3] });
    expect(loaded.inputShape).toEqual([5, 5, 3]);
    loaded.dispose();
    model.dispose();

    const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    await writeFile(join(folder, 'model.json'), JSON.stringify({ ...json, userDefinedMetadata: undefined }));
    await expect(loadModel(folder, { inputShape: [5, 5, 3] })).rejects.toThrow(
      `@cnnviz/models: loadModel: preprocessing must be given: ${folder} does not say which it expects`,
    );
  });
});

describe('loadModel of a graph', () => {
  /** 2x2 image, 1x1 convolution to 2 units, ReLU, mean, softmax. */
  const topology = {
    node: [
      {
        name: 'x',
        op: 'Placeholder',
        attr: {
          dtype: { type: 'DT_FLOAT' },
          shape: { shape: { dim: [{ size: '-1' }, { size: '2' }, { size: '2' }, { size: '1' }] } },
        },
      },
      { name: 'kernel', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'axes', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['x', 'kernel'],
        attr: {
          T: { type: 'DT_FLOAT' },
          strides: { list: { i: ['1', '1', '1', '1'] } },
          padding: { s: 'VkFMSUQ=' },
          data_format: { s: 'TkhXQw==' },
          dilations: { list: { i: ['1', '1', '1', '1'] } },
        },
      },
      { name: 'relu', op: 'Relu', input: ['conv'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'mean', op: 'Mean', input: ['relu', 'axes'], attr: { keep_dims: { b: false }, T: { type: 'DT_FLOAT' } } },
      { name: 'softmax', op: 'Softmax', input: ['mean'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
    versions: { producer: 1 },
  };
  const weightsManifest = [
    {
      paths: ['shard1', 'shard2'],
      weights: [
        { name: 'kernel', shape: [1, 1, 1, 2], dtype: 'float32' },
        { name: 'axes', shape: [2], dtype: 'int32' },
      ],
    },
  ];

  beforeEach(async () => {
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({ format: 'graph-model', modelTopology: topology, weightsManifest }),
    );
    await writeFile(join(folder, 'shard1'), Buffer.from(Float32Array.of(2, -1).buffer));
    await writeFile(join(folder, 'shard2'), Buffer.from(Int32Array.of(1, 2).buffer));
  });

  it('has logits without the softmax, probes, and gradients', async () => {
    const before = tf.memory().numTensors;
    const loaded = await loadModel(folder, { preprocessing: { range: [-1, 1] } });
    expect(loaded.inputShape).toEqual([2, 2, 1]);
    expect(loaded.layers).toEqual([
      { name: 'conv', kind: 'Conv2D', shape: [2, 2, 2] },
      { name: 'relu', kind: 'Relu', shape: [2, 2, 2] },
    ]);
    // Pixels -1, 0, 0.5 and 1 for the model.
    const images = tf.tensor4d([0, 0.5, 0.75, 1], [1, 2, 2, 1]);
    expectClose(await logitsOf(loaded, images), [(0 + 0 + 1 + 2) / 4, 1 / 4], 1e-6);
    const activations = loaded.probe('conv')(images);
    expectClose(Float32Array.from(await activations.data()), [-2, 1, 0, 0, 1, -0.5, 2, -1], 1e-6);
    const gradient = tf.grad((x) => tf.sum(loaded.classifier(x as tf.Tensor4D)))(images);
    // Twice for the range, a quarter for the mean: 2 where the first unit is on, -1 where the second is.
    expectClose(Float32Array.from(await gradient.data()).subarray(2), [1, 1], 1e-6);
    expect((await gradient.data())[0]).toBeCloseTo(-0.5, 6);
    tf.dispose([images, activations, gradient]);
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const load = () => loadModel(folder, { preprocessing });

  it('names a shard that is missing', async () => {
    await rm(join(folder, 'shard2'));
    await expect(load()).rejects.toThrow(`${join(folder, 'shard2')}: expected a model file, found no such file`);
  });

  it.each([
    ['short', 5],
    ['long', 9],
  ])('names a last shard that is too %s', async (_, length) => {
    await truncate(join(folder, 'shard2'), length);
    await expect(load()).rejects.toThrow(`${join(folder, 'shard2')}: expected 8 bytes of weights, found ${length}`);
  });

  it('names a shard within that is shorter than the others', async () => {
    const json = { modelTopology: topology, weightsManifest: [{ ...weightsManifest[0], paths: ['a', 'b', 'c', 'd'] }] };
    await writeFile(join(folder, 'model.json'), JSON.stringify(json));
    for (const [name, length] of [
      ['a', 4],
      ['b', 3],
      ['c', 4],
      ['d', 4],
    ] as const) {
      await writeFile(join(folder, name), Buffer.alloc(length));
    }
    await expect(load()).rejects.toThrow(`${join(folder, 'b')}: expected 4 bytes of weights, found 3`);
  });

  it.each([
    ['<html>', /model\.json: expected a TensorFlow\.js model with modelTopology and weightsManifest, found .*JSON/],
    ['null', /found no JSON object$/],
    ['{}', /found no modelTopology$/],
    ['{"modelTopology":{}}', /found no weightsManifest$/],
    ...['../../x', 'a/../../x', '/x', 'C:\\\\x', '..\\\\x', 'https://host/x'].map((path): [string, RegExp] => [
      `{"modelTopology":{},"weightsManifest":[{"paths":["${path}"],"weights":[]}]}`,
      /found a path that leads out of its folder: \S+$/,
    ]),
    [
      '{"modelTopology":{},"weightsManifest":[{"paths":[],"weights":[{"name":"w","shape":[3],"dtype":"float32"}]}]}',
      /model\.json: expected a file with 12 bytes for the weights w, found none$/,
    ],
  ])('rejects a model.json of %s', async (json, message) => {
    await writeFile(join(folder, 'model.json'), json);
    await expect(load()).rejects.toThrow(message);
  });

  it('names a model.json that is missing', async () => {
    await rm(join(folder, 'model.json'));
    await expect(load()).rejects.toThrow(
      `${folder}: expected a model.json and the files that it names, found shard1, shard2`,
    );
    await expect(loadModel(join(folder, 'none'), { preprocessing })).rejects.toThrow(
      `${join(folder, 'none/model.json')}: expected a model file, found no such file`,
    );
  });
});
