import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conceptScenes, type DissectionState, parseTallyCsv, receptiveField } from '@cnnviz/dissect';
import { type ImageModel, loadModel, saveModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DissectNetworkOptions, dissectNetwork } from './dissect-network.ts';
import { someImages } from './some-images.ts';
import { writeResults } from './write-results.ts';

useBackend('cpu');

const size = 24;
const preprocessing = { range: [0, 1], mean: [0.4, 0.5, 0.6] } as const;
const layers = ['conv1', 'conv2'];

/** A window that pads by itself, one that does not, and a padding of its own. */
function network(): tfl.LayersModel {
  const random = (seed: number) => tfl.initializers.randomNormal({ stddev: 1, seed });
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        name: 'conv1',
        inputShape: [size, size, 3],
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
        activation: 'relu',
        kernelInitializer: random(1),
      }),
      tfl.layers.maxPooling2d({ name: 'pool', poolSize: 3, strides: 2 }),
      tfl.layers.zeroPadding2d({ name: 'pad', padding: [1, 1] }),
      tfl.layers.conv2d({
        name: 'conv2',
        filters: 5,
        kernelSize: 3,
        useBias: false,
        activation: 'relu',
        kernelInitializer: random(2),
      }),
    ],
  });
}

/** The same as the converter writes it. */
async function writeGraph(folder: string, layersModel: tfl.LayersModel): Promise<void> {
  const type = { T: { type: 'DT_FLOAT' } };
  const list = (...i: number[]) => ({ list: { i: i.map(String) } });
  const text = (s: string) => ({ s: btoa(s) });
  const dims = (...sizes: number[]) => ({ dim: sizes.map((each) => ({ size: String(each) })) });
  const constant = (name: string, dtype: string, ...shape: number[]) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: dims(...shape) } } },
  });
  const convolution = (name: string, input: string[], stride: number, padding: string) => ({
    name,
    op: 'Conv2D',
    input,
    attr: {
      ...type,
      strides: list(1, stride, stride, 1),
      padding: text(padding),
      data_format: text('NHWC'),
      dilations: list(1, 1, 1, 1),
    },
  });
  const modelTopology = {
    node: [
      { name: 'x', op: 'Placeholder', attr: { dtype: type.T, shape: { shape: dims(-1, size, size, 3) } } },
      constant('kernel1', 'DT_FLOAT', 3, 3, 3, 4),
      constant('amounts', 'DT_INT32', 4, 2),
      constant('kernel2', 'DT_FLOAT', 3, 3, 4, 5),
      convolution('conv1/Conv2D', ['x', 'kernel1'], 2, 'SAME'),
      { name: 'conv1', op: 'Relu', input: ['conv1/Conv2D'], attr: type },
      {
        name: 'pool',
        op: 'MaxPool',
        input: ['conv1'],
        attr: { ...type, ksize: list(1, 3, 3, 1), strides: list(1, 2, 2, 1), padding: text('VALID') },
      },
      { name: 'pad', op: 'Pad', input: ['pool', 'amounts'], attr: { ...type, Tpaddings: { type: 'DT_INT32' } } },
      convolution('conv2/Conv2D', ['pad', 'kernel2'], 1, 'VALID'),
      { name: 'conv2', op: 'Relu', input: ['conv2/Conv2D'], attr: type },
    ],
    versions: { producer: 1 },
  };
  const weights = [
    { name: 'kernel1', shape: [3, 3, 3, 4], dtype: 'float32' },
    { name: 'amounts', shape: [4, 2], dtype: 'int32' },
    { name: 'kernel2', shape: [3, 3, 4, 5], dtype: 'float32' },
  ];
  const [kernel1, kernel2] = await Promise.all(layersModel.getWeights().map((weight) => weight.data<'float32'>()));
  const bytes = [kernel1!, Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0), kernel2!].map((values) =>
    Buffer.from(values.slice().buffer),
  );
  await mkdir(folder);
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(bytes));
  const weightsManifest = [{ paths: ['weights.bin'], weights }];
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({ format: 'graph-model', modelTopology, weightsManifest }),
  );
}

let folder: string;
let ofLayers: ImageModel;
let ofGraph: ImageModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-dissect-'));
  const model = network();
  await saveModel(model, join(folder, 'layers'), { preprocessing });
  await writeGraph(join(folder, 'graph'), model);
  model.dispose();
  ofLayers = await loadModel(join(folder, 'layers'), { bounds: [0, 255] });
  ofGraph = await loadModel(join(folder, 'graph'), { bounds: [0, 255], preprocessing });
});
afterAll(async () => {
  ofLayers.dispose();
  ofGraph.dispose();
  await rm(folder, { recursive: true });
});

const concepts = conceptScenes({ seed: 3, count: 10, size });
const options = (change: Partial<DissectNetworkOptions> = {}): DissectNetworkOptions => ({
  network: ofLayers,
  concepts,
  layers,
  controls: [],
  placement: 'receptive-field',
  activationMemory: 1e6,
  permutations: 0,
  topImages: 2,
  resume: undefined,
  pace: { isDue: () => false, write: (work) => work() },
  keep: async () => {},
  update: () => {},
  ...change,
});

describe('dissectNetwork', () => {
  it('sees the same of a LayersModel and of the GraphModel that computes the same', async () => {
    expect(ofGraph.constants).toEqual({ amounts: [0, 0, 1, 1, 1, 1, 0, 0] });
    const inputSize = [size, size] as const;
    for (const layer of layers) {
      const field = receptiveField(ofLayers.topology, layer);
      expect(receptiveField(ofGraph.topology, layer, { constants: ofGraph.constants })).toEqual(field);
      expect(field.inputSize).toEqual(inputSize);
    }
    // By hand: 24 to 12 pads nothing above; the pool sees 2 · 2 + 3 = 7; the last window 2 · 4 + 7, from one position before.
    expect(receptiveField(ofGraph.topology, 'conv2', { constants: ofGraph.constants })).toEqual({
      size: [15, 15],
      stride: [4, 4],
      offset: [-4, -4],
      inputSize,
    });
    const before = tf.memory().numTensors;
    const dissections = await dissectNetwork(options());
    expect(await dissectNetwork(options({ network: ofGraph }))).toEqual(dissections);
    expect(tf.memory().numTensors).toBe(before);
    expect(dissections.map(({ layer, units, mapSize }) => [layer, units.length, mapSize])).toEqual([
      ['conv1', 4, [12, 12]],
      ['conv2', 5, [5, 5]],
    ]);
    expect(dissections[1]!.units.some(({ best }) => best !== null)).toBe(true);
  });

  it.each([
    ['thresholds', 8, 3],
    ['thresholds', 10, 0],
    ['masks', 8, 0],
  ])('resumes from what it kept before it was killed, %s of %i images', async (phase, images, permutations) => {
    const whole = await dissectNetwork(options({ permutations }));
    let kept: DissectionState | undefined;
    const killed = dissectNetwork(
      options({
        permutations,
        pace: { isDue: () => true, write: (work) => work() },
        keep: async (state) => {
          kept = JSON.parse(JSON.stringify(state));
          if (state.phase === phase && state.images === images) throw new Error('killed');
        },
      }),
    );
    await expect(killed).rejects.toThrow('killed');
    expect(await dissectNetwork(options({ permutations, resume: kept }))).toEqual(whole);
  });

  it('keeps its state as often as it is told to, but not at the end', async () => {
    const kept: [string, number][] = [];
    await dissectNetwork(
      options({
        pace: { isDue: () => true, write: (work) => work() },
        keep: async ({ phase, images }) => void kept.push([phase, images]),
      }),
    );
    expect(kept).toEqual([
      ['thresholds', 8],
      ['thresholds', 10],
      ['masks', 8],
    ]);
  });

  it('says which layers there are, and how to do without a receptive field', async () => {
    await expect(dissectNetwork(options({ layers: ['conv9'] }))).rejects.toThrow(
      /layers must be the name of a layer or node, such as "conv1", "conv2", .*, got "conv9"/,
    );
    const unknownPads = { ...ofGraph, constants: {} };
    await expect(dissectNetwork(options({ network: unknownPads }))).rejects.toThrow(
      /how much pad \(Pad\) pads is in the weights.*; or leave it out with --upsampling half-pixel/,
    );
    const [first] = await dissectNetwork(options({ network: unknownPads, placement: 'half-pixel' }));
    expect(first!.layer).toBe('conv1');
  });
});

describe('writeResults', () => {
  it('writes the page and the tables of each layer', async () => {
    const dissections = await dissectNetwork(options({ permutations: 3 }));
    const out = join(folder, 'out');
    const renamed = dissections.map((each, index) => (index === 0 ? { ...each, layer: 'block/conv:1' } : each));
    const { page, lines } = await writeResults(out, renamed, {
      title: 'Scenes',
      intro: ['Some <scenes>.'],
      concepts,
      imagesPerUnit: 2,
    });
    expect((await readdir(out)).sort()).toEqual([
      'block-conv-1-result.csv',
      'block-conv-1-result.json',
      'block-conv-1.json',
      'conv2-result.csv',
      'conv2-result.json',
      'conv2.json',
      'index.html',
    ]);
    const text = await readFile(page, 'utf8');
    expect(text).toContain('Some &lt;scenes&gt;.');
    expect(text.match(/<svg/g)).toHaveLength(18);
    expect(text).toContain('Adjusted p');
    const table = parseTallyCsv(await readFile(join(out, 'conv2-result.csv'), 'utf8'));
    expect(table.units.map(({ best }) => best?.iou ?? 0)).toEqual(
      dissections[1]!.units.map(({ best }) => best?.iou ?? 0),
    );
    const records = JSON.parse(await readFile(join(out, 'conv2-result.json'), 'utf8'));
    expect(records).toHaveLength(5);
    const { units, statistics } = JSON.parse(await readFile(join(out, 'conv2.json'), 'utf8'));
    expect([units.length, statistics.units.length]).toEqual([5, 5]);
    expect(lines[1]).toMatch(/^conv2: \d of 5 units are detectors, \d above chance; unique \d+ by category/);
  });
});

describe('someImages', () => {
  it('takes images evenly', async () => {
    const some = someImages(concepts, 4);
    expect(some.count).toBe(5);
    expect((await some.read(4)).name).toBe((await concepts.read(8)).name);
    expect(someImages(concepts, 100).count).toBe(10);
  });
});
