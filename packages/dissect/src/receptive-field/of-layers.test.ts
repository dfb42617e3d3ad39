import { startBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Axes, expectSeen, type Reached, seenPixels } from '../../test-support/seen-pixels.ts';
import { receptiveField } from './receptive-field.ts';
import { upsample } from './upsample.ts';

beforeAll(() => startBackend('cpu'));

type Weights = 'ones' | 'randomUniform';
type Make = (weights: Weights) => tfl.layers.Layer[];

const conv = (weights: Weights, kernelSize: number | [number, number], more: object = {}) =>
  tfl.layers.conv2d({ filters: 2, kernelSize, kernelInitializer: weights, useBias: false, ...more });
const pool = (poolSize: number, strides: number, padding: 'same' | 'valid', more: object = {}) =>
  tfl.layers.averagePooling2d({ poolSize, strides, padding, ...more });
const transposed = (
  weights: Weights,
  kernelSize: number,
  strides: number,
  padding: 'same' | 'valid',
  more: object = {},
) => tfl.layers.conv2dTranspose({ filters: 2, kernelSize, strides, padding, kernelInitializer: weights, ...more });

const margin: [[number, number], [number, number]] = [
  [1, 2],
  [3, 0],
];

const chains: [name: string, size: [number, number], reached: Reached, make: Make][] = [
  ['valid windows', [15, 17], 'every', (w) => [conv(w, 3, { strides: 2 }), pool(3, 2, 'valid'), conv(w, [1, 3])]],
  [
    'same windows on an even image',
    [12, 14],
    'every',
    (w) => [conv(w, 3, { strides: 2, padding: 'same' }), pool(2, 2, 'same'), conv(w, 3, { padding: 'same' })],
  ],
  [
    'same windows on an odd image',
    [13, 15],
    'every',
    (w) => [conv(w, 5, { strides: 3, padding: 'same' }), pool(3, 2, 'same')],
  ],
  [
    'padding, cropping, dilation',
    [13, 12],
    'every',
    (w) => [
      tfl.layers.zeroPadding2d({ padding: margin }),
      conv(w, 3, { dilationRate: 2 }),
      tfl.layers.cropping2D({ cropping: margin }),
      tfl.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthwiseInitializer: w, useBias: false }),
    ],
  ],
  [
    'dilation that keeps the size',
    [14, 13],
    'every',
    (w) => [conv(w, 3, { dilationRate: 3, padding: 'same' }), conv(w, 2, { padding: 'same' })],
  ],
  ['separable convolutions', [16, 17], 'every', () => [separable(2), separable(1)]],
  [
    'a transposed convolution',
    [16, 14],
    'some',
    (w) => [conv(w, 3, { strides: 2 }), transposed(w, 3, 2, 'same'), conv(w, 3)],
  ],
  [
    'a transposed convolution without padding',
    [13, 12],
    'some',
    (w) => [pool(2, 2, 'valid'), transposed(w, 5, 2, 'valid')],
  ],
  ['transposed without overlap', [12, 12], 'some', (w) => [pool(2, 2, 'valid'), transposed(w, 2, 2, 'same')]],
  ['transposed beyond the image', [9, 8], 'some', (w) => [conv(w, 3), transposed(w, 4, 3, 'same')]],
  ['nearest upsampling', [16, 14], 'some', (w) => [pool(2, 2, 'valid'), upsampling('nearest', [2, 3]), conv(w, 3)]],
  ['bilinear upsampling', [16, 12], 'some', (w) => [pool(4, 4, 'valid'), upsampling('bilinear', [4, 2]), conv(w, 3)]],
  ['resizing', [13, 12], 'some', (w) => [conv(w, 2), resizing({ height: 7, width: 17 })]],
  [
    'resizing to the nearest',
    [13, 12],
    'some',
    () => [pool(2, 2, 'same'), resizing({ height: 5, width: 17, interpolation: 'nearest', cropToAspectRatio: true })],
  ],
  [
    'channels that are shuffled in groups',
    [12, 10],
    'every',
    (w) => [
      conv(w, 3, { filters: 4 }),
      tfl.layers.reshape({ targetShape: [10, 8, 2, 2] }),
      tfl.layers.permute({ dims: [1, 2, 4, 3] }),
      tfl.layers.reshape({ targetShape: [10, 8, 4] }),
      conv(w, 3, { strides: 2 }),
    ],
  ],
  [
    'dense layers along channels, and a map that was flattened for a while',
    [10, 9],
    'every',
    (w) => [
      conv(w, 3),
      tfl.layers.dense({ units: 3, kernelInitializer: w }),
      tfl.layers.reshape({ targetShape: [56, 3] }),
      tfl.layers.dense({ units: 2, kernelInitializer: w }),
      tfl.layers.reshape({ targetShape: [8, 7, 2] }),
      conv(w, 2),
    ],
  ],
  [
    'nested models',
    [15, 15],
    'every',
    (w) => [
      conv(w, 3, { strides: 2 }),
      tfl.sequential({
        layers: [conv(w, 3, { inputShape: [7, 7, 2], padding: 'same' }), sequence([7, 7, 2], [pool(2, 2, 'valid')])],
      }),
      conv(w, 2),
    ],
  ],
];

function separable(strides: number) {
  const ones = { depthwiseInitializer: 'ones', pointwiseInitializer: 'ones' } as const;
  return tfl.layers.separableConv2d({ filters: 2, kernelSize: 3, strides, ...ones });
}

function upsampling(interpolation: 'nearest' | 'bilinear', size: [number, number]) {
  return tfl.layers.upSampling2d({ size, interpolation });
}

/** Without the faults of the layer that stand in the way of a model: its shape lacks the batch, its input is a list. */
function resizing(config: { height: number; width: number; interpolation?: 'nearest'; cropToAspectRatio?: boolean }) {
  const layer = tfl.layers.resizing(config);
  layer.computeOutputShape = (shape) => [null, config.height, config.width, (shape as tfl.Shape)[3]!];
  const call = layer.call.bind(layer);
  layer.call = (inputs, options) => call(([inputs].flat() as tf.Tensor4D[])[0]!, options);
  return layer;
}

function sequence(shape: number[], layers: readonly tfl.layers.Layer[]): tfl.LayersModel {
  const image = tfl.input({ shape });
  const outputs = layers.reduce((map, layer) => layer.apply(map) as tfl.SymbolicTensor, image);
  return tfl.model({ inputs: image, outputs });
}

const applied = (model: tfl.LayersModel) => (images: tf.Tensor) => model.apply(images) as tf.Tensor;
const lastOf = (model: tfl.LayersModel) => model.layers.at(-1)!.name;

describe('receptiveField of a LayersModel', () => {
  describe.each(['ones', 'randomUniform'] as const)('with %s as weights', (weights) => {
    it.each(chains)('is what the network sees: %s', async (_, size, reached, make) => {
      const model = sequence([...size, 2], make(weights));
      const field = receptiveField(model, lastOf(model));
      expect(field.inputSize).toEqual(size);
      const seen = await seenPixels({ apply: applied(model), shape: [...size, 2] });
      expectSeen(field, seen, { size, reached });
      model.dispose();
    });
  });

  it.each([
    ['global average pooling', (map: tfl.SymbolicTensor) => tfl.layers.globalAveragePooling2d({}).apply(map)],
    ['an average pool over the whole map', (map: tfl.SymbolicTensor) => pool(8, 8, 'valid').apply(map)],
    ['an average pool that pads to the whole map', (map: tfl.SymbolicTensor) => pool(16, 16, 'same').apply(map)],
  ] as const)('reads squeeze-and-excitation by %s, as in MobileNetV3', async (_, squeeze) => {
    const model = excited(16, squeeze);
    const network = { apply: applied(model), shape: [16, 16, 1] };
    const size = [16, 16] as const;
    const local = receptiveField(model, 'projected');
    expect(local).toEqual({ size: [7, 7], stride: [2, 2], offset: [-2, -2], inputSize: size, wholeImage: true });
    expectSeen(local, await seenPixels(network, 0.02), { size, reached: 'every' });

    const seen = await seenPixels(network);
    expect([...seen.values()].every((ranges) => ranges.flat().join() === '0,15,0,15')).toBe(true);
    const whole = receptiveField(model, 'projected', { extent: 'whole' });
    expect(whole).toMatchObject({ stride: [2, 2], wholeImage: true });
    for (const position of [0, 7]) {
      const start = whole.offset[0] + position * 2;
      expect([start <= 0, start + whole.size[0] >= 16]).toEqual([true, true]);
    }
    const places = [local, whole].map((field) =>
      upsample(model.predict(tf.ones([1, 16, 16, 1])) as tf.Tensor4D, field, { size }),
    );
    expect(await places[0]!.data()).toEqual(await places[1]!.data());
    tf.dispose(places);
    model.dispose();
  });

  it('says of what has no map that it sees the whole image', () => {
    const model = excited(16, (map) => tfl.layers.globalAveragePooling2d({ name: 'squeezed' } as never).apply(map));
    const whole = { size: [16, 16], stride: [16, 16], offset: [0, 0], inputSize: [16, 16], wholeImage: true };
    expect(receptiveField(model, 'squeezed')).toEqual(whole);
    const most = excited(16, (map) => tfl.layers.globalMaxPooling2d({ name: 'squeezed' } as never).apply(map));
    expect(receptiveField(most, 'squeezed')).toEqual(whole);
    const open = excited(null, (map) => tfl.layers.globalAveragePooling2d({ name: 'squeezed' } as never).apply(map));
    expect(() => receptiveField(open, 'squeezed')).toThrow(
      '@cnnviz/dissect: receptiveField: squeezed has no receptive field: it sees the whole image, whose size is unknown: give inputSize',
    );
    expect(receptiveField(open, 'squeezed', { inputSize: [16, 16] })).toEqual(whole);
    const dense = sequence(
      [6, 6, 1],
      [tfl.layers.flatten({ name: 'flat' }), tfl.layers.dense({ units: 3, name: 'dense' })],
    );
    expect(receptiveField(dense, 'dense')).toMatchObject({ size: [6, 6], offset: [0, 0] });
    expect(() => receptiveField(dense, 'flat')).toThrow(
      'flat has no receptive field: flat lays positions and more along one axis',
    );
  });

  it('asks for the size where only it tells a gate from a map', () => {
    const open = excited(null, (map) => pool(7, 7, 'valid').apply(map));
    expect(() => receptiveField(open, 'projected')).toThrow(
      /\(Reshape\) reshapes a map of unknown size: give inputSize$/,
    );
    expect(receptiveField(open, 'projected', { inputSize: [16, 16] })).toMatchObject({
      size: [7, 7],
      wholeImage: true,
    });
    const image = tfl.input({ shape: [null, null, 1] });
    const gate = pool(8, 8, 'valid').apply(image) as tfl.SymbolicTensor;
    const gated = tfl.layers.multiply({ name: 'gated' }).apply([image, gate]) as tfl.SymbolicTensor;
    expect(() => receptiveField(tfl.model({ inputs: image, outputs: gated }), 'gated')).toThrow(
      'gated (Multiply) joins maps of different strides, 1 and 8: give inputSize',
    );
  });

  it('asks for the size of the input only where the padding depends on it', () => {
    const image = tfl.input({ shape: [null, null, 1] });
    const first = conv('ones', 3, { padding: 'same', name: 'first' }).apply(image) as tfl.SymbolicTensor;
    const second = conv('ones', 3, { padding: 'same', strides: 2, name: 'second' }).apply(first) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: second });
    expect(receptiveField(model, 'first')).toMatchObject({ size: [3, 3], offset: [-1, -1], inputSize: null });
    expect(() => receptiveField(model, 'second')).toThrow(
      'second has no receptive field: second (Conv2D) pads by the size of its input, which is unknown: give inputSize',
    );
    expect(receptiveField(model, 'second', { inputSize: [8, 9] })).toMatchObject({ size: [5, 5], offset: [-1, -2] });
  });

  it('keeps what each direction sees apart', () => {
    const image = tfl.input({ shape: [8, 12, 1] });
    const rows = tfl.layers.averagePooling2d({ poolSize: [1, 12] }).apply(image) as tfl.SymbolicTensor;
    const gated = tfl.layers
      .multiply({ name: 'gated' })
      .apply([image, conv('ones', [3, 1], { filters: 1, padding: 'same' }).apply(rows) as never]);
    const model = tfl.model({ inputs: image, outputs: gated as tfl.SymbolicTensor });
    expect(receptiveField(model, 'gated')).toMatchObject({
      size: [3, 1],
      stride: [1, 1],
      offset: [-1, 0],
      wholeImage: true,
    });
    expect(receptiveField(model, 'gated', { extent: 'whole' })).toMatchObject({ size: [3, 23], offset: [-1, -11] });
  });
});

describe('receptiveField of layers and models that are used again', () => {
  const name = 'c';
  const imageOf = (size: number) => tfl.input({ shape: [size, size, 1] });
  const shared = () => conv('ones', 3, { filters: 1, name });
  const apply = (layer: tfl.layers.Layer, map: tfl.SymbolicTensor) => layer.apply(map) as tfl.SymbolicTensor;

  it('follows the applications of each model', async () => {
    const [first, second] = [imageOf(12), imageOf(13)];
    const base = tfl.model({ inputs: first, outputs: apply(shared(), first) });
    const halved = apply(pool(2, 2, 'valid'), second);
    const again = tfl.model({ inputs: second, outputs: apply(base.getLayer(name), halved) });
    expect(receptiveField(base, name)).toMatchObject({ size: [3, 3], stride: [1, 1], inputSize: [12, 12] });
    const field = receptiveField(again, name);
    expect(field).toEqual({ size: [6, 6], stride: [2, 2], offset: [0, 0], inputSize: [13, 13] });
    expectSeen(field, await seenPixels({ apply: applied(again), shape: [13, 13, 1] }), {
      size: [13, 13],
      reached: 'every',
    });
  });

  it('follows the trunk of a network with a new stem and a new head', async () => {
    const image = imageOf(16);
    const trunk = [conv('ones', 3, { strides: 2 }), conv('ones', 2, { name: 'inner' })];
    sequence([16, 16, 1], trunk);
    const stem = apply(conv('ones', 2, { strides: 2, filters: 1 }), image);
    const head = apply(
      conv('ones', 2, { name: 'head' }),
      trunk.reduce((map, layer) => apply(layer, map), stem),
    );
    const model = tfl.model({ inputs: image, outputs: head });
    const field = receptiveField(model, 'head');
    expect(field).toMatchObject({ size: [14, 14], stride: [4, 4] });
    expectSeen(field, await seenPixels({ apply: applied(model), shape: [16, 16, 1] }), {
      size: [16, 16],
      reached: 'every',
    });
    expect(receptiveField(model, 'inner')).toMatchObject({ size: [10, 10] });
  });

  it('asks which application is meant where their fields differ', async () => {
    const image = imageOf(10);
    const layer = shared();
    const twice = tfl.model({ inputs: image, outputs: apply(layer, apply(layer, image)) });
    expect(() => receptiveField(twice, name)).toThrow(
      'the model applies c more than once: say which in nodeIndex, one of 0, 1',
    );
    expect(receptiveField(twice, name, { nodeIndex: 0 })).toMatchObject({ size: [3, 3] });
    expect(receptiveField(twice, name, { nodeIndex: 1 })).toMatchObject({ size: [5, 5] });
    expect(() => receptiveField(twice, name, { nodeIndex: 2 })).toThrow('nodeIndex must be one of 0, 1, got 2');

    const [left, right] = [imageOf(10), imageOf(10)];
    const branch = shared();
    const both = tfl.layers.concatenate({}).apply([apply(branch, left), apply(branch, right)]) as tfl.SymbolicTensor;
    const siamese = tfl.model({ inputs: [left, right], outputs: both });
    expect(receptiveField(siamese, name)).toMatchObject({ size: [3, 3] });
  });

  it.each([
    ['a functional model', (inner: tfl.LayersModel) => inner],
    ['a sequential model', (inner: tfl.LayersModel) => tfl.sequential({ layers: [...inner.layers.slice(1)] as never })],
  ])('follows a nested model that was built for another one: %s', async (_, wrap) => {
    const inner = wrap(
      sequence([15, 15, 1], [conv('ones', 3, { strides: 2, inputShape: [15, 15, 1] }), pool(2, 1, 'valid')]),
    );
    const image = imageOf(16);
    const stem = apply(conv('ones', 2, { filters: 1 }), image);
    const model = tfl.model({ inputs: image, outputs: apply(conv('ones', 2, { name: 'head' }), apply(inner, stem)) });
    for (const layer of [inner.name, 'head']) {
      const part = tfl.model({
        inputs: image,
        outputs: model.getLayer(layer).getOutputAt(layer === 'head' ? 0 : 1) as never,
      });
      const seen = await seenPixels({ apply: applied(part), shape: [16, 16, 1] });
      expectSeen(receptiveField(model, layer), seen, { size: [16, 16], reached: 'every' });
    }
    expect(receptiveField(model, inner.name)).toMatchObject({ size: [6, 6], stride: [2, 2] });
    expect(receptiveField(model, 'head')).toMatchObject({ size: [8, 8], stride: [2, 2] });
  });

  it('follows a sequential model that begins with a model, built or not', () => {
    const base = sequence([15, 15, 1], [conv('ones', 3, { strides: 2 }), pool(2, 2, 'valid')]);
    const model = tfl.sequential({ layers: [base, conv('ones', 3, { name: 'head' })] });
    for (let times = 0; times < 2; times++) {
      expect(receptiveField(model, base.name)).toMatchObject({ size: [5, 5], stride: [4, 4], inputSize: [15, 15] });
      expect(receptiveField(model, 'head')).toMatchObject({ size: [13, 13], stride: [4, 4] });
      model.build();
    }
  });

  it('names layers of nested models, and further applications of a layer, as @cnnviz/models does', () => {
    const shared = conv('ones', 3, { name: 'shared', strides: 2 });
    const inner = tfl.sequential({
      name: 'inner',
      layers: [
        conv('ones', 3, { name: 'first', inputShape: [29, 29, 2] }),
        conv('ones', 2, { name: 'a/b', strides: 2 }),
      ],
    });
    const middle = tfl.sequential({
      name: 'middle',
      layers: [pool(2, 1, 'valid', { inputShape: [30, 30, 2] }), inner],
    });
    const image = tfl.input({ shape: [64, 64, 2], name: 'image' });
    const stem = apply(conv('ones', 5, { name: 'stem', strides: 2 }), image);
    const twice = apply(shared, apply(shared, apply(middle, stem)));
    const model = tfl.model({ inputs: image, outputs: twice });
    // Sizes and strides of the windows in a row, composed by hand: 5/2, 2/1, 3/1, 2/2, 3/2, 3/2.
    expect(receptiveField(model, 'middle/inner/first')).toMatchObject({ size: [11, 11], stride: [2, 2] });
    expect(receptiveField(model, 'middle/inner/a/b')).toMatchObject({ size: [13, 13], stride: [4, 4] });
    for (const [name, options] of [
      ['shared', { nodeIndex: 0 }],
      ['shared#1', {}],
    ] as const)
      expect(receptiveField(model, name, options)).toMatchObject({ size: [21, 21], stride: [8, 8] });
    expect(receptiveField(model, 'shared#2')).toMatchObject({ size: [37, 37], stride: [16, 16] });
    const { size, stride, inputSize } = receptiveField(model, 'shared#2', { from: 'middle/inner/first' });
    expect({ size, stride, inputSize }).toEqual({ size: [14, 14], stride: [8, 8], inputSize: [27, 27] });
    expect(receptiveField(model, 'middle/inner/a/b', { from: 'middle/inner/first' })).toMatchObject({ size: [2, 2] });
    expect(() => receptiveField(model, 'middle/inner/none')).toThrow(
      '@cnnviz/dissect: receptiveField: layer must be one of first, a/b, got "none"',
    );
    expect(() => receptiveField(model, 'shared#3')).toThrow('receptiveField: layer must be one of');
  });

  it('tells the outputs of a nested model apart', () => {
    const image = imageOf(15);
    const fine = apply(conv('ones', 3), image);
    const inner = tfl.model({ inputs: image, outputs: [fine, apply(conv('ones', 3, { strides: 2 }), fine)] });
    const outer = imageOf(15);
    const [near, far] = inner.apply(outer) as tfl.SymbolicTensor[];
    const heads = [near!, far!].map((map, index) => apply(conv('ones', 1, { name: `head${index}` }), map));
    const model = tfl.model({ inputs: outer, outputs: heads });
    expect(receptiveField(model, 'head0')).toMatchObject({ size: [3, 3], stride: [1, 1] });
    expect(receptiveField(model, 'head1')).toMatchObject({ size: [5, 5], stride: [2, 2] });
  });
});

describe('receptiveField of channels that come first', () => {
  const first = { dataFormat: 'channelsFirst' } as const;
  const axes: { imageAxes: Axes; mapAxes: Axes } = { imageAxes: [2, 3], mapAxes: [2, 3] };

  it('reads sizes and paddings along the right axes', async () => {
    const layers = [
      conv('ones', 3, { strides: 2, padding: 'same', ...first }),
      tfl.layers.zeroPadding2d({ padding: margin, ...first }),
      pool(2, 2, 'same', first),
      transposed('ones', 2, 2, 'same', first),
      conv('ones', [1, 2], { padding: 'same', ...first }),
    ];
    const model = sequence([3, 16, 13], layers);
    const field = receptiveField(model, lastOf(model));
    expect(field.inputSize).toEqual([16, 13]);
    expect(receptiveField(model, layers[0]!.name)).toMatchObject({ size: [3, 3], stride: [2, 2], offset: [0, -1] });
    const seen = await seenPixels({ apply: applied(model), shape: [3, 16, 13], ...axes });
    expectSeen(field, seen, { size: [16, 13], reached: 'some' });
  });

  it('reads a gate, and takes the size from a layer that says nothing of axes', () => {
    const image = tfl.input({ shape: [2, 9, 7] });
    const scaled = tfl.layers.rescaling({ scale: 2, name: 'scaled' } as never).apply(image) as tfl.SymbolicTensor;
    const map = conv('ones', 3, { padding: 'same', ...first }).apply(scaled) as tfl.SymbolicTensor;
    const squeezed = tfl.layers.globalAveragePooling2d(first).apply(map) as tfl.SymbolicTensor;
    const gate = tfl.layers.reshape({ targetShape: [2, 1, 1] }).apply(squeezed) as tfl.SymbolicTensor;
    const gated = tfl.layers.multiply({ name: 'gated' }).apply([map, gate]) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: gated });
    expect(receptiveField(model, 'scaled')).toMatchObject({ size: [1, 1], inputSize: [9, 7] });
    expect(receptiveField(model, 'gated')).toMatchObject({ size: [3, 3], inputSize: [9, 7], wholeImage: true });
  });

  it('follows axes that are turned', async () => {
    const layers = [
      tfl.layers.permute({ dims: [2, 3, 1] }),
      conv('ones', 3, { strides: 2, padding: 'same' }),
      tfl.layers.permute({ dims: [3, 1, 2] }),
      conv('ones', [1, 2], first),
    ];
    const model = sequence([3, 12, 9], layers);
    const field = receptiveField(model, lastOf(model));
    expect(field.inputSize).toEqual([12, 9]);
    const seen = await seenPixels({ apply: applied(model), shape: [3, 12, 9], ...axes });
    expectSeen(field, seen, { size: [12, 9], reached: 'every' });
  });

  it('refuses layers that disagree on the axes', () => {
    const model = sequence([8, 8, 8], [conv('ones', 3), conv('ones', 3, { name: 'other', ...first })]);
    expect(() => receptiveField(model, 'other')).toThrow(/\(Conv2D\) finds no map in channels(First|Last) order/);
  });
});

describe('receptiveField from a layer in the middle', () => {
  const layers = (size: number | null) => [
    conv('ones', 3, { strides: 2, padding: size === null ? 'valid' : 'same', name: 'stem' }),
    conv('ones', 3, { name: 'start' }),
    conv('ones', 3, { strides: 2, padding: 'same', name: 'last' }),
  ];

  it('counts its map as the image', () => {
    const model = sequence([17, 17, 1], layers(17));
    expect(receptiveField(model, 'last', { from: 'start' })).toEqual({
      size: [3, 3],
      stride: [2, 2],
      offset: [-1, -1],
      inputSize: [7, 7],
    });
    expect(receptiveField(model, 'start', { from: 'start' })).toMatchObject({ size: [1, 1], offset: [0, 0] });
    expect(receptiveField(model, 'last', { from: 'start', inputSize: [8, 8] })).toMatchObject({
      offset: [0, 0],
      inputSize: [8, 8],
    });
  });

  it('says what it lacks', () => {
    const model = sequence([null as never, null as never, 1], layers(null));
    expect(() => receptiveField(model, 'last', { from: 'start' })).toThrow(
      'last (Conv2D) pads by the size of its input, which is unknown: give inputSize, the size of start',
    );
    expect(() => receptiveField(model, 'stem', { from: 'start' })).toThrow(
      'stem has no receptive field: it does not depend on the image',
    );
    expect(() => receptiveField(model, 'stem', { from: 'begin' })).toThrow(/from must be one of .*stem, .*got "begin"/);
  });
});

describe('receptiveField of layers of other kinds', () => {
  class HardSwish extends tfl.layers.Layer {
    static className = 'HardSwish';
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return ([inputs].flat() as tf.Tensor[])[0]!;
    }
  }

  it('asks what they do, also where another branch keeps the map', () => {
    const image = tfl.input({ shape: [8, 8, 1] });
    const swish = new HardSwish({ name: 'swish' }).apply(
      conv('ones', 3, { padding: 'same' }).apply(image),
    ) as tfl.SymbolicTensor;
    const sum = tfl.layers.add({ name: 'sum' }).apply([swish, image]) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: sum });
    for (const name of ['swish', 'sum']) {
      expect(() => receptiveField(model, name)).toThrow(
        `${name} has no receptive field: what swish (HardSwish) does to positions is not known: say it in windows['swish'] or windows['HardSwish'], or start behind it with from`,
      );
      expect(receptiveField(model, name, { windows: { HardSwish: { size: 1 } } })).toMatchObject({ size: [3, 3] });
    }
    const wide = { swish: { size: 5, padding: 2 }, HardSwish: { size: 1 } };
    expect(receptiveField(model, 'sum', { windows: wide })).toMatchObject({ size: [7, 7], offset: [-3, -3] });
    expect(() => receptiveField(model, 'sum', { windows: { swish: { size: 0 } } })).toThrow(
      'size must be an integer >= 1, got 0',
    );
  });

  it('keeps the smallest range that holds all branches, and refuses to lay maps beside each other', () => {
    const image = tfl.input({ shape: [9, 9, 1] });
    const shifted = (cropping: [[number, number], [number, number]]) =>
      tfl.layers.cropping2D({ cropping }).apply(image) as tfl.SymbolicTensor;
    const none: [number, number] = [0, 0];
    const branches = [shifted([[0, 3], none]), shifted([[3, 0], none])];
    const joined = tfl.layers.add({ name: 'joined' }).apply(branches) as tfl.SymbolicTensor;
    const beside = tfl.layers.concatenate({ axis: 2, name: 'beside' }).apply(branches) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: [joined, beside] });
    expect(receptiveField(model, 'joined')).toMatchObject({ size: [4, 1], offset: [0, 0] });
    expect(() => receptiveField(model, 'beside')).toThrow(
      'beside (Concatenate) joins maps whose positions lie along different axes',
    );
  });

  it('reads a thousand layers', () => {
    const model = sequence(
      [5, 5, 1],
      Array.from({ length: 1000 }, () => tfl.layers.reLU()),
    );
    expect(receptiveField(model, lastOf(model))).toMatchObject({ size: [1, 1] });
  });
});

/** A stem of stride 2 (without padding where the size is open), then a block that expands, convolves by channel, is gated by what `squeeze` gives, and projects. */
function excited(
  size: number | null,
  squeeze: (map: tfl.SymbolicTensor) => tfl.SymbolicTensor | tfl.SymbolicTensor[] | tf.Tensor | tf.Tensor[],
): tfl.LayersModel {
  const image = tfl.input({ shape: [size, size, 1] });
  const apply = (layer: tfl.layers.Layer, map: unknown) => layer.apply(map as tfl.SymbolicTensor) as tfl.SymbolicTensor;
  const stem = apply(conv('ones', 3, { strides: 2, padding: size === null ? 'valid' : 'same' }), image);
  const expanded = apply(conv('ones', 1, { filters: 4 }), stem);
  const convolved = apply(
    tfl.layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthwiseInitializer: 'ones' }),
    expanded,
  );
  const squeezed = apply(tfl.layers.reshape({ targetShape: [1, 1, 4] }), squeeze(convolved));
  const narrow = apply(conv('ones', 1, { activation: 'relu' }), squeezed);
  const weak = tfl.initializers.constant({ value: 2e-6 });
  const gate = apply(conv('ones', 1, { filters: 4, activation: 'sigmoid', kernelInitializer: weak }), narrow);
  const projected = apply(conv('ones', 1), tfl.layers.multiply({}).apply([convolved, gate]));
  const sum = tfl.layers.add({ name: 'projected' }).apply([projected, stem]) as tfl.SymbolicTensor;
  return tfl.model({ inputs: image, outputs: sum });
}
