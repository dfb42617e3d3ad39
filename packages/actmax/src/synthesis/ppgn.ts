import { checker, createRandom, type Generator } from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AscentOptions } from '../ascent/ascent-options.ts';
import { type Encoder, encode } from '../generators/encoder.ts';
import { ofMeanSizeOne } from '../optimizers/normalized-ascent.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { type CodeBox, type GeneratorOptions, generator, requireCodeBox } from '../parameterizations/generator.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';

export interface PpgnOptions extends Omit<GeneratorOptions, 'codeLength' | 'codeBounds'> {
  /** R of the prior: images as the network takes them to the features that are codes of the generator. */
  encoder: Encoder;
  /** The range of each number of a code, as `codeBounds` measures it. Released: [0, 30] for AlexNet's fc6. */
  codeBounds: CodeBox;
  /** How strongly codes are drawn to the codes of their own images, which are realistic, >= 0. Released: 1e-5. */
  epsilon1?: number;
  /** How strongly they are drawn to higher scores of the objective, > 0. Released: 1. */
  epsilon2?: number;
  /** Standard deviation of the noise that keeps them moving, >= 0. Released: 1e-17. */
  epsilon3?: number;
  /**
   * Whether each step is divided by the mean of its absolute values before it is multiplied by `stepSize`, as released.
   * Default: true.
   */
  normalized?: boolean;
  /** Default: 1, as released. */
  stepSize?: number;
  /** A whole number >= 0 that decides the noise. Default: 0. */
  seed?: number;
  /** Default: 200, as released. */
  steps?: number;
}

/**
 * Sets up plug-and-play generative sampling (PPGN), as options for `maximizeActivation`: codes wander among images that are
 * both realistic and wanted. With enough noise the images of one class differ more than those of `dgnAm`, and excite it
 * less.
 *
 * A step takes a code h by
 *
 *     ε₁ (R(h) - h) + ε₂ ∂objective/∂h + N(0, ε₃²)
 *
 * and clips it to `codeBounds`. R(h) is the code of the image that the generator makes of h: R(h) - h points to where
 * codes are more likely. With `normalized: false` this is the paper's equation 5, for the objective log p(class | image);
 * normalized, as in the released code, only the ratios of the epsilons count.
 *
 * The samples are the last images of the run, not the best.
 *
 * @param model Codes `[n, d]` to images `[n, h, w, c]` within `range`.
 * @returns Parameterization, optimizer, regularizers and steps, to be spread into the options of `maximizeActivation`; they
 *   hold no tensors.
 * @throws RangeError if a number is out of its range, or as `generator` does.
 * @see Nguyen, Clune, Bengio, Dosovitskiy, Yosinski, "Plug & Play Generative Networks: Conditional Iterative Generation
 *   of Images in Latent Space", CVPR 2017, https://arxiv.org/abs/1612.00005.
 *
 * @example
 * import { logit, maximizeActivation, ppgn } from '@cnnviz/actmax';
 *
 * const encoder = (batch: tf.Tensor4D) => tf.relu(model(batch)); // ten features
 * const weights = tf.ones<tf.Rank.R2>([10, 784]);
 * const decoder = (codes: tf.Tensor2D) => tf.sigmoid(tf.reshape(tf.matMul(codes, weights), [-1, 28, 28, 1])) as tf.Tensor4D;
 * const codeBounds = { lower: new Float32Array(10), upper: new Float32Array(10).fill(2) };
 * const { last } = await maximizeActivation({
 *   ...ppgn(decoder, { encoder, codeBounds, range: [0, 1], bounds: [0, 1], epsilon1: 0.1, epsilon3: 0.1, seed: 1, steps: 5 }),
 *   objective: logit(model, [3, 3, 3]),
 *   seed: 0,
 * });
 * console.log(last.images.shape); // [3, 28, 28, 1]
 */
export function ppgn(
  model: Generator,
  options: PpgnOptions,
): Required<Pick<AscentOptions, 'parameterization' | 'optimizer' | 'regularizers' | 'steps'>> {
  const check = checker('@cnnviz/actmax', 'ppgn');
  check.options(options);
  const { encoder, codeBounds, epsilon1 = 1e-5, epsilon2 = 1, epsilon3 = 1e-17, ...rest } = options;
  const { normalized = true, stepSize = 1, seed = 0, steps = 200, ...generatorOptions } = rest;
  check.callable('encoder', encoder);
  check.number('epsilon1', epsilon1, { min: 0 });
  check.number('epsilon2', epsilon2, { above: 0 });
  check.number('epsilon3', epsilon3, { min: 0 });
  check.number('stepSize', stepSize, { above: 0 });
  check.boolean('normalized', normalized);
  check.seed('seed', seed);
  requireCodeBox(check, codeBounds);

  /** Adds (ε₁ / ε₂) (R(h) - h) to the gradient; the optimizer multiplies all of it by ε₂. */
  const prior: Regularizer = {
    name: 'ppgn',
    penalty: (images, codes) => {
      const towardsItsImage = tf.customGrad((h, save) => {
        // Within a custom gradient nothing is recorded, so that R has no gradient of its own.
        const reconstructed = encode(check, encoder, images, 'encoder', 'the encoder within a gradient');
        const pull = tf.sub(reconstructed, h as Tensor);
        (save as (tensors: Tensor[]) => void)([pull]);
        return {
          value: tf.sum(tf.mul(pull, h as Tensor), 1),
          gradFunc: (dy: Tensor, [saved]: Tensor[]) => tf.mul(tf.expandDims(dy, 1), saved!),
        };
      });
      return tf.mul(towardsItsImage(codes as Tensor2D), -epsilon1 / epsilon2) as Tensor1D;
    },
  };

  const langevin: Optimizer = {
    name: 'ppgn',
    memory: 0,
    update: (gradient, _, { step }) => {
      // Noise of its own for each step: the same whether or not the run was interrupted.
      const random = createRandom(createRandom(seed).integer(2 ** 32) + step);
      const noise = tf.tensor(random.fillNormal(new Float32Array(gradient.size), 0, epsilon3), gradient.shape);
      const move = tf.add(tf.mul(gradient, epsilon2), noise);
      return { update: tf.mul(normalized ? ofMeanSizeOne(move) : move, stepSize), memory: [] };
    },
  };

  return {
    parameterization: generator(model, { ...generatorOptions, codeBounds, codeLength: codeBounds.upper.length }),
    optimizer: langevin,
    regularizers: epsilon1 === 0 ? [] : [prior],
    steps: check.number('steps', steps, { integer: true, min: 1 }),
  };
}
