import { runInNewContext } from 'node:vm';
import { createRandom, type Random } from '@cnnviz/internal';
import { linearClassifier, tinyCnn, tinyProbe, useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { channel } from '../objectives/channel.ts';
import { diversity } from '../objectives/diversity.ts';
import { layer } from '../objectives/layer.ts';
import { logit } from '../objectives/logit.ts';
import { logProbability } from '../objectives/probability.ts';
import { difference, sum, times } from '../objectives/sum.ts';
import { unit } from '../objectives/unit.ts';
import { adam } from '../optimizers/adam.ts';
import { normalizedAscent } from '../optimizers/normalized-ascent.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { fourier } from '../parameterizations/fourier.ts';
import { generator } from '../parameterizations/generator.ts';
import type { Parameterization } from '../parameterizations/parameterization.ts';
import { pixels } from '../parameterizations/pixels.ts';
import { decay } from '../regularizers/decay.ts';
import { totalVariation } from '../regularizers/total-variation.ts';
import { jitter } from '../transforms/jitter.ts';
import { pad } from '../transforms/pad.ts';
import { type AscentState, NonFiniteActivationError } from './activation-steps.ts';
import { type MaximizeActivationOptions, maximizeActivation } from './maximize-activation.ts';

useBackend('cpu');

const weights = [
  [1, -2, 0.5, 3],
  [-1, 2, 4, -0.5],
  [0.25, 1, -1, 2],
];
const bias = [0.5, -1, 0];
const linear = linearClassifier(weights, bias);
const fourPixels = { shape: [2, 2, 1], bounds: [0, 1] } as const;

async function maximize(options: MaximizeActivationOptions) {
  const { images, last, ...rest } = await maximizeActivation(options);
  const read = async (tensor: Tensor4D) => {
    const values = (await tensor.array()) as number[][][][];
    tensor.dispose();
    return values.map((image) => image.flat(2));
  };
  const lastImages = await read(last.images);
  return { ...rest, images: await read(images), last: { images: lastImages, activations: last.activations } };
}

describe('on a linear classifier', () => {
  test('pixels reach the corner of the bounds that the weights point to', async () => {
    for (const optimizer of [adam({ learningRate: 0.2 }), normalizedAscent({ initial: 0.2 })]) {
      const { images, activations } = await maximize({
        objective: logit(linear, [0, 1, 2]),
        parameterization: pixels(fourPixels),
        optimizer,
        steps: 40,
        seed: 0,
      });
      expect(images).toEqual(weights.map((row) => row.map((weight) => (weight > 0 ? 1 : 0))));
      const largest = weights.map((row, index) =>
        row.reduce((total, weight) => total + Math.max(0, weight), bias[index]!),
      );
      expect(activations).toEqual(largest.map((value) => expect.closeTo(value, 5)));
    }
  });

  test('a code reaches the corner of its box by the sign of its gradient', async () => {
    const basis = [
      [0.1, 0.2, -0.1, 0.05],
      [-0.2, 0.1, 0.1, 0.1],
    ];
    const decoder = (codes: Tensor2D) =>
      tf.tidy(() => tf.reshape(tf.add(tf.matMul(codes, tf.tensor2d(basis)), 0.5), [-1, 2, 2, 1])) as Tensor4D;
    const codeBounds = { lower: [-1, 0], upper: [0.5, 1.5] };
    const { variables, activations } = await maximize({
      objective: logit(linear, [0, 1, 2]),
      parameterization: generator(decoder, { codeLength: 2, range: [0, 1], bounds: [0, 1], codeBounds }),
      optimizer: normalizedAscent({ initial: 0.5 }),
      steps: 20,
      seed: 0,
    });
    const gradients = weights.map((row) => basis.map((wave) => wave.reduce((total, b, i) => total + b * row[i]!, 0)));
    const corners = gradients.map((gradient) =>
      gradient.map((slope, index) => (slope > 0 ? codeBounds.upper : codeBounds.lower)[index]!),
    );
    expect([...variables]).toEqual(corners.flat());
    for (const [label, row] of weights.entries()) {
      const image = row.map(
        (_, pixel) => 0.5 + basis[0]![pixel]! * corners[label]![0]! + basis[1]![pixel]! * corners[label]![1]!,
      );
      const expected = row.reduce((total, weight, pixel) => total + weight * image[pixel]!, bias[label]!);
      expect(activations[label]).toBeCloseTo(expected, 5);
    }
  });

  test('each step is the optimizer’s, then the bounds, then the regularizers, in this order', async () => {
    const steps: number[][] = [];
    await maximize({
      objective: logit(linear, 0),
      parameterization: pixels({ ...fourPixels, deviation: 0 }),
      optimizer: normalizedAscent({ initial: 0.4, final: 0 }),
      regularizers: [decay({ factor: 0.9 })],
      steps: 4,
      seed: 0,
      onProgress: async ({ state }) => {
        steps.push([...(await state()).variables]);
      },
    });
    const mean = weights[0]!.reduce((total, weight) => total + Math.abs(weight), 0) / 4;
    let expected = [0.5, 0.5, 0.5, 0.5];
    for (let step = 0; step < 4; step++) {
      const length = 0.4 + ((0 - 0.4) * step) / 4;
      expected = expected.map((value, pixel) => {
        const moved = value + (length * weights[0]![pixel]!) / mean;
        return 0.9 * Math.min(1, Math.max(0, moved));
      });
      expect(steps[step]).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    }
  });
});

describe('what is kept', () => {
  /** The first pixel, up to 0.6; beyond it falls. */
  const peak = (images: Tensor4D) =>
    tf.tidy(() =>
      tf.neg(tf.abs(tf.sub(tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]), 0.6))),
    ) as Tensor2D;

  test('the best of the run, where it overshoots, with its step and the trace', async () => {
    const { images, activations, bestSteps, last, trace, variables, state } = await maximize({
      objective: logit(peak, 0),
      parameterization: pixels({ ...fourPixels, deviation: 0 }),
      optimizer: normalizedAscent({ initial: 0.02 }),
      steps: 4,
      seed: 0,
    });
    // All of the gradient is in one of four pixels, whose steps are four times the mean.
    expect(trace.flat()).toEqual([-0.1, -0.02, -0.06, -0.02, -0.06].map((value) => expect.closeTo(value, 5)));
    expect(bestSteps).toEqual([1]);
    expect(images[0]![0]).toBeCloseTo(0.58, 5);
    expect(variables[0]).toBe(images[0]![0]);
    expect(activations[0]).toBeCloseTo(-0.02, 5);
    expect(last.activations[0]).toBeCloseTo(-0.06, 5);
    expect(last.images[0]![0]).toBeCloseTo(0.66, 5);
    expect(state.step).toBe(4);
  });

  test('coupled images are the best together, of one step', async () => {
    const { bestSteps } = await maximize({
      objective: sum(channel(tinyProbe(), [0, 3, 4]), times(5, diversity(tinyProbe()))),
      parameterization: pixels({ shape: [8, 8, 1], bounds: [0, 1], deviation: 0.2 }),
      optimizer: adam({ learningRate: 0.2 }),
      steps: 6,
      seed: 0,
    });
    expect(new Set(bestSteps).size).toBe(1);
  });

  test('an image that has reached stopAt rests, and the run ends once all have', async () => {
    const options: MaximizeActivationOptions = {
      objective: logit(linear, [0, 1]),
      parameterization: pixels({ ...fourPixels, deviation: 0 }),
      optimizer: normalizedAscent({ initial: 0.05 }),
      steps: 40,
      stopAt: 3,
      seed: 0,
    };
    const { activations, steps, trace, bestSteps } = await maximize(options);
    expect(Math.min(...activations)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...activations)).toBeLessThan(3.6);
    expect(steps).toBeLessThan(20);
    expect(trace).toHaveLength(steps + 1);
    const firsts = [0, 1].map((image) => trace.findIndex((row) => row[image]! >= 3));
    expect(bestSteps).toEqual(firsts);
    expect(Math.max(...firsts)).toBe(steps);
    expect(trace.at(-1)![firsts[0]! < firsts[1]! ? 0 : 1]).toBe(
      trace[Math.min(...firsts)]![firsts[0]! < firsts[1]! ? 0 : 1],
    );
  });

  test('with transforms, the best and the last are scored as they are', async () => {
    const model = tinyCnn();
    const { images, activations, last, trace } = await maximizeActivation({
      objective: logit(model, [0, 1]),
      parameterization: fourier({ shape: [8, 8, 1], bounds: [0, 1] }),
      transforms: [pad(1), jitter(2)],
      steps: 5,
      seed: 0,
    });
    for (const scored of [{ images, activations }, last]) {
      const logits = model(scored.images);
      const values = (await logits.array()) as number[][];
      expect(scored.activations).toEqual([values[0]![0], values[1]![1]].map((value) => expect.closeTo(value!, 5)));
      tf.dispose([logits, scored.images]);
    }
    expect(trace).toHaveLength(6);
    for (const image of [0, 1]) expect(activations[image]).toBeGreaterThanOrEqual(last.activations[image]!);
  });
});

describe('resume', () => {
  const options = (): MaximizeActivationOptions => ({
    objective: sum(logit(tinyCnn(), [0, 1]), times(0.5, diversity(tinyProbe()))),
    parameterization: fourier({ shape: [8, 8, 1], bounds: [0, 1] }),
    transforms: [pad(1), jitter(2)],
    regularizers: [totalVariation({ weight: 0.1 })],
    steps: 6,
    seed: 3,
  });

  test('goes on from any step to the same bit, also from JSON', async () => {
    const states: AscentState[] = [];
    const whole = await maximize({ ...options(), onProgress: async ({ state }) => void states.push(await state()) });
    for (const state of [states[0]!, states[3]!]) {
      expect(await maximize({ ...options(), resume: state })).toEqual(whole);
    }
    const asJson = JSON.parse(
      JSON.stringify(states[2], (_, value) => (value instanceof Float32Array ? [...value] : value)),
    );
    expect(await maximize({ ...options(), resume: asJson })).toEqual(whole);
  });

  test('takes a state of another realm', async () => {
    const states: AscentState[] = [];
    const whole = await maximize({ ...options(), onProgress: async ({ state }) => void states.push(await state()) });
    const copyOf = runInNewContext('(values) => new Float32Array(values)') as (values: Float32Array) => Float32Array;
    const { variables, memory, best, ...rest } = states[2]!;
    const elsewhere = {
      ...rest,
      variables: copyOf(variables),
      memory: memory.map(copyOf),
      best: { ...best, variables: copyOf(best.variables) },
    };
    expect(await maximize({ ...options(), resume: elsewhere })).toEqual(whole);
  });

  test('takes the run further than it was to go', async () => {
    const { state } = await maximize({ ...options(), steps: 4 });
    expect(await maximize({ ...options(), resume: state })).toEqual(await maximize(options()));
  });

  test('rejects a state of another run', async () => {
    const { state } = await maximize({ ...options(), steps: 1 });
    await expect(maximize({ ...options(), objective: logit(tinyCnn(), 0), resume: state })).rejects.toThrow(
      '@cnnviz/actmax: maximizeActivation: resume must be a state of variables [1, 1, 8, 8], got [2, 1, 8, 8]',
    );
    await expect(
      maximize({ ...options(), optimizer: normalizedAscent({ initial: 1 }), resume: state }),
    ).rejects.toThrow(/resume must be a state of the optimizer normalizedAscent/);
  });
});

describe('bad input', () => {
  const gray = pixels(fourPixels);

  test('a unit that does not exist: says how many there are', async () => {
    await expect(maximize({ objective: logit(linear, 3), parameterization: gray, seed: 0 })).rejects.toThrow(
      new RangeError('@cnnviz/actmax: logit: class 3 does not exist: the model has 3, 0 to 2'),
    );
    const parameterization = pixels({ shape: [8, 8, 1], bounds: [0, 1] });
    await expect(maximize({ objective: channel(tinyProbe(), [0, 6]), parameterization, seed: 0 })).rejects.toThrow(
      new RangeError('@cnnviz/actmax: channel: unit 6 does not exist: the layer has 6, 0 to 5'),
    );
  });

  test('images that a model refuses: says of which size, with the model’s error as the cause', async () => {
    const failure: unknown = await maximize({
      objective: logit(linear, 0),
      parameterization: pixels({ shape: [3, 2, 1], bounds: [0, 1] }),
      seed: 0,
    }).catch((error) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toMatch(
      /maximizeActivation: a model of the objective refuses images \[1, 3, 2, 1\]: .+/,
    );
    expect((failure as Error).cause).toBeInstanceOf(Error);
  });

  test('no gradient at the start: says of which images, and what may help', async () => {
    const dead = (images: Tensor4D) => tf.relu(tf.sub(linear(images), 10)) as Tensor2D;
    await expect(maximize({ objective: logit(dead, [0, 1]), parameterization: gray, seed: 0 })).rejects.toThrow(
      /the gradient at the start is zero for images 0, 1, .* robustness\(\)/,
    );
    const { steps } = await maximize({
      objective: logit(dead, [0, 1]),
      parameterization: gray,
      rejectZeroGradient: false,
      steps: 2,
      seed: 0,
    });
    expect(steps).toBe(2);
  });

  test('NaN in the middle: the best so far comes with the error', async () => {
    let calls = 0;
    const breaking = (images: Tensor4D) => tf.mul(linear(images), ++calls > 4 ? Number.NaN : 1) as Tensor2D;
    const before = tf.memory().numTensors;
    const failure: unknown = await maximize({
      objective: logit(breaking, [0, 1]),
      parameterization: gray,
      optimizer: normalizedAscent({ initial: 0.01 }),
      seed: 0,
    }).catch((error) => error);
    expect(failure).toBeInstanceOf(NonFiniteActivationError);
    const { message, bestSoFar } = failure as NonFiniteActivationError;
    expect(message).toBe(
      '@cnnviz/actmax: maximizeActivation: activations must be finite, got NaN or Infinity for image 0 at step 3',
    );
    expect(bestSoFar?.shape).toEqual([2, 2, 2, 1]);
    expect(bestSoFar?.steps).toEqual([2, 2]);
    const images = tf.tensor4d(bestSoFar!.images, [2, 2, 2, 1]);
    const logits = linear(images);
    const values = (await logits.array()) as number[][];
    expect(bestSoFar?.activations).toEqual([values[0]![0], values[1]![1]].map((value) => expect.closeTo(value!, 5)));
    tf.dispose([images, logits]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('several objectives take the images one after the other, as they would alone', async () => {
  const parameterization = (first: number, count: number) => {
    const all = tf.tensor4d(
      Array.from({ length: 192 }, (_, index) => ((index * 37) % 64) / 64),
      [3, 8, 8, 1],
    );
    return pixels({ shape: [8, 8, 1], bounds: [0, 1], from: tf.slice(all, [first, 0, 0, 0], [count, 8, 8, 1]) });
  };
  const objectives = [logit(tinyCnn(), [0, 2]), channel(tinyProbe(), 3)];
  const run = { steps: 3, seed: 0 };
  const together = await maximize({ ...run, objective: objectives, parameterization: parameterization(0, 3) });
  const first = await maximize({ ...run, objective: objectives[0]!, parameterization: parameterization(0, 2) });
  const second = await maximize({ ...run, objective: objectives[1]!, parameterization: parameterization(2, 1) });
  const expected = [...first.activations, ...second.activations];
  expect(together.activations).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  const pixelsOf = [...first.images, ...second.images].flat();
  expect(together.images.flat()).toEqual(pixelsOf.map((value) => expect.closeTo(value, 5)));
});

describe('ten objectives in one batch draw what ten runs with the same starts draw, to 5e-5', () => {
  const classes = Array.from({ length: 10 }, (_, label) => label);
  const shape = [8, 8, 1] as const;
  const network = { shape, classes: classes.length };
  const [classifier, probe] = [tinyCnn(network), tinyProbe(network)];
  const objectives = [
    ...classes.slice(0, 5).map((label) => logit(classifier, label)),
    logProbability(classifier, 6),
    difference(logit(classifier, 7), times(0.5, logit(classifier, 8))),
    channel(probe, 5),
    unit(probe, 3),
    layer(probe),
  ];
  const waves = createRandom(1).fillNormal(new Float32Array(3 * 64));
  const decoder = (codes: Tensor2D) =>
    tf.tidy(() => tf.reshape(tf.sigmoid(tf.matMul(codes, tf.tensor2d(waves, [3, 64]))), [-1, 8, 8, 1])) as Tensor4D;

  const startsOf = (numbers: number, fill: (random: Random, values: Float32Array) => Float32Array) => {
    const values = fill(createRandom(2), new Float32Array(objectives.length * numbers));
    return (first: number, count: number) => values.slice(first * numbers, (first + count) * numbers);
  };
  const imagesOf = startsOf(64, (random, values) => random.fillUniform(values, 0.2, 0.8));
  const codesOf = startsOf(3, (random, values) => random.fillNormal(values));
  const images = (first: number, count: number) => tf.tensor4d(imagesOf(first, count), [count, ...shape]);

  test.each<[string, Optimizer, (first: number, count: number) => Parameterization]>([
    ['pixels', adam(), (first, count) => pixels({ shape, bounds: [0, 1], from: images(first, count) })],
    ['fourier', adam(), (first, count) => fourier({ shape, bounds: [0, 1], from: images(first, count) })],
    [
      'generator',
      normalizedAscent({ initial: 0.1, final: 0 }),
      (first, count) =>
        generator(decoder, {
          codeLength: 3,
          range: [0, 1],
          bounds: [0, 1],
          from: tf.tensor2d(codesOf(first, count), [count, 3]),
        }),
    ],
  ])('%s', async (_, optimizer, startingFrom) => {
    const run = { optimizer, steps: 6, seed: 0 };
    const { length } = objectives;
    const together = await maximize({ ...run, objective: objectives, parameterization: startingFrom(0, length) });
    expect(together.activations).toHaveLength(length);
    for (const [index, objective] of objectives.entries()) {
      const alone = await maximize({ ...run, objective, parameterization: startingFrom(index, 1) });
      const isClose = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));
      expect(together.images[index]).toEqual(isClose(alone.images[0]!));
      expect(together.last.images[index]).toEqual(isClose(alone.last.images[0]!));
      expect(together.activations[index]).toBeCloseTo(alone.activations[0]!, 4);
      expect(together.trace.map((row) => row[index])).toEqual(isClose(alone.trace.map(([value]) => value!)));
      // The run has changed the image, so that there is something to compare.
      expect(alone.activations[0]! - alone.trace[0]![0]!).toBeGreaterThan(0.01);
    }
  });
});

test('a model runs once in each step, however many objectives ask for it', async () => {
  let calls = 0;
  const probe = tinyProbe();
  const counted = (images: Tensor4D) => {
    calls++;
    return probe(images);
  };
  await maximize({
    objective: [sum(channel(counted, 0), channel(counted, 1)), channel(counted, 4)],
    parameterization: pixels({ shape: [8, 8, 1], bounds: [0, 1], deviation: 0.1 }),
    steps: 3,
    seed: 0,
  });
  // Once to look at it, once a step, once for the last images.
  expect(calls).toBe(5);
});

test('no weight changes', async () => {
  const weight: Tensor = tf.variable(tf.tensor2d([[1], [2], [3], [4]]));
  const before = [...(await weight.data())];
  const model = (images: Tensor4D) => tf.tidy(() => tf.matMul(tf.reshape(images, [-1, 4]), weight)) as Tensor2D;
  await maximize({ objective: logit(model, 0), parameterization: pixels(fourPixels), steps: 3, seed: 0 });
  expect([...(await weight.data())]).toEqual(before);
  weight.dispose();
});
