import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBackend } from '@cnnviz/example-support';
import { createRandom } from '@cnnviz/internal';
import { imageModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNumbers, writeTensor } from './exchange.ts';
import { exportNetwork } from './export-network.ts';
import { startPeer } from './peer.ts';

let folder: string;
beforeAll(async () => {
  await chooseBackend({ argv: ['--backend', 'cpu'], print: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'peer-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A layer of each kind that the networks of the comparisons have, branches too. */
function network() {
  const input = tfl.input({ shape: [11, 10, 3] });
  const seeded = (seed: number) => ({ kernelInitializer: tfl.initializers.glorotUniform({ seed }) });
  const first = tfl.layers
    .conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', ...seeded(1) })
    .apply(input) as tfl.SymbolicTensor;
  const padded = tfl.layers
    .zeroPadding2d({
      padding: [
        [1, 2],
        [0, 1],
      ],
    })
    .apply(first) as tfl.SymbolicTensor;
  const pooled = tfl.layers
    .maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })
    .apply(padded) as tfl.SymbolicTensor;
  const branches = [1, 3].map(
    (kernelSize) =>
      tfl.layers
        .conv2d({ filters: 3, kernelSize, padding: 'same', ...seeded(2 + kernelSize) })
        .apply(pooled) as tfl.SymbolicTensor,
  );
  const joined = tfl.layers.concatenate({ axis: 3 }).apply(branches) as tfl.SymbolicTensor;
  const flat = tfl.layers.flatten().apply(joined) as tfl.SymbolicTensor;
  const logits = tfl.layers.dense({ units: 5, ...seeded(7) }).apply(flat) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: logits });
}

describe('exportNetwork', () => {
  it('writes each weight where its layer says', async () => {
    const model = network();
    await exportNetwork(await imageModel(model, { preprocessing: { range: [0, 255], mean: [1, 2, 3] } }), folder);
    const { layers, scale, mean } = JSON.parse(await readFile(join(folder, 'network.json'), 'utf8'));
    expect({ scale, mean }).toEqual({ scale: 255, mean: [1, 2, 3] });
    const numbers = await readNumbers({ file: join(folder, 'network.bin'), shape: [], dtype: 'float32' });
    let total = 0;
    for (const layer of model.layers) {
      const exported = layers.find(({ name }: { name: string }) => name === layer.name);
      for (const [place, tensor] of layer.getWeights().entries()) {
        const { shape, offset } = exported.weights[place];
        expect(shape).toEqual(tensor.shape);
        expect(numbers.slice(offset, offset + tensor.size)).toEqual(await tensor.data());
        total += tensor.size;
      }
    }
    expect(numbers).toHaveLength(total);
    model.dispose();
  });

  it('refuses preprocessing that a peer does not know', async () => {
    const model = network();
    const image = await imageModel(model, { preprocessing: { range: [-1, 1] } });
    await expect(exportNetwork(image, folder)).rejects.toThrow('only scales and shifts from 0');
    model.dispose();
  });
});

describe('startPeer', () => {
  it('says why there is none', async () => {
    expect(await startPeer('foolbox_attacks.py', join(folder, 'no-python'))).toEqual({
      missing: 'benchmarks/peers/install.sh was not run',
    });
    // Something that starts and at once ends.
    expect(await startPeer('foolbox_attacks.py', '/bin/false')).toEqual({
      missing: 'peers/foolbox_attacks.py ended: without a message',
    });
  });

  it('computes with an exported network what it computes here', async (context) => {
    const peer = await startPeer('foolbox_attacks.py');
    if ('missing' in peer) return context.skip(peer.missing);
    const model = network();
    const image = await imageModel(model, { preprocessing: { range: [0, 255], mean: [100, 110, 120] } });
    const values = createRandom(0).fillUniform(new Float32Array(6 * 11 * 10 * 3));
    const images = tf.tensor4d(values, [6, 11, 10, 3]);
    const labels = tf.tidy(() => tf.argMax(image.classifier(images), 1) as tf.Tensor1D);
    const exported = await exportNetwork(image, folder);
    await peer.ask('prepare', {
      network: exported.folder,
      logits: exported.logits,
      images: await writeTensor(folder, 'images', images),
      labels: await writeTensor(folder, 'labels', labels),
      bounds: [0, 1],
    });
    const request = { name: 'fgsm', times: 2, epsilon: 0, options: {}, out: join(folder, 'points.bin') };
    const { result, seconds, residentBytes } = await peer.ask<{ fooled: boolean[] }>('attack', request);
    // It takes each image for what it is taken for here.
    expect(result.fooled).toEqual(new Array(6).fill(false));
    expect(seconds).toBeGreaterThan(0);
    expect(residentBytes).toBeGreaterThan(1e7);
    peer.stop();
    tf.dispose([images, labels]);
    model.dispose();
  });

  it('takes one of Node, too, that solves what it is asked', async (context) => {
    const peer = await startPeer('genetic_js_one_max.mjs');
    if ('missing' in peer) return context.skip(peer.missing);
    expect(peer.version).toMatch(/^genetic-js \d/);
    const { result, seconds } = await peer.ask<{ generations: number; evaluations: number }[]>('evolve', {
      seeds: [0, 1],
      population: 50,
    });
    for (const { generations, evaluations } of result) {
      expect(generations).toBeGreaterThan(5);
      expect(evaluations).toBe(50 * (generations + 1));
    }
    expect(seconds).toBeGreaterThan(0);
    peer.stop();
  });
});
