import { createRandom } from '@cnnviz/internal';
import { tinyCnn, useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maximizeActivation } from '../ascent/maximize-activation.ts';
import { logit } from '../objectives/logit.ts';
import { normalizedAscent } from '../optimizers/normalized-ascent.ts';
import { generator } from './generator.ts';

useBackend('cpu');

const waves = createRandom(0).fillNormal(new Float32Array(3 * 64));
/** Three waves, in [-1, 1]. */
const decoder = (codes: Tensor2D) =>
  tf.tidy(() => tf.reshape(tf.tanh(tf.matMul(codes, tf.tensor2d(waves, [3, 64]))), [-1, 8, 8, 1])) as Tensor4D;
const options = { codeLength: 3, range: [-1, 1], bounds: [0, 1], map: 'linear' } as const;
const codeBounds = { lower: [0, 0, -0.5], upper: [0.4, 0.2, 0.5] };

test('stretches the range to the bounds', async () => {
  const [rendered, plain] = tf.tidy(() => {
    const codes = tf.tensor2d([[0.1, -0.2, 0.3]]);
    return [generator(decoder, options).render(codes), decoder(codes)];
  });
  const [shown, made] = await Promise.all([rendered!.data(), plain!.data()]);
  expect([...shown]).toEqual(Array.from(made, (value) => expect.closeTo((value + 1) / 2, 6)));
  tf.dispose([rendered, plain]);
});

test('a map of one’s own may change the size, and what it puts outside the bounds is clipped', async () => {
  const map = (images: Tensor4D) => tf.mul(tf.slice(images, [0, 0, 0, 0], [-1, 4, 4, 1]), 2) as Tensor4D;
  const { render } = generator(decoder, { ...options, bounds: [-0.5, 1], map });
  const images = tf.tidy(() => render(tf.tensor2d([[1, 1, 1]])));
  expect(images.shape).toEqual([1, 4, 4, 1]);
  const values = await images.data();
  expect(Math.min(...values)).toBe(-0.5);
  expect(Math.max(...values)).toBe(1);
  images.dispose();
});

test('codes are inside their bounds at the start and after each step', async () => {
  const seen: number[][] = [];
  const { images, last } = await maximizeActivation({
    objective: logit(tinyCnn(), [0, 1]),
    parameterization: generator(decoder, { ...options, codeBounds }),
    optimizer: normalizedAscent({ initial: 0.3 }),
    steps: 5,
    seed: 0,
    onProgress: async ({ state }) => {
      const { variables, best } = await state();
      seen.push([...variables], [...best.variables]);
    },
  });
  tf.dispose([images, last.images]);
  expect(seen).toHaveLength(10);
  for (const codes of seen) {
    for (const [index, value] of codes.entries()) {
      expect(value).toBeGreaterThanOrEqual(Math.fround(codeBounds.lower[index % 3]!));
      expect(value).toBeLessThanOrEqual(Math.fround(codeBounds.upper[index % 3]!));
    }
  }
  expect(seen.flat().filter((value) => value === Math.fround(0.4)).length).toBeGreaterThan(0);
});

test('starts from codes that are given', async () => {
  const from = tf.tensor2d([[0.1, 0.1, 0.1]]);
  const codes = tf.tidy(() => generator(decoder, { ...options, from }).start(createRandom(0), 1));
  expect([...(await codes.data())]).toEqual([...(await from.data())]);
  expect(() => tf.tidy(() => generator(decoder, { ...options, from }).start(createRandom(0), 2))).toThrow(
    /generator: from must be codes of 2 images, got float32 tensor \[1, 3\]/,
  );
  tf.dispose([codes, from]);
});

test('a range that is not the model’s asks for a map', () => {
  expect(() => generator(decoder, { codeLength: 3, range: [-1, 1], bounds: [0, 1] })).toThrow(
    new RangeError(
      "@cnnviz/actmax: generator: the generator's range [-1, 1] is not the model's [0, 1]: give `map`, 'linear' or a function from one to the other",
    ),
  );
});

test('images outside the range that was stated are rejected before the first step', async () => {
  const louder = (codes: Tensor2D) => tf.mul(decoder(codes), 3) as Tensor4D;
  const before = tf.memory().numTensors;
  const run = maximizeActivation({
    objective: logit(tinyCnn(), 0),
    parameterization: generator(louder, options),
    seed: 0,
  });
  await expect(run).rejects.toThrow(
    /generator: the generator's images \(their `range`\) must be within \[-1.0002, 1.0002\]/,
  );
  expect(tf.memory().numTensors).toBe(before);
});

test('what cannot be is rejected', () => {
  expect(() => generator(decoder, { ...options, codeBounds: { lower: [0], upper: [1, 1, 1] } })).toThrow(
    '@cnnviz/actmax: generator: codeBounds.lower must be 3 numbers, got [0]',
  );
  expect(() => generator(decoder, { ...options, codeBounds: { lower: [0, 2, 0], upper: [1, 1, 1] } })).toThrow(
    '@cnnviz/actmax: generator: codeBounds must have lower <= upper, got [2, 1] for number 1 of the code',
  );
  expect(() => generator(decoder, { ...options, map: 'tanh' as never })).toThrow(
    '@cnnviz/actmax: generator: map must be one of "linear", got "tanh"',
  );
  const flat = (codes: Tensor2D) => codes as unknown as Tensor4D;
  expect(() => tf.tidy(() => generator(flat, options).render(tf.zeros([2, 3])))).toThrow(
    '@cnnviz/actmax: generator: model must be a function from codes to images [2, h, w, c], got float32 tensor [2, 3]',
  );
});
