import { createRandom } from '@cnnviz/internal';
import { describeOnBackends, linearClassifier, tinyCnn, tinyTrainable, useBackend } from '@cnnviz/testing';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { linearGenerator, multiply, transpose } from '../../test-support/linear-models.ts';
import type { AscentStep } from '../ascent/activation-steps.ts';
import { maximizeActivation } from '../ascent/maximize-activation.ts';
import { upconvolutionalGenerator } from '../generators/upconvolutional-generator.ts';
import { logit } from '../objectives/logit.ts';
import { type DgnAmOptions, dgnAm } from './dgn-am.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

/** Codes of three numbers to images of 2x2, and a classifier of two classes on them. */
const drawing = [
  [1, -2, 0.5, 0],
  [0, 1, 1, -1],
  [0.25, 0, 3, 1],
];
const classes = [
  [1, -1, 1, 2],
  [-1, 0.5, 1, 2],
];
/** Of the logit of each class with respect to the code: [class][number of the code]. */
const slopes = transpose(multiply(drawing, transpose(classes)));
const upper = [2, 3, 4];
const range = [-1000, 1000] as const;

async function synthesize(options: Partial<DgnAmOptions> & { stopAt?: number } = {}) {
  const { stopAt, ...own } = options;
  const network = linearGenerator(drawing, [2, 2, 1]);
  const codes: (readonly number[])[] = [];
  const result = await maximizeActivation({
    ...dgnAm((batch) => network.apply(batch, { training: false }), {
      codeBounds: { lower: [0, 0, 0], upper },
      range,
      bounds: range,
      from: tf.tensor2d(drawn),
      ...own,
    }),
    objective: logit(linearClassifier(classes, [0, 0]), [0, 1]),
    seed: 3,
    ...(stopAt !== undefined && { stopAt }),
    onProgress: async (step: AscentStep) => void codes.push((await step.state()).variables),
  });
  tf.dispose([result.images, result.last.images]);
  return { ...result, codes };
}

/** What the codes start at: each number is clipped to its bounds. */
const drawn = [
  [0.5, -1, 0.25],
  [9, 1, 2],
];
const clipped = [0.5, 0, 0.25, 2, 1, 2];

/** The nine steps in float64. */
function byHand({ steps, initial, final, decay }: { steps: number; initial: number; final: number; decay: number }) {
  let code = clipped;
  return Array.from({ length: steps }, (_, step) => {
    code = code.map((value, i) => {
      const slope = slopes[Math.floor(i / 3)]!;
      const meanSize = slope.reduce((sum, s) => sum + Math.abs(s), 0) / 3;
      const size = initial + ((final - initial) * step) / steps;
      const moved = value + (size / meanSize) * slope[i % 3]!;
      return decay * Math.min(upper[i % 3]!, Math.max(0, moved));
    });
    return code;
  });
}

test('takes the steps of the algorithm: gradient, bounds, decay, in this order', async () => {
  for (const [initial, final, decay] of [
    [0.3, 0.01, 0.9],
    [1, 1, 1],
    [8, 1e-10, 0.99],
  ] as const) {
    const { codes } = await synthesize({ steps: 7, initialStep: initial, finalStep: final, decay });
    const expected = byHand({ steps: 7, initial, final, decay });
    expect(codes.length).toBe(7);
    for (const [step, code] of expected.entries()) {
      for (const [i, value] of code.entries()) expect(codes[step]![i]).toBeCloseTo(value, 4);
    }
  }
});

test('its defaults are those released, the first step in proportion to the bounds', async () => {
  const { codes, steps } = await synthesize();
  expect(steps).toBe(200);
  const expected = byHand({ steps: 200, initial: ((2 + 3 + 4) / 3) * (8 / 11.85), final: 1e-10, decay: 0.99 });
  for (const step of [0, 1, 199]) {
    for (const [i, value] of expected[step]!.entries()) expect(codes[step]![i]).toBeCloseTo(value, 4);
  }
});

test('draws the start in proportion to the bounds, as N(0, 1) is to 11.85', async () => {
  const decoder = (codes: Tensor2D) => tf.reshape<tf.Rank.R4>(codes, [-1, 1, 3, 1]);
  const lower = [0, -1, 0];
  const drawn = createRandom(5).fillNormal(new Float32Array(120));
  for (const [own, deviation] of [
    [{}, (2 + 4 + 4) / 3 / 11.85],
    [{ deviation: 1 }, 1],
    [{ deviation: 0 }, 0],
  ] as const) {
    const { parameterization } = dgnAm(decoder, { range, bounds: range, codeBounds: { lower, upper }, ...own });
    const start = tf.tidy(() => parameterization.start(createRandom(5), 40));
    for (const [i, value] of (await start.data()).entries()) {
      const expected = Math.min(upper[i % 3]!, Math.max(lower[i % 3]!, deviation * drawn[i]!));
      expect(value).toBeCloseTo(expected, 5);
    }
    start.dispose();
  }
});

test('without decay it ends in the corner of the box that the gradient points to', async () => {
  const { state, activations } = await synthesize({ steps: 60, decay: 1 });
  const corner = slopes.flatMap((slope) => slope.map((s, i) => (s > 0 ? upper[i]! : 0)));
  expect([...state.variables]).toEqual(corner);
  for (const [label, slope] of slopes.entries()) {
    const optimum = slope.reduce((sum, s, i) => sum + Math.max(0, s) * upper[i]!, 0);
    expect(activations[label]).toBeCloseTo(optimum, 4);
  }
});

test('codes never leave the bounds', async () => {
  const { codes } = await synthesize({ steps: 30, initialStep: 50 });
  for (const code of codes) {
    for (const [i, value] of code.entries()) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(upper[i % 3]!);
    }
  }
});

test('stops at the wanted activation', async () => {
  const { activations, steps, trace } = await synthesize({ steps: 100, initialStep: 0.05, finalStep: 0.05, stopAt: 4 });
  expect(steps).toBeLessThan(100);
  for (const activation of activations) expect(activation).toBeGreaterThanOrEqual(4);
  expect(Math.min(...trace.at(-3)!)).toBeLessThan(4);
});

test('follows the gradient of network after generator, and changes neither', async () => {
  const network = untrainedGenerator(4);
  const classifier = tinyTrainable({ seed: 2 });
  const weights = () => readAll([...network.variables, ...classifier.variables]);
  const before = await weights();
  const model = (images: tf.Tensor4D) => classifier.apply(images, { training: false });
  const decoder = (codes: Tensor2D) => network.apply(codes, { training: false });
  const start = tf.tensor2d([[0.5, 1, 0.25, 0.75]]);
  const { state, images, last } = await maximizeActivation({
    ...dgnAm(decoder, {
      codeBounds: { lower: [-9, -9, -9, -9], upper: [9, 9, 9, 9] },
      range: [0, 1],
      bounds: [0, 1],
      from: start,
      initialStep: 0.1,
      decay: 1,
      steps: 1,
    }),
    objective: logit(model, 1),
    seed: 0,
  });
  expect(await weights()).toEqual(before);

  const codes = await start.data();
  const logitAt = async (moved: Float32Array) => (await model(decoder(tf.tensor2d(moved, [1, 4]))).data())[1]!;
  const slope: number[] = [];
  for (let i = 0; i < 4; i++) {
    const [above, below] = [codes.slice(), codes.slice()] as [Float32Array, Float32Array];
    above[i]! += 0.02;
    below[i]! -= 0.02;
    slope.push(((await logitAt(above)) - (await logitAt(below))) / 0.04);
  }
  const size = slope.reduce((sum, s) => sum + Math.abs(s), 0) / 4;
  for (const [i, s] of slope.entries()) expect(state.variables[i]! - codes[i]!).toBeCloseTo((0.1 * s) / size, 3);
  tf.dispose([images, last.images, start]);
});

test('a gradient of nothing moves nothing', async () => {
  const { steps, state } = await maximizeActivation({
    ...dgnAm((codes) => tf.reshape(codes, [-1, 1, 2, 1]), {
      codeBounds: { lower: [0, 0], upper: [2, 2] },
      range,
      bounds: range,
      from: tf.tensor2d([
        [0.5, 1],
        [-1, 1],
      ]),
      decay: 1,
      steps: 3,
    }),
    // The second image is where the ReLU is flat.
    objective: logit((images) => tf.relu(tf.sub(tf.reshape(images, [-1, 2]), 0.1)) as Tensor2D, 0),
    count: 2,
    rejectZeroGradient: false,
    seed: 0,
  });
  expect(steps).toBe(3);
  expect([...state.variables]).toEqual([2, 1, 0, 1]);
});

test.each([
  [{ initialStep: 0 }, /dgnAm: initialStep must be a number > 0, got 0/],
  [{ finalStep: -1 }, /dgnAm: finalStep must be a number >= 0, got -1/],
  [{ decay: 1.1 }, /dgnAm: decay must be a number >= 0 and <= 1, got 1.1/],
  [{ steps: 0 }, /dgnAm: steps must be an integer >= 1, got 0/],
  [{ codeBounds: undefined }, /dgnAm: codeBounds must be \{ lower, upper \}, got undefined/],
  [{ bounds: [0, 1] as const }, /the generator's range \[-1000, 1000\] is not the model's \[0, 1\]/],
])('rejects %o', (fault, message) => {
  const valid = { codeBounds: { lower: [0], upper: [1] }, range, bounds: range };
  expect(() => dgnAm((codes) => tf.reshape(codes, [-1, 1, 1, 1]), { ...valid, ...fault } as DgnAmOptions)).toThrow(
    message,
  );
});

function untrainedGenerator(codeSize: number) {
  return upconvolutionalGenerator({ codeSize, shape: [8, 8, 1], bounds: [0, 1], seed: 1, hidden: 8, filters: [6, 4] });
}

function readAll(variables: readonly Variable[]): Promise<number[][]> {
  return Promise.all(variables.map(async (variable) => [...(await variable.data())]));
}

describe('the same seed draws the same image', () => {
  const drawnOn = new Map<string, ArrayLike<number>>();

  describeOnBackends(['cpu', 'wasm'], (name) => {
    test('as on cpu, to 1e-3', async () => {
      const network = untrainedGenerator(6);
      const { images, last } = await maximizeActivation({
        ...dgnAm((codes) => network.apply(codes, { training: false }), {
          codeBounds: { lower: [0, 0, 0, 0, 0, 0], upper: [1, 2, 3, 1, 2, 3] },
          range: [0, 1],
          bounds: [0, 1],
          steps: 10,
        }),
        objective: logit(tinyCnn(), [0, 1, 2]),
        seed: 0,
      });
      drawnOn.set(name, await images.data());
      tf.dispose([images, last.images]);
      const [reference, drawn] = [drawnOn.get('cpu')!, drawnOn.get(name)!];
      for (let pixel = 0; pixel < drawn.length; pixel++) {
        expect(Math.abs(drawn[pixel]! - reference[pixel]!)).toBeLessThan(1e-3);
      }
    });
  });
});
