import {
  askAtOnce,
  type Bounds,
  type Check,
  checker,
  type Generator,
  ownResult,
  requireOutput,
  requireWithin,
} from '@cnnviz/internal';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameterization } from './parameterization.ts';

/** What a code may be: for each of its numbers the least and the greatest value, as `codeBounds` measures them. */
export interface CodeBox {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

export interface GeneratorOptions {
  /** Numbers per code. */
  codeLength: number;
  /** The range of the generator's images: [-1, 1] where it ends in tanh. */
  range: Bounds;
  /** What a valid pixel of the model may be. */
  bounds: Bounds;
  /**
   * From the generator's images to the model's, differentiable: `linear` stretches `range` to `bounds`; a function may
   * also crop, resize or drop color. Default: none, where `range` and `bounds` are the same.
   */
  map?: 'linear' | ((images: Tensor4D) => Tensor4D);
  /** Codes are clipped to these after each step. Default: no bounds. */
  codeBounds?: CodeBox;
  /** Codes to start from, `[n, codeLength]`; the caller keeps and disposes them. Default: drawn from a normal distribution around 0. */
  from?: Tensor2D;
  /** Standard deviation of the drawn codes. Default: 1, as released for DGN-AM. */
  deviation?: number;
}

/**
 * Changes the codes of a generator, which makes images of them. The generator is the prior: whatever the code, the image
 * looks like those that it was trained on.
 *
 * After each step, codes are clipped to `codeBounds`. Pixels that the generator (or `map`) puts outside `bounds` are
 * clipped, and have no gradient.
 *
 * @param model Codes `[n, codeLength]` to images `[n, h, w, c]` within `range`. Its weights do not change.
 * @returns A parameterization for `maximizeActivation`; holds no tensors.
 * @throws RangeError if `range` is not `bounds` and no `map` leads from one to the other, `codeBounds` are not for
 *   `codeLength` dimensions or reversed; on start, if images are outside `range`.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, "Synthesizing the preferred inputs for neurons in neural networks
 *   via deep generator networks", NIPS 2016, https://arxiv.org/abs/1605.09304.
 *
 * @example
 * import { generator, logit, maximizeActivation } from '@cnnviz/actmax';
 *
 * const waves = tf.sin(tf.reshape(tf.range(0, 6272), [8, 784])) as tf.Tensor2D;
 * const decoder = (codes: tf.Tensor2D) =>
 *   tf.tidy(() => tf.reshape(tf.tanh(tf.matMul(codes, waves)), [-1, 28, 28, 1]) as tf.Tensor4D);
 * const { images: synthesized } = await maximizeActivation({
 *   objective: logit(model, [0, 1, 2]),
 *   parameterization: generator(decoder, { codeLength: 8, range: [-1, 1], bounds: [0, 1], map: 'linear' }),
 *   steps: 10,
 *   seed: 0,
 * });
 */
export function generator(model: Generator, options: GeneratorOptions): Parameterization {
  const check = checker('@cnnviz/actmax', 'generator');
  check.options(options);
  check.callable('model', model);
  const codeLength = check.number('codeLength', options.codeLength, { integer: true, min: 1 });
  const range = check.bounds('range', options.range);
  const bounds = check.bounds('bounds', options.bounds);
  const map = checkMap(check, options.map, range, bounds);
  const limits = checkCodeBounds(check, options.codeBounds, codeLength);
  const deviation = check.number('deviation', options.deviation ?? 1, { min: 0 });
  const { from } = options;
  if (from !== undefined) checkCodes(check, from, codeLength);
  const requireImages = (name: string, of: string, images: unknown, count: number): Tensor4D => {
    const expected = `a function from ${of} to images [${count}, h, w, c]`;
    return requireOutput(check, name, expected, images, ({ rank, shape }) => rank === 4 && shape[0] === count);
  };
  const generate = (codes: Tensor): Tensor4D => {
    const images: unknown = askAtOnce(check, model, codes as Tensor2D, 'gradients of the generator');
    return requireImages('model', 'codes', images, codes.shape[0]!);
  };

  const project = (codes: Tensor): Tensor =>
    limits === undefined
      ? tf.clone(codes)
      : tf.minimum(tf.maximum(codes, tf.tensor1d(limits.lower)), tf.tensor1d(limits.upper));

  return {
    name: 'generator',
    variableShape: [codeLength],
    bounds,
    start: (random, count) => {
      if (from === undefined) {
        const codes = random.fillNormal(new Float32Array(count * codeLength), 0, deviation);
        return project(tf.tensor2d(codes, [count, codeLength]));
      }
      if (from.shape[0] !== count) check.fail('range', 'from', `codes of ${count} images`, from);
      return project(from);
    },
    render: (codes) => {
      const images = requireImages('map', 'images', map(generate(codes)), codes.shape[0]!);
      return tf.clipByValue(images, ...bounds) as Tensor4D;
    },
    ...(limits && { project }),
    check: async (codes) => {
      const tolerance = 1e-4 * (range[1] - range[0]);
      const images = ownResult(() => generate(codes));
      try {
        await requireWithin(check, "the generator's images (their `range`)", images, [
          range[0] - tolerance,
          range[1] + tolerance,
        ]);
      } finally {
        images.dispose();
      }
    },
  };
}

type ImageMap = (images: Tensor4D) => Tensor4D;

function checkMap(check: Check, map: GeneratorOptions['map'], range: Bounds, bounds: Bounds): ImageMap {
  if (typeof map === 'function') return map;
  if (map !== undefined) {
    check.oneOf('map', map, ['linear']);
    const factor = (bounds[1] - bounds[0]) / (range[1] - range[0]);
    return (images) => tf.add(tf.mul(images, factor), bounds[0] - range[0] * factor);
  }
  if (range[0] === bounds[0] && range[1] === bounds[1]) return (images) => images;
  return check.failBecause(
    'range',
    `the generator's range [${range.join(', ')}] is not the model's [${bounds.join(', ')}]: give \`map\`, 'linear' or a function from one to the other`,
  );
}

interface Limits {
  lower: Float32Array;
  upper: Float32Array;
}

function checkCodeBounds(check: Check, codeBounds: CodeBox | undefined, codeLength: number): Limits | undefined {
  if (codeBounds === undefined || codeBounds === null) return undefined;
  const { lower, upper } = requireCodeBox(check, codeBounds);
  for (const [side, limits] of Object.entries({ lower, upper })) {
    if (limits?.length !== codeLength) check.fail('range', `codeBounds.${side}`, `${codeLength} numbers`, limits);
  }
  for (let index = 0; index < codeLength; index++) {
    if (lower[index]! <= upper[index]!) continue;
    const received = `[${lower[index]}, ${upper[index]}]`;
    check.failBecause('range', `codeBounds must have lower <= upper, got ${received} for number ${index} of the code`);
  }
  return { lower: Float32Array.from(lower), upper: Float32Array.from(upper) };
}

function checkCodes(check: Check, codes: unknown, codeLength: number): void {
  const tensor = check.tensor('from', codes, { rank: 2, dtype: 'float32' });
  if (tensor.shape[1] !== codeLength) check.fail('range', 'from', `codes [n, ${codeLength}]`, tensor);
}

/** Throws unless it holds lists of numbers, as many lower as upper ones. */
export function requireCodeBox(check: Check, codeBounds: CodeBox): CodeBox {
  if (typeof codeBounds !== 'object' || codeBounds === null) {
    check.fail('type', 'codeBounds', '{ lower, upper }', codeBounds);
  }
  const { lower, upper } = check.options(codeBounds, 'codeBounds');
  for (const [side, limits] of Object.entries({ lower, upper })) {
    const isList = Array.isArray(limits) || ArrayBuffer.isView(limits);
    if (!isList || limits.length === 0) check.fail('type', `codeBounds.${side}`, 'a list of numbers', limits);
    for (let index = 0; index < limits.length; index++) {
      if (typeof limits[index] !== 'number') check.number(`codeBounds.${side}[${index}]`, limits[index]);
    }
  }
  if (lower.length !== upper.length) check.fail('range', 'codeBounds.lower', `${upper.length} numbers`, lower);
  return codeBounds;
}
