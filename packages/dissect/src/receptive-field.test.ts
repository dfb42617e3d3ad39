import { readFile } from 'node:fs/promises';
import { startBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GraphTopology, receptiveField, type SlidingWindow } from './receptive-field.ts';

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
});

/** Whether output position o depends on pixel p, by lighting each pixel alone in a linear network: [pixels][positions]. */
async function responses(model: tfl.LayersModel, size: [number, number]) {
  const pixels = size[0] * size[1];
  const maps = tf.tidy(() => {
    const maps = model.predict(tf.reshape(tf.eye(pixels), [pixels, ...size, 1])) as tf.Tensor4D;
    return tf.reshape(maps, [pixels, -1]) as tf.Tensor2D;
  });
  const values = await maps.array();
  tf.dispose(maps);
  return values;
}

const positive = { kernelInitializer: 'ones', useBias: false } as const;
const conv = (kernelSize: number | [number, number], more: object = {}) =>
  tfl.layers.conv2d({ filters: 1, kernelSize, ...positive, ...more });
const pool = (poolSize: number, strides: number, padding: 'same' | 'valid') =>
  tfl.layers.averagePooling2d({ poolSize, strides, padding });

const chains: [string, [number, number], () => tfl.layers.Layer[]][] = [
  ['valid windows', [31, 29], () => [conv(3, { strides: 2 }), pool(3, 2, 'valid'), conv([1, 3])]],
  [
    'same windows on an even image',
    [32, 30],
    () => [conv(3, { strides: 2, padding: 'same' }), pool(2, 2, 'same'), conv(3, { padding: 'same' })],
  ],
  ['same windows on an odd image', [31, 33], () => [conv(5, { strides: 3, padding: 'same' }), pool(3, 2, 'same')]],
  [
    'padding, cropping, dilation',
    [17, 16],
    () => [
      tfl.layers.zeroPadding2d({
        padding: [
          [1, 2],
          [3, 0],
        ],
      }),
      conv(3, { dilationRate: 2 }),
      tfl.layers.cropping2D({
        cropping: [
          [2, 1],
          [0, 3],
        ],
      }),
      tfl.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthwiseInitializer: 'ones', useBias: false }),
    ],
  ],
  [
    'a nested model',
    [24, 24],
    () => [
      conv(3, { strides: 2 }),
      tfl.sequential({ layers: [conv(3, { inputShape: [11, 11, 1], padding: 'same' }), pool(2, 2, 'valid')] }),
      conv(2),
    ],
  ],
];

describe('receptiveField of a LayersModel', () => {
  it.each(chains)('is what the network sees: %s', async (_, size, layersOf) => {
    const image = tfl.input({ shape: [...size, 1] });
    const layers = layersOf();
    const map = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, image);
    const model = tfl.model({ inputs: image, outputs: map });
    const field = receptiveField(model, layers.at(-1)!.name);
    expect(field.inputSize).toEqual(size);
    const [, height, width] = map.shape as [null, number, number];
    const seen = await responses(model, size);
    for (let position = 0; position < height * width; position++) {
      const pixels = seen.flatMap((maps, pixel) => (maps[position] === 0 ? [] : [pixel]));
      const rows = pixels.map((pixel) => Math.floor(pixel / size[1]));
      const columns = pixels.map((pixel) => pixel % size[1]);
      const place = [Math.floor(position / width), position % width];
      for (const axis of [0, 1] as const) {
        const start = field.offset[axis] + place[axis]! * field.stride[axis];
        const end = start + field.size[axis] - 1;
        const along = axis === 0 ? rows : columns;
        expect([Math.min(...along), Math.max(...along)]).toEqual([Math.max(0, start), Math.min(size[axis] - 1, end)]);
      }
    }
    model.dispose();
  });

  it('keeps the largest branch, and leaves out one that looks at everything', () => {
    const image = tfl.input({ shape: [16, 16, 3] });
    const small = conv(1).apply(image) as tfl.SymbolicTensor;
    const large = conv(5, { padding: 'same' }).apply(image) as tfl.SymbolicTensor;
    const joined = tfl.layers.concatenate({ name: 'joined' }).apply([small, large]) as tfl.SymbolicTensor;
    const squeezed = tfl.layers
      .globalAveragePooling2d({ name: 'squeezed' } as never)
      .apply(joined) as tfl.SymbolicTensor;
    const gate = tfl.layers.reshape({ targetShape: [1, 1, 2] }).apply(squeezed) as tfl.SymbolicTensor;
    const gated = tfl.layers.multiply({ name: 'gated' }).apply([gate, joined]) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: gated });
    for (const name of ['joined', 'gated']) {
      expect(receptiveField(model, name)).toMatchObject({ size: [5, 5], stride: [1, 1], offset: [-2, -2] });
    }
    expect(() => receptiveField(model, 'squeezed')).toThrow(
      '@cnnviz/dissect: receptiveField: squeezed has no receptive field: what squeezed (GlobalAveragePooling2D) does to positions is not known',
    );
  });

  it('asks for the size of the input only where the padding depends on it', () => {
    const image = tfl.input({ shape: [null, null, 1] });
    const first = conv(3, { padding: 'same', name: 'first' }).apply(image) as tfl.SymbolicTensor;
    const second = conv(3, { padding: 'same', strides: 2, name: 'second' }).apply(first) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: second });
    expect(receptiveField(model, 'first')).toMatchObject({ size: [3, 3], offset: [-1, -1], inputSize: null });
    expect(() => receptiveField(model, 'second')).toThrow('second (Conv2D) pads by the size of its input');
    expect(receptiveField(model, 'second', { inputSize: [8, 9] })).toMatchObject({ size: [5, 5], offset: [-1, -2] });
  });

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
});

const base64 = (text: string) => ({ s: btoa(text) });
const list = (...i: number[]) => ({ list: { i: i.map(String) } });
const kernel = (name: string, ...size: number[]) => ({
  name,
  op: 'Const',
  attr: {
    value: { tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: size.map((each) => ({ size: String(each) })) } } },
  },
});
const dims = (...size: number[]) => ({ shape: { dim: size.map((each) => ({ size: String(each) })) } });

const graph: GraphTopology = {
  node: [
    kernel('k1', 3, 3, 3, 8),
    kernel('k2', 5, 5, 8, 8),
    { name: 'image', op: 'Placeholder', attr: { shape: dims(-1, 32, 31, 3) } },
    {
      name: 'conv',
      op: '_FusedConv2D',
      input: ['image', 'k1'],
      attr: { strides: list(1, 2, 2, 1), padding: base64('SAME'), data_format: base64('NHWC') },
    },
    {
      name: 'pool',
      op: 'MaxPool',
      input: ['conv'],
      attr: { ksize: list(1, 3, 3, 1), strides: list(1, 2, 2, 1), padding: base64('VALID') },
    },
    { name: 'pad', op: 'Pad', input: ['pool', 'amounts'] },
    { name: 'kernel', op: 'Identity', input: ['k2'] },
    {
      name: 'branch',
      op: 'Conv2D',
      input: ['pad:0', 'kernel', '^image'],
      attr: { strides: list(1, 1, 1, 1), padding: base64('VALID') },
    },
    { name: 'add', op: 'AddV2', input: ['pool', 'branch'] },
    { name: 'mean', op: 'Mean', input: ['add'] },
    {
      name: 'explicit',
      op: 'Conv2D',
      input: ['image', 'k1'],
      attr: { padding: base64('EXPLICIT'), explicit_paddings: list(0, 0, 1, 1, 2, 2, 0, 0), strides: list(1, 1, 1, 1) },
    },
  ],
};

describe('receptiveField of a graph', () => {
  it('composes strides, paddings and branches', () => {
    expect(receptiveField(graph, 'conv')).toEqual({
      size: [3, 3],
      stride: [2, 2],
      offset: [0, -1],
      inputSize: [32, 31],
    });
    expect(receptiveField(graph, 'pool')).toMatchObject({ size: [7, 7], stride: [4, 4], offset: [0, -1] });
    expect(receptiveField(graph, 'add', { paddings: { pad: 2 } })).toMatchObject({
      size: [23, 23],
      stride: [4, 4],
      offset: [-8, -9],
    });
    expect(receptiveField(graph, 'explicit')).toMatchObject({ size: [3, 3], offset: [-1, -2] });
  });

  it('says what it cannot know', () => {
    expect(() => receptiveField(graph, 'mean', { paddings: { pad: 2 } })).toThrow(
      'mean (Mean) does not keep positions',
    );
    expect(() => receptiveField(graph, 'add')).toThrow(
      "how much pad (Pad) pads is in the weights: give it in paddings['pad']",
    );
    expect(() => receptiveField(graph, 'convolution')).toThrow(RangeError);
  });
});

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
      () => receptiveField(graph as never, { inputSize: [1, 1] }),
    ],
    ['inputSize must be 2 whole sizes >= 1, got [0, 1]', () => receptiveField([], { inputSize: [0, 1] })],
  ])('%s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: receptiveField: ${message}`));
});
