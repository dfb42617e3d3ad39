import { describeOnBackends, linearClassifier, tinyProbe } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { channel } from '../objectives/channel.ts';
import { diversity } from '../objectives/diversity.ts';
import { logit } from '../objectives/logit.ts';
import type { Objective } from '../objectives/objective.ts';
import { sum, times } from '../objectives/sum.ts';
import { adam } from '../optimizers/adam.ts';
import { normalizedAscent } from '../optimizers/normalized-ascent.ts';
import { pixels } from '../parameterizations/pixels.ts';
import { dgnAm } from '../synthesis/dgn-am.ts';
import { jitter } from '../transforms/jitter.ts';
import { pad } from '../transforms/pad.ts';
import { robustness } from '../transforms/robustness.ts';
import { type AscentState, activationSteps, NonFiniteActivationError } from './activation-steps.ts';
import { type MaximizeActivationOptions, maximizeActivation } from './maximize-activation.ts';

const fourPixels = { shape: [2, 2, 1], bounds: [0, 1] } as const;
const linear = linearClassifier(
  [
    [1, -2, 0.5, 3],
    [-1, 2, 4, -0.5],
    [0.25, 1, -1, 2],
  ],
  [0.5, -1, 0],
);

/** Class 1 is a dead unit: nothing reaches its ReLU. */
const withDeadUnit = (images: Tensor4D) =>
  tf.tidy(() => {
    const logits = linear(images);
    const dead = tf.relu(tf.sub(logits, 100));
    return tf.add(tf.mul(logits, tf.tensor1d([1, 0, 1])), tf.mul(dead, tf.tensor1d([0, 1, 0]))) as Tensor2D;
  });

const firstPixels = (images: Tensor4D) =>
  tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]) as Tensor2D;

/** The first pixel, less or more of it; no number once it is above 0.71. */
const breakingAbove = (images: Tensor4D) =>
  tf.tidy(() => {
    const pixels = firstPixels(images);
    const broken = tf.mul(tf.log(tf.sub(0.71, pixels)), 0);
    return tf.add(tf.concat([tf.neg(pixels), pixels], 1), broken) as Tensor2D;
  });

/** Checks that no tensor is left. */
async function maximize(options: MaximizeActivationOptions) {
  const before = tf.memory().numTensors;
  const { images, last, ...rest } = await maximizeActivation(options);
  const read = async (tensor: Tensor4D) => {
    const values = (await tensor.array()) as number[][][][];
    tensor.dispose();
    return values.map((image) => image.flat(2));
  };
  const drawn = {
    images: await read(images),
    last: { images: await read(last.images), activations: last.activations },
  };
  expect(tf.memory().numTensors).toBe(before);
  return { ...rest, ...drawn };
}

const throughJson = (state: AscentState): AscentState =>
  JSON.parse(JSON.stringify(state, (_, value) => (value instanceof Float32Array ? [...value] : value)));

const nothingLeads =
  'its gradient at the start is zero, so that no step leads anywhere: another seed or a start further from gray may wake what is wanted';

describeOnBackends(['cpu', 'wasm'], () => {
  const options: MaximizeActivationOptions = {
    objective: logit(withDeadUnit, [0, 1, 2]),
    parameterization: pixels({ ...fourPixels, deviation: 0 }),
    optimizer: adam({ learningRate: 0.1 }),
    steps: 5,
    seed: 0,
  };

  test('a dead unit is reported, and the others become what they would without it', async () => {
    const { failed, ...result } = await maximize(options);
    expect(failed).toEqual([
      {
        index: 1,
        step: 0,
        reason: `${nothingLeads}, and so may the transforms of robustness(); rejectZeroGradient: false goes on`,
      },
    ]);
    expect(result.images[1]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(result.last.images[1]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(result.activations[1]).toBe(0);
    expect(result.bestSteps[1]).toBe(0);
    expect(result.trace.map((row) => row[1])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(result.steps).toBe(5);

    const { state, ...others } = await maximize({ ...options, objective: logit(withDeadUnit, [0, 2]) });
    const without = <T>(list: readonly T[]) => [list[0], list[2]];
    expect(without(result.images)).toEqual(others.images);
    expect(without(result.last.images)).toEqual(others.last.images);
    expect(without(result.activations)).toEqual(others.activations);
    expect(without(result.bestSteps)).toEqual(others.bestSteps);
    expect(result.trace.map(without)).toEqual(others.trace);
    expect(others.failed).toEqual([]);
    expect(state.failed).toEqual([]);
    expect(others.activations[0]).toBeGreaterThan(others.trace[0]![0]!);
  });

  test('robustness() is not recommended where there are transforms', async () => {
    for (const transforms of [robustness({ pad: 1, jitter: [1, 1], size: [2, 2] }), [pad(1), jitter(2)]]) {
      const { failed } = await maximize({ ...options, transforms });
      expect(failed).toEqual([{ index: 1, step: 0, reason: `${nothingLeads}; rejectZeroGradient: false goes on` }]);
      await expect(maximize({ ...options, transforms, objective: logit(withDeadUnit, [1, 1]) })).rejects.toThrow(
        new Error(
          '@cnnviz/actmax: maximizeActivation: the gradient at the start is zero for images 0, 1, so that no step leads anywhere: another seed or a start further from gray may wake what is wanted; rejectZeroGradient: false goes on',
        ),
      );
    }
  });

  test('rejectZeroGradient: false reports nothing', async () => {
    const { failed, images } = await maximize({ ...options, rejectZeroGradient: false });
    expect(failed).toEqual([]);
    expect(images).toEqual((await maximize(options)).images);
  });

  test('an image without gradient that has reached stopAt has not failed', async () => {
    const { failed, steps } = await maximize({ ...options, objective: logit(withDeadUnit, [1]), stopAt: -1 });
    expect(failed).toEqual([]);
    expect(steps).toBe(0);
  });

  test('the run ends once all others have reached stopAt', async () => {
    const { failed, steps, activations } = await maximize({ ...options, steps: 40, stopAt: 2.5 });
    expect(failed.map(({ index }) => index)).toEqual([1]);
    expect(steps).toBeLessThan(10);
    expect(Math.min(activations[0]!, activations[2]!)).toBeGreaterThanOrEqual(2.5);
  });

  /** Step i sees the first pixel of image 1 at 0.5 + 0.05 i, so that step 5 is the first above 0.71. */
  const climbing: MaximizeActivationOptions = {
    objective: logit(breakingAbove, [0, 1, 0]),
    parameterization: pixels({ ...fourPixels, deviation: 0 }),
    optimizer: normalizedAscent({ initial: 0.0125 }),
    steps: 8,
    seed: 0,
  };

  test('an image that stops being finite keeps its best, and the others go on', async () => {
    const { failed, ...result } = await maximize(climbing);
    expect(failed).toEqual([{ index: 1, step: 5, reason: 'its activation must be finite, got NaN' }]);
    expect(result.bestSteps).toEqual([8, 4, 8]);
    expect(result.activations[1]).toBeCloseTo(0.7, 5);
    expect(result.images[1]![0]).toBeCloseTo(0.7, 5);
    expect(result.last.images[1]).toEqual(result.images[1]);
    expect(result.last.activations[1]).toBe(result.activations[1]);
    expect(result.trace.map((row) => row[1])).toEqual(
      [0.5, 0.55, 0.6, 0.65, 0.7, Number.NaN, 0.7, 0.7, 0.7].map((value) =>
        Number.isNaN(value) ? value : expect.closeTo(value, 5),
      ),
    );
    const others = await maximize({ ...climbing, objective: logit(breakingAbove, [0, 0]) });
    expect([result.images[0], result.images[2]]).toEqual(others.images);
    expect([result.activations[0], result.activations[2]]).toEqual(others.activations);
    expect(result.state.variables.every(Number.isFinite)).toBe(true);
  });

  test('an image that is not finite after the last step is reported, too', async () => {
    const { failed, last, images, bestSteps, trace } = await maximize({ ...climbing, steps: 5 });
    expect(failed).toEqual([{ index: 1, step: 5, reason: 'its activation must be finite, got NaN' }]);
    expect(bestSteps).toEqual([5, 4, 5]);
    expect(last.images[1]).toEqual(images[1]);
    expect(trace[5]![1]).toBe(last.activations[1]);
  });

  test('an image whose gradient is not finite stays, and what the optimizer remembers stays finite', async () => {
    const from = tf.tensor4d([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], [2, 2, 2, 1]);
    const roots = (images: Tensor4D) => tf.tidy(() => tf.sqrt(firstPixels(images)));
    const { failed, images, activations, state } = await maximize({
      objective: logit(roots, [0, 0]),
      parameterization: pixels({ ...fourPixels, from }),
      steps: 4,
      seed: 0,
    });
    from.dispose();
    expect(failed).toEqual([{ index: 1, step: 0, reason: 'its gradient must be finite, and is not' }]);
    expect(images[1]).toEqual([0, 0, 0, 0]);
    expect(activations[1]).toBe(0);
    expect(images[0]![0]).toBeGreaterThan(0.6);
    expect(state.memory.every((values) => values.every(Number.isFinite))).toBe(true);
  });

  /** The logarithm of the first pixel, of which image 1 has none at the start. */
  const logarithms: MaximizeActivationOptions = {
    objective: logit((images) => tf.tidy(() => tf.log(firstPixels(images))), [0, 0]),
    parameterization: {
      ...pixels(fourPixels),
      start: () => tf.tensor4d([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], [2, 2, 2, 1]),
    },
    steps: 4,
    seed: 0,
  };

  test('an image that is not finite at the start is as it was, with NaN for its activation', async () => {
    const { failed, images, activations, trace, last } = await maximize(logarithms);
    expect(failed).toEqual([{ index: 1, step: 0, reason: 'its activation must be finite, got -Infinity' }]);
    expect(images[1]).toEqual([0, 0, 0, 0]);
    expect([activations[1], last.activations[1], trace[0]![1]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(activations[0]).toBeGreaterThan(trace[0]![0]!);
  });

  test('resume goes on to the same bit after images have failed, also from JSON', async () => {
    const both: MaximizeActivationOptions = {
      ...climbing,
      objective: [climbing.objective as Objective, logit(withDeadUnit, 1)],
    };
    for (const [all, expected] of [
      [
        both,
        [
          [1, 5],
          [3, 0],
        ],
      ],
      [logarithms, [[1, 0]]],
    ] as const) {
      const states: AscentState[] = [];
      const whole = await maximize({ ...all, onProgress: async ({ state }) => void states.push(await state()) });
      expect(whole.failed.map(({ index, step }) => [index, step])).toEqual(expected);
      for (const state of states) {
        expect(await maximize({ ...all, resume: state })).toEqual(whole);
        expect(await maximize({ ...all, resume: throughJson(state) })).toEqual(whole);
      }
    }
    const { state } = await maximize({ ...both, steps: 5 });
    expect(await maximize({ ...both, resume: state })).toEqual(await maximize(both));
  });

  test('a state whose list of failed images is damaged is refused', async () => {
    const { state } = await maximize({ ...options, steps: 1 });
    const resumed = (failed: unknown) => maximize({ ...options, resume: { ...state, failed } as AscentState });
    await expect(resumed(undefined)).rejects.toThrow(/resume.failed must be a list of images that were given up, got/);
    await expect(resumed([null])).rejects.toThrow(/resume.failed\[0\].index must be an integer >= 0 and <= 2, got/);
    await expect(resumed([{ index: 3, step: 0, reason: '' }])).rejects.toThrow(/resume.failed\[0\].index must be/);
    await expect(resumed([{ index: 1, step: -1, reason: '' }])).rejects.toThrow(/resume.failed\[0\].step must be/);
    await expect(resumed([{ index: 1, step: 0 }])).rejects.toThrow(/resume.failed\[0\].reason must be a string, got/);
    const activations = [null, null, 1] as never;
    await expect(maximize({ ...options, resume: { ...state, best: { ...state.best, activations } } })).rejects.toThrow(
      /resume.best.activations must be 3 numbers, got \[null, null, 1\]/,
    );
  });

  test('each step tells which images have failed', async () => {
    const seen: number[][] = [];
    for await (const { failed, activations } of activationSteps(climbing)) {
      seen.push(failed.map(({ index }) => index));
      expect(activations).toHaveLength(3);
    }
    expect(seen).toEqual([[], [], [], [], [], [1], [1], [1]]);
  });

  test('what failed last is the error where no image is left, with the best until then', async () => {
    const before = tf.memory().numTensors;
    const failure: unknown = await maximizeActivation({
      ...climbing,
      objective: [logit(withDeadUnit, 1), logit(breakingAbove, 1)],
    }).catch((error) => error);
    expect(failure).toBeInstanceOf(NonFiniteActivationError);
    const { message, bestSoFar } = failure as NonFiniteActivationError;
    expect(message).toBe(
      '@cnnviz/actmax: maximizeActivation: activations must be finite, got NaN or Infinity for image 1 at step 5',
    );
    expect(bestSoFar?.steps).toEqual([0, 4]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('of coupled images the others still get better together', async () => {
    let steps = 0;
    /** From the fourth step on, that of image 1 is not finite. */
    const penalty = (images: Tensor4D) => {
      steps++;
      const nothing = tf.mul(tf.sum(images, [1, 2, 3]), 0) as Tensor1D;
      return steps < 4 ? nothing : (tf.add(nothing, tf.tensor1d([0, Number.NaN, 0])) as Tensor1D);
    };
    const { failed, bestSteps, activations } = await maximize({
      objective: sum(channel(tinyProbe(), [0, 3, 4]), times(0.1, diversity(tinyProbe()))),
      parameterization: pixels({ shape: [8, 8, 1], bounds: [0, 1], deviation: 0.2 }),
      optimizer: adam({ learningRate: 0.01 }),
      regularizers: [{ name: 'breaking', penalty }],
      steps: 8,
      seed: 0,
    });
    expect(failed).toEqual([
      { index: 1, step: 3, reason: 'its activation less the penalties must be finite, got NaN' },
    ]);
    expect(bestSteps[1]).toBeLessThan(3);
    expect(bestSteps[0]).toBeGreaterThan(3);
    expect(bestSteps[2]).toBe(bestSteps[0]);
    expect(activations.every(Number.isFinite)).toBe(true);
  });

  test('the options of dgnAm do the same', async () => {
    const decoder = (codes: Tensor2D) => tf.tidy(() => tf.reshape(tf.sigmoid(codes), [-1, 2, 2, 1])) as Tensor4D;
    const codeBounds = { lower: new Float32Array(4), upper: new Float32Array(4).fill(2) };
    const given = dgnAm(decoder, { codeBounds, range: [0, 1], bounds: [0, 1], steps: 5 });
    const { failed, activations, trace } = await maximize({
      ...given,
      objective: logit(withDeadUnit, [0, 1, 2]),
      seed: 0,
    });
    expect(failed.map(({ index }) => index)).toEqual([1]);
    for (const image of [0, 2]) expect(activations[image]).toBeGreaterThan(trace[0]![image]!);
  });
});
