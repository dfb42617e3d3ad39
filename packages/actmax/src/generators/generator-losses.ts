import {
  askAtOnce,
  askModel,
  type Check,
  type NamedGradients,
  namedGradients,
  requireOutput,
  type Trainable,
} from '@cnnviz/internal';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyEncoder, type Encoder, encode, requireFeatures } from './encoder.ts';
import type { TrainableGenerator } from './upconvolutional-generator.ts';

/** How much each loss counts, >= 0; 0 leaves it out. */
export interface GeneratorLossWeights {
  /** Weight of ‖G(code) - image‖². */
  image: number;
  /** Weight of ‖C(G(code)) - C(image)‖². */
  feature: number;
  /** Weight of -log D(G(code)), D the discriminator's probability that an image is real. */
  adversarial: number;
}

export interface GeneratorModels {
  generator: TrainableGenerator;
  encoder: AnyEncoder;
  /** C of the feature loss. */
  comparator: Encoder;
  /** D of the adversarial loss. */
  discriminator: Trainable | undefined;
}

/** The gradients of one batch, and the losses before its step. */
interface GeneratorGradients {
  generator: NamedGradients;
  /** None without adversarial loss. */
  discriminator: NamedGradients;
  /** `[5]`: total, image, feature, adversarial and discriminator loss, each the mean over the batch. */
  losses: Tensor;
}

/**
 * The losses of Dosovitskiy and Brox and their gradients, each the mean over the batch of what an image costs.
 *
 * @returns Tensors that the caller disposes.
 */
export function generatorGradients(
  check: Check,
  { generator, encoder, comparator, discriminator }: GeneratorModels,
  images: Tensor4D,
  weights: GeneratorLossWeights,
): GeneratorGradients | Promise<GeneratorGradients> {
  return askModel(encoder, images, (features) => {
    const codes = requireFeatures(check, features, images);
    const kept: Tensor[] = [];
    try {
      const wanted = weights.feature === 0 ? undefined : encode(check, comparator, images, 'comparator');
      const generatorGradients = namedGradients(generator.variables, () => {
        const generated = applyAtOnce(check, generator, codes, 'generator');
        requireGenerated(check, generated, images);
        const image = meanSquaredDistance(generated, images);
        const feature =
          wanted === undefined
            ? tf.scalar(0)
            : meanSquaredDistance(encode(check, comparator, generated, 'comparator'), wanted);
        const adversarial =
          discriminator === undefined ? tf.scalar(0) : meanSoftplus(tf.neg(realness(check, discriminator, generated)));
        const total = tf.add(
          tf.mul(image, weights.image),
          tf.add(tf.mul(feature, weights.feature), tf.mul(adversarial, weights.adversarial)),
        ) as Scalar;
        kept.push(tf.keep(tf.stack([total, image, feature, adversarial])));
        if (discriminator !== undefined) kept.push(tf.keep(tf.clone(generated)));
        return total;
      });
      const [ofGenerator, generated] = kept as [Tensor, Tensor4D | undefined];
      let discriminatorGradients: NamedGradients = [];
      let discriminatorLoss: Scalar = tf.scalar(0);
      if (discriminator !== undefined) {
        discriminatorGradients = namedGradients(discriminator.variables, () => {
          const loss = tf.add(
            meanSoftplus(tf.neg(realness(check, discriminator, images))),
            meanSoftplus(realness(check, discriminator, generated!)),
          ) as Scalar;
          discriminatorLoss = tf.keep(tf.clone(loss));
          kept.push(discriminatorLoss);
          return loss;
        });
      }
      return {
        generator: generatorGradients,
        discriminator: discriminatorGradients,
        losses: tf.concat([ofGenerator, tf.reshape(discriminatorLoss, [1])]),
      };
    } finally {
      tf.dispose(kept);
    }
  });
}

function requireGenerated(check: Check, generated: Tensor4D, images: Tensor4D): void {
  const expected = `one of images [${images.shape.join(', ')}]`;
  requireOutput(check, 'generator', expected, generated, ({ shape }) => String(shape) === String(images.shape));
}

/** Logits `[n, 1]`. */
function realness(check: Check, discriminator: Trainable, images: Tensor4D): Tensor2D {
  const logits = applyAtOnce(check, discriminator, images, 'discriminator');
  const [count] = images.shape;
  const expected = `one of logits [${count}, 1]`;
  return requireOutput(check, 'discriminator', expected, logits, ({ shape }) => String(shape) === String([count, 1]));
}

function applyAtOnce<I extends Tensor, O>(
  check: Check,
  model: { apply(input: I, options: { training: boolean }): O },
  input: I,
  name: string,
): O {
  return askAtOnce(check, (given) => model.apply(given, { training: true }), input, `gradients of the ${name}`);
}

function meanSquaredDistance(a: Tensor, b: Tensor): Scalar {
  return tf.div(tf.sum(tf.square(tf.sub(a, b))), a.shape[0]!);
}

/** -log sigmoid(-x) is softplus(x). NaN stays NaN, which shaders do not promise of `tf.softplus`. */
function meanSoftplus(values: Tensor): Scalar {
  return tf.mean(tf.add(tf.softplus(values), tf.mul(values, 0)));
}
