import { type Bounds, checker } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { createWeights } from './create-weights.ts';

/** A generator being trained: `variables` are what the optimizer may change. */
export interface TrainableGenerator {
  /** Codes `[n, d]` to images `[n, h, w, c]`. */
  apply(codes: Tensor2D, options: { training: boolean }): Tensor4D;
  variables: Variable[];
}

export interface UpconvolutionalGeneratorOptions {
  /** Numbers per code, such as the units of the encoder's layer. */
  codeSize: number;
  /** The shape of an image, such as `[28, 28, 1]` or `[32, 32, 3]`: height and width can be halved as often as there are `filters`. */
  shape: readonly [height: number, width: number, channels: number];
  /** The range of the pixels. */
  bounds: Bounds;
  /** A whole number >= 0 that decides the initial weights. Default: 0. */
  seed?: number;
  /** Units of the dense layer between code and maps. Default: 256. */
  hidden?: number;
  /** Maps of the smallest size, then of each doubled one but the last, which is the image. Default: `[64, 32]`. */
  filters?: readonly number[];
  /** What codes are divided by first: about their root mean square, so that the first layer sees numbers near 1. Default: 1. */
  codeScale?: number;
}

/**
 * Builds a small generator for images such as those of MNIST or CIFAR-10, shaped like the one of DGN-AM: dense layers, then
 * transposed convolutions of 4x4 and stride 2, each with leaky ReLU of slope 0.3.
 *
 * It ends in a sigmoid over `bounds`, where the original is linear, so that no code gives a pixel outside. With the defaults it
 * has `codeSize · 256 + 839,521` weights for 28x28x1; kernels start He-normal.
 *
 * @returns A network from codes `[n, codeSize]` to images `[n, h, w, c]` inside `bounds`. The caller disposes its
 *   `variables`.
 * @throws RangeError if height or width cannot be halved as often, or a number is out of its range.
 * @see Dosovitskiy, Brox, "Generating images with perceptual similarity metrics based on deep networks", NIPS 2016,
 *   https://arxiv.org/abs/1602.02644.
 *
 * @example
 * import { upconvolutionalGenerator } from '@cnnviz/actmax';
 *
 * const generator = upconvolutionalGenerator({ codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], seed: 0 });
 * const pictures = generator.apply(tf.zeros([2, 10]), { training: false });
 * pictures.shape; // [2, 28, 28, 1]
 * tf.dispose([pictures, ...generator.variables]);
 */
export function upconvolutionalGenerator(options: UpconvolutionalGeneratorOptions): TrainableGenerator {
  const check = checker('@cnnviz/actmax', 'upconvolutionalGenerator');
  const { seed = 0 } = check.options(options);
  const codeSize = check.number('codeSize', options.codeSize, { integer: true, min: 1 });
  const [height, width, channels] = check.shape('shape', options.shape, 3);
  const [min, max] = check.bounds('bounds', options.bounds);
  const hidden = check.number('hidden', options.hidden ?? 256, { integer: true, min: 1 });
  const filters = check.shape('filters', options.filters ?? [64, 32]);
  const codeScale = check.number('codeScale', options.codeScale ?? 1, { above: 0 });
  const reduction = 2 ** filters.length;
  if (filters.length === 0) check.fail('range', 'filters', 'at least one number', filters);
  if (height % reduction !== 0 || width % reduction !== 0) {
    check.fail('range', 'shape', `of a height and width divisible by ${reduction}`, options.shape);
  }

  const { kernel, bias } = createWeights(check.seed('seed', seed), slope);
  const baseSize = [height / reduction, width / reduction] as const;
  const dense = [codeSize, hidden, baseSize[0] * baseSize[1] * filters[0]!];
  const denseLayers = dense.slice(1).map((units, layer) => ({
    kernel: kernel([dense[layer]!, units], dense[layer]!),
    bias: bias(units),
  }));
  const maps = [...filters, channels];
  const upconvolutions = maps.slice(1).map((outputs, layer) => {
    const inputs = maps[layer]!;
    // A pixel is reached by 2x2 of the 4x4 weights from each map.
    return { kernel: kernel([4, 4, outputs, inputs], 4 * inputs), bias: bias(outputs), outputs };
  });

  return {
    variables: [...denseLayers, ...upconvolutions].flatMap((layer) => [layer.kernel, layer.bias]),
    apply: (codes) =>
      tf.tidy(() => {
        const count = check.tensor<tf.Rank.R2>('codes', codes, { rank: 2, dtype: 'float32' }).shape[0];
        if (codes.shape[1] !== codeSize) check.fail('range', 'codes', `of shape [n, ${codeSize}]`, codes);
        let values: Tensor = tf.div(codes, codeScale);
        for (const layer of denseLayers) {
          values = tf.leakyRelu(tf.add(tf.matMul(values as Tensor2D, layer.kernel as Tensor2D), layer.bias), slope);
        }
        values = tf.reshape(values, [count, ...baseSize, filters[0]!]);
        for (const [index, layer] of upconvolutions.entries()) {
          const [, h, w] = values.shape as [number, number, number, number];
          const size: [number, number, number, number] = [count, 2 * h, 2 * w, layer.outputs];
          const raised = tf.conv2dTranspose(values as Tensor4D, layer.kernel as unknown as Tensor4D, size, 2, 'same');
          const sum = tf.add(raised, layer.bias);
          values = index === upconvolutions.length - 1 ? sum : tf.leakyRelu(sum, slope);
        }
        return tf.add(tf.mul(tf.sigmoid(values), max - min), min) as Tensor4D;
      }),
  };
}

const slope = 0.3;
