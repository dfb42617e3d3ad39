import { checker, type Trainable } from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { createWeights } from './create-weights.ts';

export interface ConvolutionalDiscriminatorOptions {
  /** The shape of an image, `[h, w, c]`. */
  shape: readonly [height: number, width: number, channels: number];
  /** A whole number >= 0 that decides the initial weights. Default: 0. */
  seed?: number;
  /** Maps of each convolution. Default: `[16, 32]`. */
  filters?: readonly number[];
}

/**
 * Builds a small network that tells real images from generated ones: convolutions of 4x4 and stride 2 with leaky ReLU of
 * slope 0.2, then one logit.
 *
 * @returns A network from images `[n, h, w, c]` to logits `[n, 1]`, large for a real image. The caller disposes its
 *   `variables`.
 * @throws RangeError if an option is outside its range.
 * @see Dosovitskiy, Brox, "Generating images with perceptual similarity metrics based on deep networks", NIPS 2016,
 *   https://arxiv.org/abs/1602.02644.
 *
 * @example
 * import { convolutionalDiscriminator } from '@cnnviz/actmax';
 *
 * const discriminator = convolutionalDiscriminator({ shape: [28, 28, 1], seed: 0 });
 * discriminator.apply(images, { training: false }).shape; // [4, 1]
 * tf.dispose(discriminator.variables);
 */
export function convolutionalDiscriminator(options: ConvolutionalDiscriminatorOptions): Trainable {
  const check = checker('@cnnviz/actmax', 'convolutionalDiscriminator');
  const { seed = 0 } = check.options(options);
  const [height, width, channels] = check.shape('shape', options.shape, 3);
  const filters = check.shape('filters', options.filters ?? [16, 32]);
  if (filters.length === 0) check.fail('range', 'filters', 'at least one number', filters);
  const { kernel, bias } = createWeights(check.seed('seed', seed), slope);

  const maps = [channels, ...filters];
  const convolutions = filters.map((outputs, layer) => ({
    kernel: kernel([4, 4, maps[layer]!, outputs], 16 * maps[layer]!),
    bias: bias(outputs),
  }));
  const halved = (size: number) => filters.reduce((rest) => Math.ceil(rest / 2), size);
  const flat = halved(height) * halved(width) * filters.at(-1)!;
  const output = { kernel: kernel([flat, 1], flat), bias: bias(1) };

  return {
    variables: [...convolutions, output].flatMap((layer) => [layer.kernel, layer.bias]),
    apply: (images) =>
      tf.tidy(() => {
        let values: Tensor = images;
        for (const layer of convolutions) {
          const maps = tf.conv2d(values as Tensor4D, layer.kernel as unknown as Tensor4D, 2, 'same');
          values = tf.leakyRelu(tf.add(maps, layer.bias), slope);
        }
        const rows = tf.reshape(values, [images.shape[0], flat]);
        return tf.add(tf.matMul(rows, output.kernel as Tensor2D), output.bias) as Tensor2D;
      }),
  };
}

const slope = 0.2;
