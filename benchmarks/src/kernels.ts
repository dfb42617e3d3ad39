import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type Numbers, readNumbers, writeTensor } from './exchange.ts';
import { inTurns, timed } from './in-turns.ts';
import { startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';

interface Kernel {
  /** `conv 3x3, 64 to 64, 16x32x32`. */
  title: string;
  /** What the peer calls it. */
  name: string;
  options?: Record<string, unknown>;
  shapes: number[][];
  run: (inputs: tf.Tensor[]) => tf.Tensor;
  /** How often one measurement runs it. */
  times: number;
  isInQuick?: true;
  /** Computed only when somebody looks at it. */
  isDeferred?: true;
}

type Image = tf.Tensor4D;

/** Convolutions with "same" padding: the pass itself, its gradient with respect to the images, and to the filter. */
function convolution(images: number[], filter: number[], stride: number, times: number): Kernel[] {
  const [count, height, width, channels] = images as [number, number, number, number];
  const [rows, columns, , outputs] = filter as [number, number, number, number];
  const output = [count, Math.ceil(height / stride), Math.ceil(width / stride), outputs];
  const title = `conv ${rows}x${columns}, ${channels} to ${outputs}, ${count}x${height}x${width}`;
  const options = { stride };
  return [
    {
      title,
      name: 'conv',
      options,
      shapes: [images, filter],
      run: ([x, w]) => tf.conv2d(x as Image, w as Image, stride, 'same'),
      times,
    },
    {
      title: `its input gradient: ${title}`,
      name: 'convInput',
      options: { ...options, images },
      shapes: [output, filter],
      run: ([dy, w]) => tf.conv2dTranspose(dy as Image, w as Image, images as Image['shape'], stride, 'same'),
      times,
    },
    {
      title: `its filter gradient: ${title}`,
      name: 'convFilter',
      isDeferred: true,
      options: { ...options, filter },
      shapes: [images, output],
      run: ([x, dy]) =>
        tf
          .engine()
          .runKernel(
            tf.Conv2DBackpropFilter,
            { x: x!, dy: dy! },
            { strides: stride, pad: 'same', dataFormat: 'NHWC', filterShape: filter },
          ) as tf.Tensor,
      times,
    },
  ];
}

const maps = [64, 32, 32, 32];

const kernels: Kernel[] = [
  ...convolution([16, 32, 32, 64], [3, 3, 64, 64], 1, 10).map((kernel) => ({ ...kernel, isInQuick: true as const })),
  ...convolution([64, 28, 28, 1], [5, 5, 1, 20], 1, 20),
  ...convolution([4, 227, 227, 3], [7, 7, 3, 96], 2, 4),
  {
    title: 'matrix product, 1024³',
    name: 'matmul',
    shapes: [
      [1024, 1024],
      [1024, 1024],
    ],
    run: ([a, b]) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
    times: 10,
    isInQuick: true,
  },
  {
    title: 'matrix product with a transposed second factor, 64x4096 and 1024x4096',
    name: 'matmulTransposed',
    shapes: [
      [64, 4096],
      [1024, 4096],
    ],
    run: ([a, b]) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
    times: 20,
  },
  {
    title: `depthwise conv 3x3, 8x96x96x64`,
    name: 'depthwise',
    shapes: [
      [8, 96, 96, 64],
      [3, 3, 64, 1],
    ],
    run: ([x, w]) => tf.depthwiseConv2d(x as Image, w as Image, 1, 'same'),
    times: 10,
  },
  {
    title: `max-pooling 2x2, ${maps.join('x')}`,
    name: 'maxPool',
    options: { window: 2 },
    shapes: [maps],
    run: ([x]) => tf.maxPool(x as Image, 2, 2, 'valid'),
    times: 20,
  },
  {
    title: `max-pooling 2x2 and its gradient, ${maps.join('x')}`,
    name: 'maxPoolGradient',
    options: { window: 2 },
    shapes: [maps, [64, 16, 16, 32]],
    run: ([x, dy]) => tf.grad((x) => tf.maxPool(x as Image, 2, 2, 'valid'))(x!, dy!),
    times: 20,
  },
  { title: `ReLU, ${maps.join('x')}`, name: 'relu', shapes: [maps], run: ([x]) => tf.relu(x!), times: 20 },
  {
    title: `bias on ${maps.join('x')}`,
    name: 'add',
    shapes: [maps, [32]],
    run: ([x, b]) => tf.add(x!, b!),
    times: 20,
  },
  {
    title: `batch normalization, ${maps.join('x')}`,
    name: 'batchNorm',
    shapes: [maps, [32], [32], [32]],
    run: ([x, mean, offset, scale]) =>
      tf.batchNorm(x as Image, mean as tf.Tensor1D, tf.ones([32]), offset as tf.Tensor1D, scale as tf.Tensor1D, 0),
    times: 20,
  },
  {
    title: `sum of two, ${maps.join('x')}`,
    name: 'add',
    shapes: [maps, maps],
    run: ([a, b]) => tf.add(a!, b!),
    times: 20,
  },
];

/** What the algorithms spend their time in, one operation at a time, beside PyTorch. */
export async function compareKernels(setting: Setting): Promise<void> {
  const peer = await startPeer('torch_kernels.py');
  if ('missing' in peer) return setting.skip('kernels against PyTorch', peer.missing);
  for (const { title, name, options = {}, shapes, run, times, isDeferred } of setting.quick
    ? kernels.filter(({ isInQuick }) => isInQuick)
    : kernels) {
    const random = createRandom(0);
    const inputs = shapes.map((shape) =>
      tf.tensor(random.fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape),
    );
    const files = await Promise.all(
      inputs.map((input, place) => writeTensor(setting.exchange, `kernel-${place}`, input)),
    );
    await peer.ask('prepare', { name, options, inputs: files });
    let theirBytes = 0;
    const pairs = await inTurns(
      setting.rounds,
      () =>
        timed(async () => {
          for (let time = 0; time < times; time++) {
            const output = tf.tidy(() => run(inputs));
            if (isDeferred) await output.data();
            output.dispose();
          }
        }),
      async () => {
        const { residentBytes, ...timing } = await peer.ask('run', { times });
        theirBytes = residentBytes;
        return timing;
      },
    );
    const output = tf.tidy(() => run(inputs));
    const ours = await output.data<'float32'>();
    const { result } = await peer.ask<Numbers>('result', { out: `${setting.exchange}/kernel-result.bin` });
    const theirs = (await readNumbers(result)) as Float32Array;
    output.dispose();
    tf.dispose(inputs);
    setting.emit({
      what: title,
      backend: setting.backend,
      peer: peer.version,
      pairs,
      handled: { ours: times, theirs: times, unit: 'times' },
      memory: { ours: ourMemory(), theirs: theirBytes },
      equal: `differ by ${difference(ours, theirs).toExponential(1)} of the largest value`,
    });
  }
  peer.stop();
}

function difference(mine: Float32Array, others: Float32Array): number {
  let largest = 0;
  let apart = mine.length === others.length ? 0 : Number.NaN;
  for (const [index, value] of mine.entries()) {
    largest = Math.max(largest, Math.abs(value));
    apart = Math.max(apart, Math.abs(value - others[index]!));
  }
  return apart / largest;
}
