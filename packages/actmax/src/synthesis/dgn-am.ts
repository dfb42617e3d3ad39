import { checker, type Generator } from '@cnnviz/internal';
import type { AscentOptions } from '../ascent/ascent-options.ts';
import { normalizedAscent } from '../optimizers/normalized-ascent.ts';
import { type CodeBox, type GeneratorOptions, generator, requireCodeBox } from '../parameterizations/generator.ts';
import { decay } from '../regularizers/decay.ts';

export interface DgnAmOptions extends Omit<GeneratorOptions, 'codeLength' | 'codeBounds' | 'deviation'> {
  /** The range of each number of a code, as `codeBounds` measures it. */
  codeBounds: CodeBox;
  /**
   * Mean absolute change of a number of the code in the first step. Default: 8 / 11.85 of the mean width of `codeBounds`:
   * the released code takes 8 for AlexNet, whose bounds are 11.85 wide on average.
   */
  initialStep?: number;
  /** Standard deviation of the codes at the start. Default: 1 / 11.85 of the mean width of `codeBounds`, likewise. */
  deviation?: number;
  /** Size to which the steps fall linearly. Default: 1e-10, as released. */
  finalStep?: number;
  /** Factor by which a code is multiplied after each step. Default: 0.99, as released. */
  decay?: number;
  /** Default: 200, as released. */
  steps?: number;
}

/**
 * Sets up activation maximization with a deep generator network (DGN-AM), as options for `maximizeActivation`: the result
 * shows what excites a unit, as an image of the kind that the generator was trained on.
 *
 * 1. A code is drawn at random from a normal distribution around 0 and clipped to `codeBounds`.
 * 2. The generator makes an image of it, which is mapped to the network's range.
 * 3. The network looks at the image.
 * 4. The gradient of the objective goes back to the image,
 * 5. and on through the generator to the code; neither network changes.
 * 6. The code moves by `step / mean|gradient|` times its gradient.
 * 7. It is clipped to `codeBounds`, [0, mean + 3 deviations] for each number,
 * 8. and multiplied by `decay`.
 * 9. `step` falls along a line, until the steps are done or the objective reaches `stopAt` of `maximizeActivation`.
 *
 * The released code also normalizes the image's gradient by its mean size before it goes back to the code. That changes the
 * code's gradient only by a factor, which its own normalization removes. The released code keeps the last image, where
 * `maximizeActivation` gives the best and the last.
 *
 * @param model Codes `[n, d]` to images `[n, h, w, c]` within `range`.
 * @returns Parameterization, optimizer, regularizers and steps, to be spread into the options of `maximizeActivation`; they
 *   hold no tensors.
 * @throws RangeError if a number is out of its range, or as `generator` does.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304; `act_max.py` of its released code.
 *
 * @example
 * import { codeBounds, dgnAm, logit, maximizeActivation, trainGenerator, upconvolutionalGenerator } from '@cnnviz/actmax';
 *
 * const encoder = (batch: tf.Tensor4D) => tf.mean(probe(batch), [1, 2]) as tf.Tensor2D; // six features
 * const shape = { codeSize: 6, shape: [28, 28, 1], bounds: [0, 1], hidden: 8, filters: [4, 4] } as const;
 * const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
 * await trainGenerator(generator, encoder, [images], { loss: 'l2', optimizer: tf.train.adam(0.001), epochs: 2 });
 *
 * const decoder = (codes: tf.Tensor2D) => generator.apply(codes, { training: false });
 * const { images: synthesized, activations } = await maximizeActivation({
 *   ...dgnAm(decoder, { codeBounds: await codeBounds(encoder, [images]), range: [0, 1], bounds: [0, 1], steps: 10 }),
 *   objective: logit(model, [0, 1, 2]),
 *   stopAt: 20,
 *   seed: 0,
 * });
 * console.log(synthesized.shape, activations); // [3, 28, 28, 1]
 */
export function dgnAm(
  model: Generator,
  options: DgnAmOptions,
): Required<Pick<AscentOptions, 'parameterization' | 'optimizer' | 'regularizers' | 'steps'>> {
  const check = checker('@cnnviz/actmax', 'dgnAm');
  check.options(options);
  const { codeBounds, initialStep, finalStep, decay: factor, steps, deviation, ...generatorOptions } = options;
  const { lower, upper } = requireCodeBox(check, codeBounds);
  const codeLength = upper.length;
  const width = meanWidth(lower, upper);
  return {
    parameterization: generator(model, {
      ...generatorOptions,
      codeLength,
      codeBounds,
      deviation: check.number('deviation', deviation ?? releasedDeviation * width, { min: 0 }),
    }),
    optimizer: normalizedAscent({
      initial: check.number('initialStep', initialStep ?? releasedStep * width, { above: 0 }),
      final: check.number('finalStep', finalStep ?? 1e-10, { min: 0 }),
    }),
    regularizers: [decay({ factor: check.number('decay', factor ?? 0.99, { min: 0, max: 1 }) })],
    steps: check.number('steps', steps ?? 200, { integer: true, min: 1 }),
  };
}

/** The released code draws from N(0, 1) and first steps by 8, within bounds that are 11.85 wide on average. */
const [releasedDeviation, releasedStep] = [1 / 11.85, 8 / 11.85];

function meanWidth(lower: ArrayLike<number>, upper: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < upper.length; index++) sum += upper[index]! - lower[index]!;
  return sum / upper.length;
}
