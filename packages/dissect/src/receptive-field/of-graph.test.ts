import { startBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attribute, type Graph, graphOf, type Step, type Weight, whole } from '../../test-support/graph-of.ts';
import { expectSeen, type Reached, seenPixels } from '../../test-support/seen-pixels.ts';
import { receptiveField } from './receptive-field.ts';

beforeAll(() => startBackend('cpu'));

const { text, list, number, flag } = attribute;

const kernel = (...shape: number[]): Weight => ({ shape });

interface WindowAttributes {
  stride?: number;
  padding?: 'SAME' | 'VALID';
  dilation?: number;
}

const window = ({ stride = 1, padding = 'VALID', dilation = 1 }: WindowAttributes = {}) => ({
  strides: list(1, stride, stride, 1),
  dilations: list(1, dilation, dilation, 1),
  padding: text(padding),
  data_format: text('NHWC'),
});

const pooling = (size: number, stride: number, padding: 'SAME' | 'VALID' = 'VALID') => ({
  ...window({ stride, padding }),
  ksize: list(1, size, size, 1),
});

/** Nodes named after their place in a chain, each of which takes the one before and weights of its own. */
function chain(shape: number[], links: readonly [op: string, attr?: object, weights?: Weight[]][]): Graph {
  const weights: Record<string, Weight> = {};
  const steps = links.map(([op, attr = {}, own = []], index): Step => {
    const names = own.map((_, place) => `weight${index}_${place}`);
    for (const [place, weight] of own.entries()) weights[names[place]!] = weight;
    const before = index === 0 ? 'image' : `node${index - 1}`;
    const inputs =
      op === 'Conv2DBackpropInput' ? [...names, before] : op === 'Split' ? [...names, before] : [before, ...names];
    return [`node${index}`, op, inputs, attr as Record<string, unknown>];
  });
  return graphOf(shape, steps, weights);
}

const applied =
  ({ model }: Graph, node: string) =>
  (images: tf.Tensor): tf.Tensor =>
    tf.tidy(() =>
      tf.concat(tf.split(images, images.shape[0]).map((image) => model.execute({ image }, node) as tf.Tensor)),
    );

async function expectRead(graph: Graph, node: string, reached: Reached) {
  const { topology, constants } = graph;
  const [, ...shape] = graph.model.inputs[0]!.shape!;
  const field = receptiveField(topology, node, { constants });
  const seen = await seenPixels({ apply: applied(graph, node), shape });
  expectSeen(field, seen, { size: field.inputSize!, reached });
  graph.model.dispose();
}

const bilinear = (alignCorners: boolean, halfPixelCenters: boolean) => ({
  align_corners: flag(alignCorners),
  half_pixel_centers: flag(halfPixelCenters),
});

const halved: [string, object] = ['AvgPool', pooling(2, 2)];

const chains: [name: string, reached: Reached, graph: () => Graph][] = [
  [
    'convolutions and poolings, padded, dilated and by channel',
    'every',
    () =>
      chain(
        [1, 17, 16, 2],
        [
          ['_FusedConv2D', window({ stride: 2, padding: 'SAME' }), [kernel(3, 3, 2, 3)]],
          ['MaxPool', pooling(2, 1, 'SAME')],
          ['DepthwiseConv2dNative', window({ dilation: 2, padding: 'SAME' }), [kernel(2, 2, 3, 1)]],
          ['Relu'],
          ['Pad', {}, [{ ...whole(0, 0, 1, 2, 2, 0, 0, 1), shape: [4, 2] }]],
          ['Conv2D', window(), [kernel(2, 1, 4, 1)]],
        ],
      ),
  ],
  ...(
    [
      ['ResizeBilinear', false, false],
      ['ResizeBilinear', true, false],
      ['ResizeBilinear', false, true],
      ['ResizeNearestNeighbor', false, false],
      ['ResizeNearestNeighbor', true, false],
      ['ResizeNearestNeighbor', false, true],
    ] as const
  ).map(([op, corners, centers]): (typeof chains)[number] => [
    `${op}${corners ? ' with aligned corners' : centers ? ' with half-pixel centers' : ''}`,
    'some',
    () => chain([1, 12, 14, 1], [halved, [op, bilinear(corners, centers), [whole(12, 17)]]]),
  ]),
  [
    'resizing to less, then a convolution',
    'some',
    () =>
      chain(
        [1, 12, 11, 1],
        [
          ['ResizeBilinear', bilinear(false, true), [whole(9, 5)]],
          ['Conv2D', window(), [kernel(2, 2, 1, 1)]],
        ],
      ),
  ],
  [
    'a transposed convolution to an odd size',
    'some',
    () => {
      const attr = window({ stride: 2, padding: 'SAME' });
      return chain(
        [1, 13, 13, 1],
        [
          ['AvgPool', pooling(2, 2, 'SAME')],
          ['Conv2DBackpropInput', attr, [whole(1, 13, 13, 2), kernel(4, 4, 2, 1)]],
        ],
      );
    },
  ],
  [
    'a transposed convolution without padding',
    'some',
    () =>
      chain(
        [1, 8, 9, 1],
        [halved, ['Conv2DBackpropInput', window({ stride: 3 }), [whole(1, 14, 14, 1), kernel(5, 5, 1, 1)]]],
      ),
  ],
  [
    'channels laid out as positions',
    'some',
    () =>
      chain(
        [1, 8, 10, 1],
        [
          ['Conv2D', window({ stride: 2 }), [kernel(2, 2, 1, 4)]],
          ['DepthToSpace', { block_size: number(2), data_format: text('NHWC') }],
          ['Conv2D', window(), [kernel(2, 2, 1, 1)]],
        ],
      ),
  ],
  [
    'a dilated convolution between batches',
    'every',
    () =>
      chain(
        [1, 10, 9, 1],
        [
          ['SpaceToBatchND', {}, [whole(2, 2), { ...whole(2, 2, 2, 3), shape: [2, 2] }]],
          ['Conv2D', window(), [kernel(3, 3, 1, 1)]],
          ['BatchToSpaceND', {}, [whole(2, 2), { ...whole(0, 0, 0, 1), shape: [2, 2] }]],
        ],
      ),
  ],
  [
    'cuts and steps',
    'every',
    () => {
      const masks = {
        begin_mask: number(1),
        end_mask: number(5),
        shrink_axis_mask: number(0),
        new_axis_mask: number(0),
        ellipsis_mask: number(0),
      };
      return chain(
        [1, 13, 12, 2],
        [
          ['Conv2D', window(), [kernel(2, 2, 2, 2)]],
          ['StridedSlice', masks, [whole(0, 1, 2, 0), whole(0, -1, 0, 1), whole(1, 2, 3, 1)]],
          ['Slice', {}, [whole(0, 1, 0, 0), whole(-1, 3, 2, 1)]],
          ['Conv2D', window(), [kernel(2, 1, 1, 1)]],
        ],
      );
    },
  ],
  [
    'channels shuffled in groups, and split',
    'every',
    () =>
      chain(
        [1, 9, 8, 1],
        [
          ['Conv2D', window(), [kernel(2, 2, 1, 4)]],
          ['Reshape', {}, [whole(-1, 8, 7, 2, 2)]],
          ['Transpose', {}, [whole(0, 1, 2, 4, 3)]],
          ['Reshape', {}, [whole(1, 8, 7, 4)]],
          ['Split', { num_split: number(2) }, [{ shape: [], values: [3], dtype: 'int32' }]],
          ['Conv2D', window({ stride: 2 }), [kernel(2, 2, 2, 1)]],
        ],
      ),
  ],
  [
    'products with weights of a map that was flattened',
    'every',
    () =>
      chain(
        [1, 7, 6, 2],
        [
          ['Reshape', {}, [whole(-1, 2)]],
          ['MatMul', { transpose_a: flag(false), transpose_b: flag(false) }, [{ shape: [2, 3] }]],
          ['Reshape', {}, [whole(1, 7, 6, 3)]],
          ['Conv2D', window(), [kernel(2, 2, 3, 1)]],
        ],
      ),
  ],
  [
    'a pixel shuffle by hand',
    'some',
    () =>
      chain(
        [1, 6, 5, 1],
        [
          ['Conv2D', window({ padding: 'SAME' }), [kernel(3, 3, 1, 4)]],
          ['Reshape', {}, [whole(1, 6, 5, 2, 2, 1)]],
          ['Transpose', {}, [whole(0, 1, 3, 2, 4, 5)]],
          ['Reshape', {}, [whole(1, 12, 10, 1)]],
          ['AvgPool', pooling(2, 1)],
        ],
      ),
  ],
  [
    'an axis more and an axis less',
    'every',
    () =>
      chain(
        [1, 8, 8, 1],
        [
          ['Unpack', { axis: number(0), num: number(1) }],
          ['ExpandDims', {}, [{ shape: [], values: [0], dtype: 'int32' }]],
          ['Squeeze', { squeeze_dims: list(3) }],
          ['ExpandDims', {}, [{ shape: [], values: [-1], dtype: 'int32' }]],
          ['Conv2D', window(), [kernel(3, 3, 1, 1)]],
        ],
      ),
  ],
];

describe('receptiveField of a GraphModel', () => {
  it.each(chains)('is what the network sees: %s', async (_, reached, make) => {
    const graph = make();
    await expectRead(
      graph,
      `node${graph.topology.node.filter(({ name }) => name.startsWith('node')).length - 1}`,
      reached,
    );
  });

  it('reads explicit paddings, kernels behind other nodes, and no order of execution', () => {
    const explicit = { ...window(), padding: text('EXPLICIT'), explicit_paddings: list(0, 0, 1, 1, 2, 2, 0, 0) };
    const steps: Step[] = [
      ['explicit', 'Conv2D', ['image', 'k1'], explicit],
      ['pool', 'MaxPool', ['explicit:0'], pooling(3, 2)],
      ['pad', 'Pad', ['pool', 'amounts']],
      ['kernel', 'Identity', ['k2']],
      ['branch', 'Conv2D', ['pad:0', 'kernel', '^image'], window()],
      ['add', 'AddV2', ['pool', 'branch']],
      ['mean', 'Mean', ['add', 'three']],
    ];
    const { topology, model } = graphOf([-1, 32, 31, 1], steps, {
      k1: kernel(3, 3, 1, 1),
      k2: kernel(5, 5, 1, 1),
      amounts: whole(0),
      three: whole(1, 2, 3),
    });
    model.dispose();
    expect(receptiveField(topology, 'explicit')).toEqual({
      size: [3, 3],
      stride: [1, 1],
      offset: [-1, -2],
      inputSize: [32, 31],
    });
    const paddings = { pad: [2, 1] } as const;
    expect(receptiveField(topology, 'add', { paddings })).toMatchObject({
      size: [13, 13],
      stride: [2, 2],
      offset: [-5, -4],
    });
    expect(() => receptiveField(topology, 'mean', { paddings })).toThrow(
      "mean (Mean) takes its axes from the weights: give constants['three']",
    );
    expect(() => receptiveField(topology, 'convolution')).toThrow(RangeError);
  });

  it('reads channels first, and turns of axes on the way', async () => {
    const first = { ...window({ padding: 'SAME' }), data_format: text('NCHW') };
    const steps: Step[] = [
      ['stem', 'Conv2D', ['image', 'k1'], first],
      ['turned', 'Transpose', ['stem', 'order']],
      ['pad', 'Pad', ['turned', 'amounts']],
      ['last', 'MaxPool', ['pad'], pooling(2, 2)],
    ];
    const amounts = { ...whole(0, 0, 1, 0, 0, 2, 0, 0), shape: [4, 2] };
    const graph = graphOf([1, 3, 12, 9], steps, { k1: kernel(3, 3, 3, 2), order: whole(0, 2, 3, 1), amounts });
    const { topology, constants } = graph;
    expect(receptiveField(topology, 'stem')).toMatchObject({ offset: [-1, -1], inputSize: [12, 9] });
    const axes = { imageAxes: [2, 3], mapAxes: [1, 2] } as const;
    const seen = await seenPixels({ apply: applied(graph, 'last'), shape: [3, 12, 9], ...axes });
    expectSeen(receptiveField(topology, 'last', { constants }), seen, { size: [12, 9], reached: 'every' });
    expect(() => receptiveField(topology, 'last', { paddings: { pad: [1, 0] } })).toThrow(
      "last has no receptive field: turned (Transpose) takes its order of axes from the weights: give constants['order']",
    );
    graph.model.dispose();

    // The converter's executor takes the strides of an image with channels last for these.
    const strided = { ...first, strides: list(1, 1, 2, 3) };
    const halved = graphOf([1, 3, 12, 9], [['stem', 'Conv2D', ['image', 'k1'], strided]], { k1: kernel(3, 3, 3, 2) });
    expect(receptiveField(halved.topology, 'stem')).toMatchObject({ stride: [2, 3], offset: [0, 0] });
    halved.model.dispose();
  });

  it('reads sizes that the graph computes from shapes', async () => {
    const steps: Step[] = [
      ['small', 'AvgPool', ['image'], pooling(4, 2)],
      ['shape', 'Shape', ['image']],
      ['size', 'StridedSlice', ['shape', 'one', 'three', 'one'], { begin_mask: number(0), end_mask: number(0) }],
      ['half', 'FloorDiv', ['size', 'two']],
      ['twice', 'Mul', ['half', 'two']],
      ['large', 'ResizeBilinear', ['small', 'twice'], bilinear(false, true)],
      ['parts', 'Unpack', ['shape'], { num: number(4), axis: number(0) }],
      ['packed', 'Pack', ['parts', 'parts:1', 'parts:2', 'channels'], { axis: number(0) }],
      ['deconvolved', 'Conv2DBackpropInput', ['packed', 'k', 'large'], window({ padding: 'SAME' })],
    ];
    const single = (value: number): Weight => ({ shape: [], values: [value], dtype: 'int32' });
    const weights = { one: whole(1), three: whole(3), two: single(2), channels: single(1), k: kernel(3, 3, 1, 1) };
    await expectRead(graphOf([1, 12, 10, 1], steps, weights), 'deconvolved', 'some');
  });

  it('joins a map that was resized to an odd size with the one that it was made from', async () => {
    const steps: Step[] = [
      ['fine', 'Conv2D', ['image', 'k'], window({ stride: 2, padding: 'SAME' })],
      ['coarse', 'AvgPool', ['fine'], pooling(2, 2, 'SAME')],
      ['large', 'ResizeBilinear', ['coarse', 'size'], bilinear(false, false)],
      ['joined', 'ConcatV2', ['large', 'fine', 'axis'], {}],
    ];
    const graph = graphOf([1, 17, 17, 1], steps, { k: kernel(3, 3, 1, 1), size: whole(9, 9), axis: whole(3) });
    expect(receptiveField(graph.topology, 'joined', graph)).toMatchObject({ stride: [2, 2] });
    await expectRead(graph, 'joined', 'none');
  });

  const se = (squeeze: Step[], gate: string): Step[] => [
    ['stem', '_FusedConv2D', ['image', 'k3'], window({ stride: 2, padding: 'SAME' })],
    ['map', 'DepthwiseConv2dNative', ['stem', 'k1'], window({ padding: 'SAME' })],
    ...squeeze,
    ['weak', 'Mul', [gate, 'little']],
    ['weight', 'Sigmoid', ['weak']],
    ['gated', 'Mul', ['map', 'weight']],
    ['last', 'Conv2D', ['gated', 'k2'], window()],
  ];
  const weights: Record<string, Weight> = {
    k1: kernel(3, 3, 2, 1),
    k2: kernel(2, 2, 2, 2),
    k3: kernel(3, 3, 1, 2),
    ones: kernel(1, 1, 2, 2),
    dense: kernel(2, 2),
    little: { shape: [], values: [2e-6] },
    both: whole(1, 2),
    column: whole(-1, 2),
    square: whole(-1, 1, 1, 2),
  };
  const squeezes: [name: string, steps: Step[], gate: string][] = [
    [
      'a mean that keeps its axes',
      [
        ['mean', 'Mean', ['map', 'both'], { keep_dims: flag(true) }],
        ['gate', 'Conv2D', ['mean', 'ones'], window()],
      ],
      'gate',
    ],
    [
      'a mean, dense layers and a reshape',
      [
        ['mean', 'Mean', ['map', 'both'], { keep_dims: flag(false) }],
        ['gate', '_FusedMatMul', ['mean', 'dense'], { transpose_a: flag(false), transpose_b: flag(false) }],
        ['spread', 'Reshape', ['gate', 'square']],
      ],
      'spread',
    ],
    [
      'an average pool over the whole map',
      [
        ['mean', 'AvgPool', ['map'], pooling(8, 8)],
        ['gate', 'Conv2D', ['mean', 'ones'], window()],
      ],
      'gate',
    ],
    [
      'an average pool, a product and reshapes',
      [
        ['mean', 'AvgPool', ['map'], pooling(8, 1)],
        ['flat', 'Reshape', ['mean', 'column']],
        ['gate', 'MatMul', ['flat', 'dense'], { transpose_a: flag(false), transpose_b: flag(false) }],
        ['spread', 'Reshape', ['gate', 'square']],
      ],
      'spread',
    ],
  ];

  it.each(squeezes)('reads squeeze-and-excitation with and without its weights: %s', async (_, squeeze, gate) => {
    const graph = graphOf([1, 16, 16, 1], se(squeeze, gate), weights);
    const { topology, constants } = graph;
    const size = [16, 16] as const;
    const field = receptiveField(topology, 'last', { constants });
    expect(field).toEqual({ size: [9, 9], stride: [2, 2], offset: [-2, -2], inputSize: size, wholeImage: true });
    expect(receptiveField(topology, 'last')).toEqual(field);
    const network = { apply: applied(graph, 'last'), shape: [16, 16, 1] };
    expectSeen(field, await seenPixels(network, 0.02), { size, reached: 'every' });
    const seen = await seenPixels(network);
    expect([...seen.values()].every((ranges) => ranges.flat().join() === '0,15,0,15')).toBe(true);
    const whole = receptiveField(topology, 'last', { extent: 'whole' });
    expect(whole.offset[0] + Math.floor(whole.size[0] / 2)).toBe(field.offset[0] + Math.floor(field.size[0] / 2));
    expect([whole.offset[0] + 6 * 2 <= 0, whole.offset[0] + whole.size[0] >= 16]).toEqual([true, true]);
    graph.model.dispose();
  });

  it('lets each position see everything along an axis of a softmax', () => {
    const steps: Step[] = [
      ['turned', 'Transpose', ['image', 'order']],
      ['soft', 'Softmax', ['turned']],
    ];
    const { topology, constants } = graphOf([1, 6, 8, 1], steps, { order: whole(0, 3, 1, 2) });
    expect(receptiveField(topology, 'soft', { constants, extent: 'whole' })).toMatchObject({
      size: [1, 15],
      offset: [0, -7],
    });
  });
});

describe('receptiveField from a node in the middle', () => {
  const steps: Step[] = [
    ['boxes', 'GatherNd', ['image', 'both']],
    ['start', 'Identity', ['boxes']],
    ['stem', 'Conv2D', ['start', 'k'], window({ stride: 2, padding: 'SAME' })],
    ['gate', 'Mean', ['image', 'both'], { keep_dims: flag(true) }],
    ['last', 'Mul', ['stem', 'gate']],
  ];
  const graph = () => graphOf([1, 12, 12, 1], steps, { k: kernel(3, 3, 1, 1), both: whole(1, 2) });

  it('counts its map as the image and leaves out what does not depend on it', () => {
    const { topology } = graph();
    expect(receptiveField(topology, 'last', { from: 'start', inputSize: [8, 7] })).toEqual({
      size: [3, 3],
      stride: [2, 2],
      offset: [0, -1],
      inputSize: [8, 7],
    });
    expect(receptiveField(topology, 'start', { from: 'start' })).toMatchObject({ size: [1, 1], inputSize: null });
  });

  it('says what it lacks', () => {
    const { topology } = graph();
    expect(() => receptiveField(topology, 'last', { from: 'start' })).toThrow(
      'stem (Conv2D) pads by the size of its input, which is unknown: give inputSize, the size of start',
    );
    expect(() => receptiveField(topology, 'stem')).toThrow(
      'stem has no receptive field: boxes (GatherNd) does not keep positions; a map that begins behind it can be read with from',
    );
    expect(() => receptiveField(topology, 'gate', { from: 'start', inputSize: [8, 8] })).toThrow(
      'gate has no receptive field: it does not depend on the image',
    );
    expect(() => receptiveField(topology, 'last', { from: 'begin' })).toThrow(/from must be one of .*, got "begin"/);
  });

  it('begins behind a loop, which it names', () => {
    const loop: Step[] = [
      ['enter', 'Enter', ['image']],
      ['merge', 'Merge', ['enter', 'next']],
      ['next', 'NextIteration', ['merge']],
      ['exit', 'Exit', ['merge']],
      ['last', 'AvgPool', ['exit'], pooling(2, 2)],
    ];
    const { topology } = graphOf([1, 8, 8, 1], loop, {});
    expect(() => receptiveField(topology, 'last')).toThrow(
      "last has no receptive field: what enter (Enter) does to positions is not known: say it in windows['enter'] or windows['Enter'], or start behind it with from",
    );
    const windows = { Enter: { size: 1 }, NextIteration: { size: 1 }, Exit: { size: 1 } };
    expect(() => receptiveField(topology, 'last', { windows })).toThrow(
      'merge (Merge) is part of a loop, which is not followed: start behind it with from',
    );
    expect(receptiveField(topology, 'last', { from: 'exit' })).toMatchObject({ size: [2, 2], inputSize: null });
  });
});

describe('receptiveField of a graph whose weights are not given', () => {
  const single: Weight = { shape: [], values: [3], dtype: 'int32' };
  const missing: [name: string, reason: RegExp, steps: Step[], weights: Record<string, Weight>][] = [
    [
      'a resizing',
      /last \(ResizeBilinear\) takes its size from the weights: give constants\['size'\]/,
      [['last', 'ResizeBilinear', ['image', 'size'], bilinear(false, false)]],
      { size: whole(8, 8) },
    ],
    [
      'a transposed convolution',
      /last \(Conv2DBackpropInput\) takes its output shape from the weights: give constants\['shape'\]/,
      [['last', 'Conv2DBackpropInput', ['shape', 'k', 'image'], window({ stride: 2, padding: 'SAME' })]],
      { shape: whole(1, 16, 16, 1), k: kernel(3, 3, 1, 1) },
    ],
    [
      'a padding',
      /how much last \(Pad\) pads is in the weights: give it in paddings\['last'\] or constants\['amounts'\]/,
      [['last', 'Pad', ['image', 'amounts']]],
      { amounts: { ...whole(0, 0, 1, 1, 1, 1, 0, 0), shape: [4, 2] } },
    ],
    [
      'a mean over one axis',
      /last \(Mean\) takes its axes from the weights: give constants\['axes'\]/,
      [['last', 'Mean', ['image', 'axes']]],
      { axes: single },
    ],
    [
      'a cut',
      /last \(StridedSlice\) takes its start from the weights: give constants\['begin'\]/,
      [['last', 'StridedSlice', ['image', 'begin', 'begin', 'begin']]],
      { begin: whole(0, 0, 0, 0) },
    ],
  ];

  it.each(missing)('says what to give: %s', (_, reason, steps, weights) => {
    const { topology, constants } = graphOf([1, 8, 8, 1], steps, weights);
    expect(() => receptiveField(topology, 'last')).toThrow(reason);
    if (steps[0]![1] !== 'StridedSlice')
      expect(receptiveField(topology, 'last', { constants })).toMatchObject({ inputSize: [8, 8] });
  });

  it('asks for both sides of a padding only where the size behind it counts', () => {
    const steps: Step[] = [
      ['pad', 'Pad', ['image', 'amounts']],
      ['first', 'Conv2D', ['pad', 'k'], window({ stride: 2 })],
      ['last', 'Conv2D', ['first', 'k'], window({ stride: 2, padding: 'SAME' })],
    ];
    const amounts = { ...whole(0, 0, 0, 1, 0, 1, 0, 0), shape: [4, 2] };
    const { topology, constants } = graphOf([1, 16, 16, 1], steps, { amounts, k: kernel(3, 3, 1, 1) });
    const before = { paddings: { pad: [0, 0] } as const };
    expect(receptiveField(topology, 'first', before)).toMatchObject({ size: [3, 3], offset: [0, 0] });
    expect(() => receptiveField(topology, 'last', before)).toThrow(
      "last (Conv2D) pads by the size of its input, which is unknown: give constants['amounts'], for paddings['pad'] says only what is added before",
    );
    const field = { size: [7, 7], stride: [4, 4], offset: [0, 0], inputSize: [16, 16] };
    expect(receptiveField(topology, 'last', { constants })).toEqual(field);
  });
});
