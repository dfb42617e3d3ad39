import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  normal,
  relativeError,
  resultOnBoth,
  resultsOnBoth,
  tensorOf,
  useWasm,
} from '../test-support/compare-with-cpu.ts';
import { kernelsFor } from '../test-support/kernels-for.ts';
import { activeWasmBackend } from './wasm-backend.ts';

/** Large enough to be deferred; neither rows nor channels come in whole fours. */
const shape = [3, 30, 29, 11];
const x = normal(shape, 1);
const other = normal(shape, 2);
const row = normal([11], 3);
const axes = [0, 1, 2];

beforeEach(useWasm);

const deviations = () => tf.sub(tensorOf(x), tensorOf(row));

describe('deferred deviations from a row', () => {
  it.each<[string, () => tf.Tensor]>([
    ['themselves', deviations],
    ['their squares', () => tf.square(deviations())],
    ['their fourth powers', () => tf.square(tf.square(deviations()))],
    ['their sum', () => tf.sum(deviations(), axes)],
    ['the mean of their squares', () => tf.mean(tf.square(deviations()), axes, true)],
    ['a mean over other axes', () => tf.mean(deviations(), [1, 2])],
    ['the sum of all', () => tf.sum(tf.square(deviations()))],
    ['the sum of two', () => tf.add(deviations(), tf.sub(tensorOf(other), tensorOf(row)))],
    ['the sum of two of the same', () => tf.add(deviations(), deviations())],
    ['the sum of three', () => tf.add(tf.add(deviations(), deviations()), tf.sub(tensorOf(other), tensorOf(row)))],
    ['the sum of squares and deviations', () => tf.add(tf.square(deviations()), deviations())],
    ['the squares of a sum', () => tf.mean(tf.square(tf.add(deviations(), deviations())), axes)],
    ['the sum with another shape', () => tf.add(deviations(), tf.reshape(deviations(), [1, 3, 30, 29, 11]))],
    ['reshaped rows', () => tf.sum(tf.reshape(deviations(), [-1, 11]), 0)],
    ['reshaped into other rows', () => tf.sum(tf.reshape(deviations(), [11, -1]), 0)],
    ['deviations of deviations', () => tf.sub(deviations(), tensorOf(row))],
    ['from a mean image', () => tf.sub(tensorOf(x), tf.mean(tensorOf(x), 0))],
    ['of few rows', () => tf.moments(tf.reshape(tensorOf(x), [30, -1]), 0).variance],
    ['their product with something', () => tf.mul(deviations(), tensorOf(other))],
  ])('equal cpu: %s', async (_, run) => {
    const { actual, expected } = await resultOnBoth(run);
    expect(relativeError(actual, expected)).toBeLessThan(2e-6);
  });

  it.each<[string, () => tf.Tensor, object]>([
    ['not written to be squared and averaged', () => tf.mean(tf.square(deviations()), axes), { deviationSums: 1 }],
    [
      'read once for their sum and that of their squares',
      () => {
        const both = deviations();
        return tf.add(tf.mean(tf.square(both), axes), tf.sum(both, axes));
      },
      { deviationSums: 1 },
    ],
    ['not written to be added', () => tf.add(deviations(), deviations()), { addNormalized: 1 }],
    ['computed once', () => tf.mul(deviations(), 2), { normalize: 1 }],
  ])('are %s', async (_, run, kernels) => {
    expect(await kernelsFor(run)).toEqual(kernels);
  });

  it('outlive what they are made of, and what they went into', async () => {
    const [from, by] = [tensorOf(x), tensorOf(row)];
    const before = tf.memory().numTensors;
    const first = tf.sub(from, by);
    const sum = tf.add(first, first);
    tf.dispose([from, by, first]);
    const others = Array.from({ length: 4 }, () => tf.fill(shape, 7));
    const expected = x.values.map((value, i) => 2 * (value - row.values[i % 11]!));
    expect(relativeError(await sum.data(), expected)).toBeLessThan(1e-6);
    tf.dispose([sum, others]);
    expect(tf.memory().numTensors).toBe(before - 2);
  });

  it('outlive what is in a sum with itself', async () => {
    const [from, by] = [tensorOf(x), tensorOf(row)];
    const first = tf.sub(from, by);
    // Deferred, of what is not deferred twice.
    const [sum, more] = [tf.add(first, from), tf.add(from, tf.sub(from, by))];
    const relu = tf.relu(more);
    tf.dispose([from, by, first, sum]);
    const others = Array.from({ length: 4 }, () => tf.fill(shape, 7));
    const expected = x.values.map((value, i) => Math.max(0, 2 * value - row.values[i % 11]!));
    expect(relativeError(await relu.data(), expected)).toBeLessThan(1e-6);
    expect(
      relativeError(
        await more.data(),
        x.values.map((value, i) => 2 * value - row.values[i % 11]!),
      ),
    ).toBeLessThan(1e-6);
    tf.dispose([more, relu, others]);
  });

  it('give back their memory when nothing reads them', () => {
    const backend = activeWasmBackend()!;
    const [from, by] = [tensorOf(x), tensorOf(row)];
    const ids = backend.numDataIds();
    for (let time = 0; time < 50; time++) tf.tidy(() => void tf.square(tf.sub(from, by)));
    expect(backend.numDataIds()).toBe(ids);
    const heap = backend.wasm.HEAPU8.length;
    for (let time = 0; time < 500; time++) tf.tidy(() => void tf.square(tf.sub(from, by)));
    expect(backend.wasm.HEAPU8.length).toBe(heap);
    tf.dispose([from, by]);
  });

  it('keep -0, infinities and NaN where they are', async () => {
    const values = new Float32Array(4 * 8192);
    values.set([-0, 0, Infinity, -Infinity, Number.NaN, 1]);
    const difference = tf.tidy(() => tf.sub(tf.tensor(values, [8192, 4]), tf.zeros([4])));
    expect([...(await difference.data()).subarray(0, 6)]).toEqual([-0, 0, Infinity, -Infinity, Number.NaN, 1]);
    difference.dispose();
  });

  it('have exact sums where the mean is far from 0', async () => {
    // 1e4 - 1 and 1e4 + 1 in turns.
    const values = Float32Array.from({ length: 4 * 8192 }, (_, i) => 1e4 + ((i >> 2) % 2 === 0 ? -1 : 1));
    const { mean, variance } = tf.tidy(() => tf.moments(tf.tensor(values, [8192, 4]), 0));
    expect([...(await mean.data())]).toEqual([1e4, 1e4, 1e4, 1e4]);
    expect([...(await variance.data())]).toEqual([1, 1, 1, 1]);
    tf.dispose([mean, variance]);
  });
});

describe('programs of operations that may be deferred', () => {
  const matrices = [normal([1024, 17], 7), normal([1024, 17], 8)];
  const rows = [normal([17], 9), normal([17], 10)];
  type Operation = (a: tf.Tensor, b: tf.Tensor, row: tf.Tensor) => tf.Tensor;
  const operations: Operation[] = [
    (a, _, row) => tf.sub(a, row),
    (a, _, row) => tf.sub(a, row),
    (a) => tf.square(tf.clipByValue(a, -4, 4)),
    (a) => tf.square(tf.clipByValue(a, -4, 4)).clone(),
    (a, _, row) => tf.square(tf.sub(tf.clipByValue(a, -4, 4), row)),
    (a, b) => tf.add(a, b),
    (a, b) => tf.add(a, b),
    (a, b) => tf.mul(tf.clipByValue(a, -1, 1), b),
    (a) => tf.relu(a),
    (a, _, row) => tf.add(a, row),
    (a, b) => tf.sub(a, tf.mean(b, 0)),
    (a, b) => tf.sub(a, tf.mean(tf.square(tf.clipByValue(b, -4, 4)), 0)),
    (a, b) => tf.add(tf.reshape(tf.reshape(a, [17, 1024]), [1024, 17]), b),
    (a, _, row) =>
      tf.batchNorm(a, row as tf.Tensor1D, tf.square(row) as tf.Tensor1D, row as tf.Tensor1D, row as tf.Tensor1D, 0.5),
    (a, _, row) => tf.batchNorm(a, row as tf.Tensor1D, tf.square(row) as tf.Tensor1D, undefined, undefined, 0.5),
    (a) => tf.relu6(a),
    (a) => tf.clipByValue(a, -0.5, 2),
  ];
  const index = fc.nat({ max: 30 });
  const step = fc.record({ operation: fc.nat({ max: operations.length - 1 }), a: index, b: index, row: index });
  const program = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 10 }),
    /** After each step a tensor that is freed. */
    freed: fc.array(fc.option(index), { minLength: 10, maxLength: 10 }),
  });

  type Program = typeof program extends fc.Arbitrary<infer T> ? T : never;

  /** What is left at the end, the last first. */
  async function run(backend: string, { steps, freed }: Program) {
    await tf.setBackend(backend);
    const before = tf.memory();
    const given = rows.map(tensorOf);
    const pool = matrices.map(tensorOf);
    for (const [i, { operation, a, b, row }] of steps.entries()) {
      const [first, second] = [pool[a % pool.length]!, pool[b % pool.length]!];
      pool.push(tf.tidy(() => operations[operation]!(first, second, given[row % given.length]!)));
      const which = freed[i];
      if (which != null && pool.length > 1) pool.splice(which % pool.length, 1)[0]!.dispose();
    }
    const values: Float32Array[] = [];
    for (const tensor of pool.toReversed()) values.push((await tensor.data()) as Float32Array);
    tf.dispose([pool, given]);
    expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    return values;
  }

  /** Without edges at which a rounding decides which way a gradient goes. */
  const smooth: Operation[] = [
    (a, _, row) => tf.sub(a, row),
    (a, _, row) => tf.square(tf.sub(tf.tanh(a), row)),
    (a) => tf.square(tf.tanh(a)),
    (a, b) => tf.add(a, b),
    (a, b) => tf.mul(tf.tanh(a), b),
    (a, b) => tf.sub(a, tf.mean(b, 0)),
    (a, b) => tf.sub(a, tf.mean(tf.square(tf.sub(b, tf.mean(b, 0))), 0)),
    (a, _, row) =>
      tf.batchNorm(a, row as tf.Tensor1D, tf.square(row) as tf.Tensor1D, row as tf.Tensor1D, row as tf.Tensor1D, 0.5),
    // tfjs has no gradient of batch normalization without a scale.
    (a, b, row) =>
      tf.batchNorm(
        a,
        tf.mean(b, 0) as tf.Tensor1D,
        tf.ones<tf.Rank.R1>([17]),
        row as tf.Tensor1D,
        tf.square(row) as tf.Tensor1D,
      ),
    (a, _, row) => tf.mul(a, row),
  ];

  it('have the gradients of cpu', async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ steps }) => {
        const compute = (...given: tf.Tensor[]) => {
          const pool = given.slice(0, 2);
          for (const { operation, a, b, row } of steps) {
            const [first, second] = [pool[a % pool.length]!, pool[b % pool.length]!];
            pool.push(smooth[operation % smooth.length]!(first, second, given[2 + (row % 2)]!));
          }
          // All of them, and both rows.
          const all = pool.reduce((total, each) => tf.add(total, each));
          const y = tf.add(tf.mul(tf.tanh(all), given[2]!), given[3]!);
          return tf.mean(tf.mul(y, tensorOf(matrices[0]!)));
        };
        const gradients = await resultsOnBoth(() => tf.grads(compute)([...matrices, ...rows].map(tensorOf)));
        for (const { actual, expected } of gradients) expect(relativeError(actual, expected)).toBeLessThan(1e-4);
      }),
      { numRuns: 8 },
    );
  });

  it('equal cpu, whatever is freed meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (drawn) => {
        const expected = await run('cpu', drawn);
        const actual = await run('wasm', drawn);
        expected.forEach((values, i) => {
          expect(relativeError(actual[i]!, values)).toBeLessThan(1e-4);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('batch normalization in training', () => {
  const [offset, scale] = [normal([11], 4), normal([11], 5)];
  const weights = normal(shape, 6);
  const normalize = (images: tf.Tensor, offsets: tf.Tensor, scales: tf.Tensor) => {
    const { mean, variance } = tf.moments(images, axes);
    const y = tf.batchNorm4d(
      images as tf.Tensor4D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      offsets as tf.Tensor1D,
      scales as tf.Tensor1D,
      0.001,
    );
    return tf.sum(tf.mul(y, tensorOf(weights)));
  };
  const gradients = () => tf.grads(normalize)([x, offset, scale].map(tensorOf));

  it('has the gradients of cpu with respect to images, offset and scale', async () => {
    for (const { actual, expected } of await resultsOnBoth(gradients)) {
      expect(relativeError(actual, expected)).toBeLessThan(1e-5);
    }
  });

  it('takes few passes over memory', async () => {
    expect(await kernelsFor(() => gradients()[0]!)).toEqual({
      sumAxis: 1,
      spread: 1,
      // Of the moments, and of the gradient.
      deviationSums: 2,
      normalize: 1,
      addNormalized: 1,
    });
  });
});

describe('what follows batch normalization', () => {
  const positive = { ...row, values: row.values.map((value) => value ** 2 + 0.5) };
  const [mean, offset, scale] = [normal([11], 3), normal([11], 4), normal([11], 5)];
  const weights = normal(shape, 6);
  type Inputs = [images: tf.Tensor, offset: tf.Tensor, scale: tf.Tensor, others: tf.Tensor];
  const given = [x, offset, scale, other];
  const normalized = (statistics: 'given' | 'its own', [images, offsets, scales]: Inputs) => {
    const taken =
      statistics === 'given' ? { mean: tensorOf(mean), variance: tensorOf(positive) } : tf.moments(images, axes);
    return tf.batchNorm(
      images,
      taken.mean as tf.Tensor1D,
      taken.variance as tf.Tensor1D,
      offsets as tf.Tensor1D,
      scales as tf.Tensor1D,
      0.001,
    );
  };
  const relu6 = (y: tf.Tensor) => tf.clipByValue(tf.relu(y), 0, 0.6);

  describe.each(['given', 'its own'] as const)('with statistics that are %s', (statistics) => {
    const y = (inputs: Inputs) => normalized(statistics, inputs);

    it.each<[string, (inputs: Inputs) => tf.Tensor]>([
      ['a ReLU', (inputs) => tf.relu(y(inputs))],
      ['a ReLU6 of a product', (inputs) => tf.relu6(tf.mul(y(inputs), 4))],
      ['a ReLU6 of one operation', (inputs) => tf.relu6(y(inputs))],
      ['a ReLU6 of two operations', (inputs) => relu6(y(inputs))],
      ['a clipping away from 0', (inputs) => tf.clipByValue(y(inputs), -0.4, 0.3)],
      ['a leaky ReLU', (inputs) => tf.leakyRelu(y(inputs), 0.2)],
      ['a leaky ReLU on a ReLU', (inputs) => tf.leakyRelu(tf.relu(y(inputs)), 0.2)],
      ['a sum', (inputs) => tf.add(inputs[3], y(inputs))],
      ['a ReLU of a sum', (inputs) => tf.relu(tf.add(y(inputs), inputs[3]))],
      [
        'a sum with what was read before',
        (inputs) => {
          const before = relu6(y(inputs));
          return tf.add(tf.mul(before, inputs[3]), before);
        },
      ],
      [
        'a ReLU, and something else that reads it',
        (inputs) => {
          const first = y(inputs);
          return tf.add(relu6(first), tf.mul(first, inputs[3]));
        },
      ],
      [
        'two ReLUs with other edges',
        (inputs) => {
          const first = y(inputs);
          return tf.add(relu6(first), tf.clipByValue(first, -0.2, 0.9));
        },
      ],
      [
        'a ReLU and another normalization',
        (inputs) => normalized(statistics, [relu6(y(inputs)), inputs[1], inputs[2], inputs[3]]),
      ],
      [
        'another normalization and a ReLU',
        (inputs) => relu6(normalized(statistics, [y(inputs), inputs[1], inputs[2], inputs[3]])),
      ],
      ['a ReLU of a square', (inputs) => tf.relu(tf.square(y(inputs)))],
      ['the square of a ReLU', (inputs) => tf.square(tf.relu(y(inputs)))],
      ['the mean of a ReLU', (inputs) => tf.sub(tf.mean(tf.relu(y(inputs)), axes), tf.mul(inputs[3], 1))],
      ['a row taken from a ReLU', (inputs) => tf.sub(tf.relu(y(inputs)), inputs[1])],
    ])('equals cpu, with all gradients: %s', async (_, f) => {
      const value = await resultOnBoth(() => f(given.map(tensorOf) as Inputs));
      expect(relativeError(value.actual, value.expected)).toBeLessThan(1e-5);
      const loss = (...inputs: tf.Tensor[]) => tf.mean(tf.mul(f(inputs as Inputs), tensorOf(weights)));
      const all = await resultsOnBoth(() => tf.grads(withAll(loss))(given.map(tensorOf)));
      for (const { actual, expected } of all) expect(relativeError(actual, expected)).toBeLessThan(1e-4);
    });
  });

  /** With a part for each input, since a gradient with respect to what is not used is an error. */
  function withAll(f: (...inputs: tf.Tensor[]) => tf.Tensor) {
    return (...inputs: tf.Tensor[]) =>
      inputs.reduce((sum, input) => tf.add(sum, tf.mul(tf.sum(input), 1e-3)), f(...inputs)) as tf.Scalar;
  }

  it('is one pass forward, and its gates none', async () => {
    const inputs = () => given.map(tensorOf) as Inputs;
    expect(await kernelsFor(() => relu6(normalized('given', inputs())))).toEqual({ normalize: 1 });
    const loss = (images: tf.Tensor) => {
      const [, ...others] = inputs();
      return tf.mean(tf.mul(relu6(normalized('its own', [images, ...others])), tensorOf(weights)));
    };
    const expected = { sumAxis: 1, spread: 1, deviationSums: 2, normalize: 1, addGated: 1 };
    expect(await kernelsFor(() => tf.grad(loss)(tensorOf(x)))).toEqual(expected);
  });

  it('keeps NaN where it is', async () => {
    const values = new Float32Array(4 * 8192).fill(1);
    values[2] = Number.NaN;
    const y = tf.tidy(() =>
      tf.relu6(tf.batchNorm(tf.tensor(values, [8192, 4]), tf.zeros<tf.Rank.R1>([4]), tf.ones<tf.Rank.R1>([4]))),
    );
    expect((await y.data()).subarray(0, 5)).toEqual(
      Float32Array.of(1, 1, Number.NaN, 1, 1).map((v) => Math.fround(v / Math.sqrt(1.001))),
    );
    y.dispose();
  });
});

describe('moments', () => {
  const rows = 8192;
  const momentsOf = (values: ArrayLike<number>) => () => {
    const { mean, variance } = tf.moments(tf.tensor(Float32Array.from(values), [rows, 4]), 0);
    return tf.stack([mean, variance]);
  };
  const noise = normal([rows, 4], 20).values;

  it.each<[string, (i: number) => number]>([
    ['around 0', (i) => noise[i]!],
    ['far from 0', (i) => 1e4 + noise[i]!],
    ['that is constant', () => 0.1],
    [
      'of which every row that the guess is made of is an outlier',
      (i) => ((i >> 2) % (rows / 16) === 0 ? 1000 : noise[i]!),
    ],
    ['of which one is', (i) => (i < 4 ? 1e6 : noise[i]!)],
    ['of which some channels are constant', (i) => (i % 4 < 2 ? 0.1 : noise[i]!)],
  ])('are those of double precision, of data %s', async (_, valueAt) => {
    const values = Float32Array.from({ length: 4 * rows }, (_, i) => valueAt(i));
    const actual = [...(await tf.tidy(momentsOf(values)).data())];
    for (let channel = 0; channel < 4; channel++) {
      const own = [...values].filter((_, i) => i % 4 === channel);
      const mean = own.reduce((sum, value) => sum + value, 0) / rows;
      const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
      expect(Math.abs(actual[channel]! - mean)).toBeLessThan(1e-6 * Math.max(1, Math.abs(mean)));
      expect(Math.abs(actual[4 + channel]! - variance)).toBeLessThan(1e-5 * Math.max(1e-6, variance));
    }
  });

  it('take one pass, or two where the guess is far off', async () => {
    expect((await kernelsFor(momentsOf(noise))).deviationSums).toBe(1);
    // With a channel that is constant, as a dead unit is.
    expect((await kernelsFor(momentsOf(noise.map((value, i) => (i % 4 === 0 ? 0.1 : value))))).deviationSums).toBe(1);
    const outliers = Float32Array.from(noise, (value, i) => ((i >> 2) % (rows / 16) === 0 ? 1000 : value));
    expect((await kernelsFor(momentsOf(outliers))).deviationSums).toBe(2);
  });
});
