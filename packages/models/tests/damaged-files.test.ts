import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadGenerator } from '../src/storage/load-generator.ts';
import { loadModel } from '../src/storage/load-model.ts';
import { saveModel } from '../src/storage/save-model.ts';

useBackend('cpu');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
// A reader that the end of the time interrupted may still write.
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

const isDocumented = ({ message }: Error) => message.startsWith('@cnnviz/models: ');

/** A file of a model that is damaged, in place of the whole one. */
async function damagedFiles(names: readonly string[]): Promise<fc.Arbitrary<{ name: string; content: Uint8Array }>> {
  const choices = await Promise.all(
    names.map(async (name) => {
      const valid = await readFile(join(folder, name));
      if (!name.endsWith('.json')) return damagedBytes(valid).map((content) => ({ name, content }));
      const text = valid.toString();
      const texts = fc.oneof(
        { weight: 3, arbitrary: damagedJson(JSON.parse(text)).map((json) => JSON.stringify(json) ?? '') },
        { weight: 1, arbitrary: damagedText(text) },
      );
      return texts.map((damaged) => ({ name, content: new TextEncoder().encode(damaged) }));
    }),
  );
  return fc.oneof(...choices);
}

async function fuzzFolder(names: readonly string[], load: () => Promise<{ dispose(): void }>): Promise<void> {
  const whole = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
  (await load()).dispose();
  const before = tf.memory().numTensors;
  await fuzz(
    await damagedFiles(names),
    async ({ name, content }) => {
      await writeFile(join(folder, name), content);
      try {
        (await load()).dispose();
      } finally {
        await writeFile(join(folder, name), whole.get(name)!);
        expect(tf.memory().numTensors).toBe(before);
      }
    },
    isDocumented,
  );
}

async function saveClassifier(path: string, channels: number): Promise<void> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [4, 4, channels], filters: 2, kernelSize: 3, activation: 'relu' }),
      tfl.layers.batchNormalization(),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  await saveModel(model, path, {
    preprocessing: { range: [0, 255], mean: new Array<number>(channels).fill(100) },
    labels: [...'abc'],
    quantization: 'uint8',
  });
  model.dispose();
}

describe('damaged files', () => {
  it('of a LayersModel are read or refused', async () => {
    await saveClassifier(folder, 1);
    await fuzzFolder(['model.json', 'weights.bin'], () => loadModel(folder));
  });

  it('of a functional LayersModel are read or refused', async () => {
    const input = tfl.input({ shape: [4, 4, 1] });
    const one = tfl.layers.conv2d({ filters: 1, kernelSize: 1 }).apply(input) as tfl.SymbolicTensor;
    const sum = tfl.layers.add().apply([one, input]) as tfl.SymbolicTensor;
    const pooled = tfl.layers.globalAveragePooling2d({}).apply(sum) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs: tfl.layers.softmax().apply(pooled) as tfl.SymbolicTensor });
    await saveModel(model, folder, { preprocessing: { range: [0, 1] } });
    model.dispose();
    await fuzzFolder(['model.json', 'weights.bin'], () => loadModel(folder));
  });

  it('of Keras 3 are read or refused', async () => {
    await cp(fileURLToPath(new URL('../fixtures/keras-3/functional', import.meta.url)), folder, { recursive: true });
    await fuzzFolder(['model.json', 'group1-shard1of1.bin'], () =>
      loadModel(folder, { preprocessing: { range: [0, 1] } }),
    );
  });

  it('of a GraphModel are read or refused', async () => {
    const float = { type: 'DT_FLOAT' };
    const node = [
      {
        name: 'x',
        op: 'Placeholder',
        attr: { dtype: float, shape: { shape: { dim: ['-1', '2', '2', '1'].map((size) => ({ size })) } } },
      },
      { name: 'kernel', op: 'Const', attr: { dtype: float } },
      { name: 'axes', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['x', 'kernel'],
        attr: {
          T: float,
          strides: { list: { i: ['1', '1', '1', '1'] } },
          padding: { s: 'VkFMSUQ=' },
          data_format: { s: 'TkhXQw==' },
          dilations: { list: { i: ['1', '1', '1', '1'] } },
        },
      },
      { name: 'mean', op: 'Mean', input: ['conv', 'axes'], attr: { keep_dims: { b: false }, T: float } },
      { name: 'softmax', op: 'Softmax', input: ['mean'], attr: { T: float } },
    ];
    const weights = [
      { name: 'kernel', shape: [1, 1, 1, 2], dtype: 'float32' },
      { name: 'axes', shape: [2], dtype: 'int32' },
    ];
    const json = {
      format: 'graph-model',
      modelTopology: { node, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['shard1', 'shard2'], weights }],
    };
    await writeFile(join(folder, 'model.json'), JSON.stringify(json));
    await writeFile(join(folder, 'shard1'), Buffer.from(Float32Array.of(2, -1).buffer));
    await writeFile(join(folder, 'shard2'), Buffer.from(Int32Array.of(1, 2).buffer));
    await fuzzFolder(['model.json', 'shard1', 'shard2'], () =>
      loadModel(folder, { preprocessing: { range: [-1, 1] } }),
    );
  });

  it('of a generator are read or refused', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({ inputShape: [2], units: 4 }),
        tfl.layers.reshape({ targetShape: [2, 2, 1] }),
        tfl.layers.conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 }),
      ],
    });
    await saveModel(model, folder, { preprocessing: { range: [0, 1] } });
    model.dispose();
    await fuzzFolder(['model.json', 'weights.bin'], () => loadGenerator(folder));
  });

  it('of labels and preprocessing beside a model are read or refused', async () => {
    await saveClassifier(folder, 3);
    const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    await writeFile(join(folder, 'model.json'), JSON.stringify({ ...json, userDefinedMetadata: undefined }));
    const preprocessing = { range: [0, 255], mean: [1, 2, 3], deviation: [4, 5, 6], channelOrder: 'bgr', size: [4, 4] };
    await writeFile(join(folder, 'preprocessing.json'), JSON.stringify(preprocessing));
    await writeFile(join(folder, 'labels.txt'), 'tench\ngoldfish\nshark\n');
    await fuzzFolder(['preprocessing.json', 'labels.txt'], () => loadModel(folder));
    await rm(join(folder, 'labels.txt'));
    await writeFile(join(folder, 'labels.json'), JSON.stringify({ 0: ['n1', 'tench'], 1: 'goldfish', 2: 'shark' }));
    await fuzzFolder(['labels.json'], () => loadModel(folder));
  });
});
