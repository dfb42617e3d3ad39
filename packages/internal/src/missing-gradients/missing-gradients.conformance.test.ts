import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import { expectGradient, integers } from '../../test-support/expect-gradient.ts';
import { registerMissingGradients } from './register-missing-gradients.ts';

type Run = (...inputs: tf.Tensor[]) => tf.Tensor;
type Case = [name: string, shapes: number[][], run: Run];
type Padding = Parameters<typeof tf.conv2d>[3];

const paddings: [name: string, pad: Padding, dilations: [number, number]][] = [
  ['same size', 'same', [2, 3]],
  ['no padding', 'valid', [3, 2]],
  ['two pixels around', 2, [2, 2]],
  [
    'a border of its own',
    [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 0],
    ],
    [2, 3],
  ],
];

const products: [equation: string, shapes: number[][]][] = [
  [
    'ab,bc->ac',
    [
      [2, 3],
      [3, 2],
    ],
  ],
  [
    'bhqd,bhkd->bhqk',
    [
      [1, 2, 3, 2],
      [1, 2, 2, 2],
    ],
  ],
  ['ab->b', [[2, 3]]],
  ['ab->ba', [[2, 3]]],
  ['ab,b->a', [[2, 3], [3]]],
];

const as4D = (x: tf.Tensor | undefined) => x as tf.Tensor4D;
const as1D = (x: tf.Tensor | undefined) => x as tf.Tensor1D;
const indices = (values: number[], shape: number[]) => tf.tensor(values, shape, 'int32');
const { resizeBilinear, resizeNearestNeighbor } = tf.image;

const broadcast: [name: string, run: typeof tf.maximum][] = [
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
];

/** Away from where two inputs are equal, or one is 0, and the slope jumps. */
const apart =
  (run: typeof tf.maximum): Run =>
  (a, b) =>
    run(tf.add(a, 0.2), tf.add(b!, 0.6));

/** Linear in each input: central differences of any step are exact. */
const linear: Case[] = [
  ['stridedSlice', [[4, 5]], (x) => tf.stridedSlice(x, [3, 0], [0, 5], [-2, 2])],
  ['stridedSlice of one row', [[3, 4]], (x) => tf.stridedSlice(x, [1, 1], [2, 4], [1, 1], 0, 0, 0, 0, 1)],
  ['stridedSlice with ellipsis', [[2, 3, 4]], (x) => tf.stridedSlice(x, [0, 1], [0, 4], [1, 2], 0, 0, 1)],
  ['depthToSpace', [[2, 2, 1, 8]], (x) => tf.depthToSpace(as4D(x), 2)],
  ['gatherND', [[3, 4]], (x) => tf.gatherND(x, indices([0, 1, 2, 3, 0, 1], [3, 2]))],
  ['gatherND of slices', [[3, 2, 2]], (x) => tf.gatherND(x, indices([2, 0, 2, 2], [2, 2, 1]))],
  ['scatterND', [[3, 2]], (x) => tf.scatterND(indices([1, 3, 1], [3, 1]), x, [4, 2])],
  [
    'mirrorPad reflect',
    [[1, 3, 4, 2]],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 2],
          [3, 0],
          [0, 1],
        ],
        'reflect',
      ),
  ],
  [
    'mirrorPad symmetric',
    [[1, 3, 2, 2]],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 1],
          [3, 2],
          [0, 1],
          [0, 0],
        ],
        'symmetric',
      ),
  ],
  ['unstack into one', [[1, 3, 2]], (x) => tf.unstack(x)[0]!],
  ['split into one', [[3, 2]], (x) => tf.split(x, 1, 0)[0]!],
  ['gather', [[2, 3, 2]], (x) => tf.gather(x, indices([0, 2, 2, 1], [2, 2]), 1)],
  ['gather with a batch dimension', [[2, 3, 2]], (x) => tf.gather(x, indices([0, 2, 2, 1], [2, 2]), 1, 1)],
  ['gather behind a batch dimension', [[2, 2, 3, 2]], (x) => tf.gather(x, indices([0, 2, 2, 1], [2, 2]), 2, 1)],
  ['cumsum along the first of three axes', [[3, 2, 2]], (x) => tf.cumsum(x, 0)],
  ['cumsum along an inner axis, from behind', [[2, 3, 2]], (x) => tf.cumsum(x, 1, true, true)],
  ['cumsum along the last axis', [[2, 3]], (x) => tf.cumsum(x, 1, true)],
  [
    'batches of products with one matrix',
    [
      [3, 2, 4],
      [4, 2],
    ],
    (a, b) => tf.matMul(a, b!),
  ],
  [
    'products of batches of batches',
    [
      [1, 2, 2],
      [2, 3, 2, 1],
    ],
    (a, b) => tf.matMul(a, b!, true),
  ],
  ['averaging over a border', [[2, 5, 4, 2]], (x) => tf.avgPool(as4D(x), 3, 2, 'same')],
  ['averaging at every pixel', [[1, 4, 5, 1]], (x) => tf.avgPool(as4D(x), [3, 2], 1, 'same')],
  ['averaging without a border', [[1, 4, 4, 1]], (x) => tf.avgPool(as4D(x), 2, 2, 'valid')],
  ...[false, true].flatMap((corners): Case[] => [
    [`resizeBilinear to corners ${corners}`, [[2, 3, 4, 2]], (x) => resizeBilinear(as4D(x), [5, 9], corners)],
    [
      `resizeNearestNeighbor to corners ${corners}`,
      [[2, 3, 4, 2]],
      (x) => resizeNearestNeighbor(as4D(x), [5, 9], corners),
    ],
  ]),
  ...[
    [6, 8],
    [5, 9],
    [2, 3],
    [1, 1],
  ].flatMap((size): Case[] => [
    [
      `resizeBilinear by half pixels to ${size}`,
      [[2, 3, 4, 2]],
      (x) => resizeBilinear(as4D(x), size as [number, number], false, true),
    ],
    [
      `resizeNearestNeighbor by half pixels to ${size}`,
      [[2, 3, 4, 2]],
      (x) => resizeNearestNeighbor(as4D(x), size as [number, number], false, true),
    ],
  ]),
  ...paddings.flatMap(([name, pad, dilations]): Case[] => [
    [
      `dilated convolution, ${name}`,
      [
        [1, 6, 5, 2],
        [2, 2, 2, 3],
      ],
      (x, filter) => tf.conv2d(as4D(x), as4D(filter), 1, pad, 'NHWC', dilations),
    ],
    [
      `dilated depthwise convolution, ${name}`,
      [
        [2, 6, 5, 2],
        [2, 2, 2, 2],
      ],
      (x, filter) => tf.depthwiseConv2d(as4D(x), as4D(filter), 1, pad as 'same', 'NHWC', dilations),
    ],
    [
      `dilated convolution with bias, ${name}`,
      [[1, 5, 6, 2], [2, 2, 2, 2], [2]],
      (x, filter, bias) =>
        tf.fused.conv2d({ x: as4D(x), filter: as4D(filter), bias: bias!, strides: 1, pad, dilations }),
    ],
    [
      `dilated depthwise convolution with bias, ${name}`,
      [[1, 5, 6, 2], [2, 2, 2, 1], [2]],
      (x, filter, bias) =>
        tf.fused.depthwiseConv2d({
          x: as4D(x),
          filter: as4D(filter),
          bias: bias!,
          strides: 1,
          pad: pad as 'same',
          dilations,
        }),
    ],
  ]),
];

/** Central differences of a small step. */
const smooth: Case[] = [
  ...[1, 3, 8].flatMap((channels) =>
    [[], ['offset'], ['scale'], ['offset', 'scale']].map((given): Case => {
      const rest = given.map(() => [channels]);
      return [
        `batchNorm of ${channels} channels with ${given.join(' and ') || 'statistics alone'}`,
        [[2, 2, 3, channels], [channels], [channels], ...rest],
        (x, mean, variance, ...others) => {
          const [offset, scale] = ['offset', 'scale'].map((name) => others[given.indexOf(name)] as tf.Tensor1D);
          return tf.batchNorm(x, mean as tf.Tensor1D, as1D(tf.add(5, variance!)), offset, scale, 0.01);
        },
      ];
    }),
  ),
  [
    'batchNorm of one image, statistics for each value',
    [
      [1, 2, 3, 2],
      [1, 2, 3, 2],
      [1, 2, 3, 2],
    ],
    (x, mean, variance) => tf.batchNorm4d(as4D(x), as4D(mean), as4D(tf.add(5, variance!))),
  ],
  [
    'batchNorm by its own statistics',
    [[2, 3, 3, 4]],
    (x) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, as1D(mean), as1D(variance));
    },
  ],
  ['topk', [[2, 3]], (x) => tf.topk(tf.add(x, tf.tensor2d([0, 0.2, 0.4, 0.2, 0.4, 0], [2, 3])), 2).values],
  ...broadcast.flatMap(([name, run]) =>
    [
      [[2, 3], [3]],
      [[], [2, 2]],
      [
        [2, 1],
        [1, 3],
      ],
    ].map((shapes): Case => [`${name} of ${shapes[0]} and ${shapes[1]}`, shapes, apart(run)]),
  ),
  ['prod', [[2, 3]], (x) => tf.prod(x)],
  ['prod along two axes', [[2, 3, 2]], (x) => tf.prod(x, [0, 2])],
  ['prod along an inner axis, kept', [[2, 3, 2]], (x) => tf.prod(x, -2, true)],
  ['floorDiv', [[5], [5]], (a, b) => tf.add(tf.floorDiv(tf.add(a, 0.3), tf.add(6.1, b!)), a)],
  ['where', [[7]], (x) => tf.where(tf.greater(x, 0.5), tf.mul(x, 3), tf.square(x))],
  [
    'where of two conditions',
    [[7]],
    (x) => tf.where(tf.logicalAnd(tf.less(x, 1.5), tf.notEqual(x, 9)), tf.square(x), x),
  ],
  ['where not', [[7]], (x) => tf.where(tf.logicalNot(tf.lessEqual(x, -0.5)), tf.square(x), x)],
];

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], (backend) => {
  beforeAll(registerMissingGradients);

  const inputsOf = (shapes: number[][]) => shapes.map((shape, i) => integers(shape, i + 1));

  // The native backend pads by names and by borders, not by a number.
  const runnable = linear.filter(([name]) => backend !== 'tensorflow' || !name.endsWith('two pixels around'));
  test.each(runnable)('%s', (_, shapes, run) => expectGradient(run, inputsOf(shapes)));

  test.each(smooth)('%s', (_, shapes, run) => expectGradient(run, inputsOf(shapes), { step: 0.05, tolerance: 3e-3 }));

  test.runIf(['wasm', 'webgl', 'webgpu'].includes(backend))('depthToSpace of planes', () =>
    expectGradient((x) => tf.depthToSpace(as4D(x), 2, 'NCHW'), inputsOf([[2, 8, 2, 1]])),
  );

  test.runIf(backend !== 'wasm').each(products)('einsum %s', (equation, shapes) =>
    expectGradient((...factors) => tf.einsum(equation, ...factors), inputsOf(shapes)),
  );
});
