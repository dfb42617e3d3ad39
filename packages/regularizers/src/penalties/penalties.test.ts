import { runInNewContext } from 'node:vm';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  decayWeights,
  elasticNetPenalty,
  isWeight,
  l1Penalty,
  l2Penalty,
  lambdaOfWeightDecay,
  weightDecayOfLambda,
} from '../index.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

const read = async (tensor: tf.Tensor) => {
  const values = [...(await tensor.data())];
  tensor.dispose();
  return values;
};
const matrix = (values: number[], name?: string) => tf.tidy(() => tf.variable(tf.tensor2d([values]), true, name));

describe('the numbers of the Keras docstrings', () => {
  test('L1L2(0.01, 0.01) … the sum of 25 ones by l1 0.01 and l2 0.2 is 5.25', async () => {
    const ones = tf.tidy(() => tf.variable(tf.ones([5, 5])));
    const [sum] = await read(elasticNetPenalty([ones], { l1: 0.01, l2: 0.2 }));
    expect(sum).toBeCloseTo(5.25, 5);
  });

  test('L2(2) of 5 x 5 ones is 50', async () => {
    const ones = tf.tidy(() => tf.variable(tf.ones([5, 5])));
    expect(await read(l2Penalty([ones], { lambda: 2 }))).toEqual([50]);
  });

  test('tfjs-layers regularizers give the same', async () => {
    const weights = matrix([0.5, -2, 3]);
    for (const [ours, theirs] of [
      [l1Penalty([weights], { lambda: 0.3 }), tfl.regularizers.l1({ l1: 0.3 })],
      [l2Penalty([weights], { lambda: 0.3 }), tfl.regularizers.l2({ l2: 0.3 })],
      [elasticNetPenalty([weights], { l1: 0.3, l2: 0.7 }), tfl.regularizers.l1l2({ l1: 0.3, l2: 0.7 })],
    ] as const) {
      const expected = await read((theirs as unknown as { apply(x: tf.Tensor): tf.Scalar }).apply(weights));
      expect((await read(ours))[0]).toBeCloseTo(expected[0]!, 5);
    }
  });
});

test('values and gradients are the closed forms, for any weights', async () => {
  const weight = fc.integer({ min: 0, max: 400 }).chain((n) => fc.constantFrom(n / 100, -n / 100));
  await fc.assert(
    fc.asyncProperty(
      fc.array(weight, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      async (values, lambda) => {
        const weights = matrix(values);
        const cases = [
          { penalty: l1Penalty, sum: (w: number) => Math.abs(w), slope: Math.sign },
          { penalty: l2Penalty, sum: (w: number) => w * w, slope: (w: number) => 2 * w },
        ];
        for (const { penalty, sum, slope } of cases) {
          const { value, grads } = tf.variableGrads(() => penalty([weights], { lambda }), [weights]);
          const expected = lambda * values.map(sum).reduce((a, b) => a + b);
          expect((await read(value))[0]!).toBeCloseTo(expected, 3);
          const gradient = await read(grads[weights.name]!);
          for (const [i, w] of values.entries()) expect(gradient[i]).toBeCloseTo(lambda * slope(w), 4);
        }
        weights.dispose();
      },
    ),
    { numRuns: 40 },
  );
});

test('weights that are exactly zero stay there', async () => {
  for (const penalty of [
    (weights: tf.Variable) => l1Penalty([weights], { lambda: 0.1 }),
    (weights: tf.Variable) => elasticNetPenalty([weights], { l1: 0.1, l2: 0.1 }),
  ]) {
    const weights = matrix([0, 2, 0, -2, 0]);
    const optimizer = tf.train.sgd(0.1);
    for (let step = 0; step < 11; step++) optimizer.minimize(() => penalty(weights), false, [weights]);
    const values = [...(await read(weights))];
    expect(values.map((value) => value === 0)).toEqual([true, false, true, false, true]);
    expect(values[1]).toBeLessThan(1.9);
    expect(values[3]).toBeCloseTo(-values[1]!, 6);
    optimizer.dispose();
  }
});

describe('what is penalized', () => {
  test('of a LayersModel with batch norm: the kernels alone', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3 }),
        tfl.layers.batchNormalization(),
        tfl.layers.depthwiseConv2d({ kernelSize: 2 }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 2 }),
      ],
    });
    const variables = model.getWeights() as tf.Variable[];
    const chosen = variables.filter(isWeight).map(({ shape }) => shape.length);
    expect(chosen).toEqual([4, 4, 2]);
    const kernels = variables.filter((variable) => variable.rank > 1);
    const expected = (
      await Promise.all(kernels.map(async (k) => [...(await k.data<'float32'>())].reduce((sum, w) => sum + w * w, 0)))
    ).reduce((a, b) => a + b);
    expect((await read(l2Penalty(variables, { lambda: 1 })))[0]).toBeCloseTo(expected, 4);
  });

  test('a name says more than a rank', () => {
    expect(isWeight(matrix([1], 'norm/gamma'))).toBe(false);
    expect(isWeight(matrix([1], 'first/bias_1'))).toBe(false);
    expect(isWeight(matrix([1], 'unbiased'))).toBe(true);
  });

  test('by pattern or by predicate', async () => {
    const first = matrix([1, 1], 'features/kernel');
    const second = matrix([3], 'head/kernel');
    expect(await read(l1Penalty([first, second], { lambda: 1, penalize: /^head/ }))).toEqual([3]);
    expect(await read(l1Penalty([first, second], { lambda: 1, penalize: ({ size }) => size === 2 }))).toEqual([2]);
    const pattern = runInNewContext('/^head/') as RegExp;
    expect(await read(l1Penalty([first, second], { lambda: 1, penalize: pattern }))).toEqual([3]);
    // A pattern that remembers where it last matched must not skip the next name.
    expect(await read(l1Penalty([first, second], { lambda: 1, penalize: /kernel/g }))).toEqual([5]);
  });
});

describe('the conventions of L2', () => {
  const gradientOf = (w: tf.Variable) => tf.mul(w, tf.tensor2d([[0.3, -0.2, 1.5]]));

  test.each([0, 0.9])('under SGD with momentum %d, lambda = wd / 2 in the loss is weight decay', async (momentum) => {
    const weightDecay = 0.1;
    const learningRate = 0.2;
    const weights = matrix([1, -2, 0.5]);
    const optimizer = tf.train.momentum(learningRate, momentum);
    const expected = [1, -2, 0.5];
    const velocity = [0, 0, 0];
    for (let step = 0; step < 5; step++) {
      optimizer.minimize(() => {
        const loss = tf.sum(tf.mul(0.5, tf.mul(weights, gradientOf(weights))));
        return tf.add(loss, l2Penalty([weights], { lambda: lambdaOfWeightDecay(weightDecay) }));
      });
      for (const [i, factor] of [0.3, -0.2, 1.5].entries()) {
        velocity[i] = momentum * velocity[i]! + (factor * expected[i]! + weightDecay * expected[i]!);
        expected[i]! -= learningRate * velocity[i]!;
      }
    }
    for (const [i, value] of (await weights.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    optimizer.dispose();
  });

  test('are converted into each other by a factor of two', () => {
    expect(lambdaOfWeightDecay(5e-4)).toBe(2.5e-4);
    expect(weightDecayOfLambda(0.01)).toBe(0.02);
    expect(() => lambdaOfWeightDecay(-1)).toThrow(/lambdaOfWeightDecay: weightDecay must be a number >= 0, got -1/);
    expect(() => weightDecayOfLambda(-1)).toThrow(/weightDecayOfLambda: lambda must be a number >= 0, got -1/);
  });

  test('under Adam decoupled decay is AdamW, written out', async () => {
    const [learningRate, weightDecay, beta1, beta2, epsilon] = [0.05, 0.4, 0.9, 0.999, 1e-8];
    const factors = [10, 0.01, 1];
    const weights = matrix([1, -2, 0.5]);
    const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
    const expected = [1, -2, 0.5];
    const [m, v] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (let step = 1; step <= 6; step++) {
      decayWeights([weights], { rate: learningRate * weightDecay });
      optimizer.minimize(() => tf.sum(tf.mul(0.5, tf.mul(tf.square(weights), tf.tensor2d([factors])))));
      for (const [i, factor] of factors.entries()) {
        expected[i]! *= 1 - learningRate * weightDecay;
        const gradient = factor * expected[i]!;
        m[i] = beta1 * m[i]! + (1 - beta1) * gradient;
        v[i] = beta2 * v[i]! + (1 - beta2) * gradient ** 2;
        const [mHat, vHat] = [m[i]! / (1 - beta1 ** step), v[i]! / (1 - beta2 ** step)];
        expected[i]! -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
      }
    }
    for (const [i, value] of (await weights.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    optimizer.dispose();
  });

  test('under Adam an L2 penalty hardly shrinks a weight of large gradient, decoupled decay does', async () => {
    const after = async (decoupled: boolean) => {
      const weights = matrix([1]);
      const optimizer = tf.train.adam(0.01);
      for (let step = 0; step < 20; step++) {
        if (decoupled) decayWeights([weights], { rate: 0.01 });
        // The gradient's sign alternates: only the decay has a direction.
        optimizer.minimize(() => {
          const loss = tf.sum(tf.mul(step % 2 === 0 ? 1000 : -1000, weights)) as tf.Scalar;
          return decoupled ? loss : tf.add(loss, l2Penalty([weights], { lambda: 0.5 }));
        });
      }
      optimizer.dispose();
      return (await weights.data())[0]!;
    };
    const [penalized, decayed] = [await after(false), await after(true)];
    expect(penalized - decayed).toBeGreaterThan(0.15);
  });
});

test("the lecture's loss, binary cross-entropy plus λΣ|w|², is one line", async () => {
  const weights = matrix([0.5, -1]);
  const logits = tf.tensor1d([0.2, -0.4]);
  const labels = tf.tensor1d([1, 0]);
  const [value] = await read(
    tf.tidy(() => tf.add(tf.losses.sigmoidCrossEntropy(labels, logits), l2Penalty([weights], { lambda: 0.1 }))),
  );
  const crossEntropy = (Math.log(1 + Math.exp(-0.2)) + Math.log(1 + Math.exp(-0.4))) / 2;
  expect(value).toBeCloseTo(crossEntropy + 0.1 * (0.25 + 1), 5);
  tf.dispose([logits, labels]);
});
