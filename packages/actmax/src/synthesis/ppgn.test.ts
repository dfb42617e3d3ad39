import { linearClassifier, useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import type { AscentState } from '../ascent/ascent-state.ts';
import { maximizeActivation } from '../ascent/maximize-activation.ts';
import { logit } from '../objectives/logit.ts';
import { type PpgnOptions, ppgn } from './ppgn.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

const range = [-1000, 1000] as const;
/** The image is the code. */
const generate = (codes: Tensor2D) => tf.reshape(codes, [-1, 1, 2, 1]) as Tensor4D;
const pixelsOf = (images: Tensor4D) => tf.reshape(images, [-1, 2]) as Tensor2D;
const wanted = [0.3, -0.6];
const model = linearClassifier([wanted], [0]);

async function sample(
  options: Partial<PpgnOptions>,
  { count, resume }: { count: number; resume?: AscentState } = { count: 1 },
) {
  const codes: (readonly number[])[] = [];
  const states: AscentState[] = [];
  const result = await maximizeActivation({
    ...ppgn(generate, {
      encoder: pixelsOf,
      codeBounds: { lower: [-999, -999], upper: [999, 999] },
      range,
      bounds: range,
      normalized: false,
      seed: 1,
      ...options,
    }),
    objective: logit(model, 0),
    count,
    seed: 2,
    ...(resume && { resume }),
    onProgress: async (step) => {
      states.push(await step.state());
      codes.push(states.at(-1)!.variables);
    },
  });
  tf.dispose([result.images, result.last.images]);
  return { ...result, codes, states };
}

test('of a linear-Gaussian model has its stationary mean and variance', async () => {
  const [epsilon1, epsilon2, epsilon3] = [0.4, 0.5, 0.7];
  const middle = [2, -1];
  // R(h) = μ + (h - μ) / 2.
  const encoder = (images: Tensor4D) =>
    tf.tidy(() => tf.add(tf.mul(tf.sub(pixelsOf(images), middle), 0.5), middle) as Tensor2D);
  const chains = 600;
  const { state } = await sample({ encoder, epsilon1, epsilon2, epsilon3, steps: 50 }, { count: chains });

  // h ← h - ε₁ (h - μ) / 2 + ε₂ w + ε₃ ξ is an autoregression.
  const pull = epsilon1 / 2;
  const variance = epsilon3 ** 2 / (1 - (1 - pull) ** 2);
  for (const dimension of [0, 1]) {
    const values = [...state.variables].filter((_, i) => i % 2 === dimension);
    const mean = values.reduce((sum, value) => sum + value, 0) / chains;
    const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (chains - 1);
    const expected = middle[dimension]! + (epsilon2 * wanted[dimension]!) / pull;
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / chains));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / chains));
  }
});

test('starts from codes of the deviation that is asked for, 1 by default', async () => {
  const spreadOfStart = async (options: Partial<PpgnOptions>) => {
    // The first step moves by next to nothing.
    const { codes } = await sample({ ...options, normalized: true, stepSize: 1e-9, steps: 1 }, { count: 800 });
    return Math.sqrt(codes[0]!.reduce((sum, value) => sum + value ** 2, 0) / codes[0]!.length);
  };
  // 1,600 normal numbers: four standard errors of their deviation.
  const tolerance = 4 / Math.sqrt(2 * 1600);
  for (const deviation of [0.25, 3]) {
    expect(Math.abs((await spreadOfStart({ deviation })) / deviation - 1)).toBeLessThan(tolerance);
  }
  expect(Math.abs((await spreadOfStart({})) - 1)).toBeLessThan(tolerance);
  expect(await spreadOfStart({ deviation: 0 })).toBeLessThan(1e-8);
});

test('a step is ε₁ (R(h) - h) + ε₂ times the gradient, whatever the gradient of R', async () => {
  const encoder = (images: Tensor4D) => tf.tidy(() => tf.add(tf.pow(pixelsOf(images), 3), 1) as Tensor2D);
  const from = tf.tensor2d([[0.5, 2]]);
  const { codes } = await sample({ encoder, from, epsilon1: 0.1, epsilon2: 2, epsilon3: 0, steps: 1 });
  for (const [i, h] of [0.5, 2].entries())
    expect(codes[0]![i]).toBeCloseTo(h + 0.1 * (h ** 3 + 1 - h) + 2 * wanted[i]!, 5);
});

test('normalized, a step has the mean size that is asked for, and only ratios of the epsilons count', async () => {
  const from = tf.tensor2d([[3, -2]]);
  const options = { from, normalized: true, stepSize: 0.25, steps: 4 };
  const first = await sample({ ...options, epsilon1: 0.1, epsilon2: 1, epsilon3: 0.5 });
  const scaled = await sample({ ...options, epsilon1: 0.2, epsilon2: 2, epsilon3: 1 });
  let before: readonly number[] = [3, -2];
  for (const [step, codes] of first.codes.entries()) {
    expect((Math.abs(codes[0]! - before[0]!) + Math.abs(codes[1]! - before[1]!)) / 2).toBeCloseTo(0.25, 5);
    for (const i of [0, 1]) expect(scaled.codes[step]![i]).toBeCloseTo(codes[i]!, 4);
    before = codes;
  }
});

test('stays inside the bounds, and resumes after an interruption as if there had been none', async () => {
  const options = {
    codeBounds: { lower: [-0.5, -0.5], upper: [0.5, 0.5] },
    epsilon1: 0.1,
    epsilon3: 2,
    steps: 6,
  };
  const whole = await sample(options, { count: 3 });
  expect(whole.codes.flatMap((codes) => [...codes]).every((value) => Math.abs(value) <= 0.5)).toBe(true);
  const resumed = await sample(options, { count: 3, resume: whole.states[2]! });
  expect(resumed.codes.at(-1)).toEqual(whole.codes.at(-1));
  expect(resumed.codes.length).toBe(3);
  const other = await sample({ ...options, seed: 9 }, { count: 3 });
  expect(other.codes.at(-1)).not.toEqual(whole.codes.at(-1));
});

test.each([
  [{ epsilon1: -1 }, /ppgn: epsilon1 must be a number >= 0, got -1/],
  [{ epsilon2: 0 }, /ppgn: epsilon2 must be a number > 0, got 0/],
  [{ epsilon3: Number.NaN }, /ppgn: epsilon3 must be a number >= 0, got NaN/],
  [{ stepSize: 0 }, /ppgn: stepSize must be a number > 0, got 0/],
  [{ encoder: 1 }, /ppgn: encoder must be a function, got 1/],
  [{ seed: -1 }, /ppgn: seed must be an integer >= 0/],
  [{ codeBounds: undefined }, /ppgn: codeBounds must be \{ lower, upper \}, got undefined/],
])('rejects %o', async (fault, message) => {
  await expect(sample(fault as Partial<PpgnOptions>)).rejects.toThrow(message);
});
