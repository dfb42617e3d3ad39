import { batchesOf, createRandom, type Trainable } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import {
  combine,
  linearDiscriminator,
  linearEncoder,
  linearGenerator,
  type Matrix,
  multiply,
  transpose,
} from '../../test-support/linear-models.ts';
import { convolutionalDiscriminator } from './convolutional-discriminator.ts';
import {
  decodeGeneratorCheckpoint,
  encodeGeneratorCheckpoint,
  type GeneratorCheckpoint,
  restoreGenerator,
} from './generator-checkpoint.ts';
import { type TrainGeneratorOptions, trainGenerator } from './train-generator.ts';
import { upconvolutionalGenerator } from './upconvolutional-generator.ts';

useBackend('cpu');
afterEach(() => tf.disposeVariables());

const draw = (seed: number, rows: number, columns: number): number[][] => {
  const random = createRandom(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(random.normal())));
};
const imagesOf = (rows: Matrix) => tf.tensor4d(rows.flat(), [rows.length, 2, 2, 1]);
const valuesOf = async (variable: Variable) => (await variable.array()) as number[][];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function expectClose(actual: Matrix, expected: Matrix): void {
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) expect(actual[i]![j]).toBeCloseTo(value, 4);
  }
}

describe('with linear models a step is its closed form', () => {
  const rows = draw(1, 5, 4);
  const encoding = draw(2, 4, 3);
  const comparing = draw(3, 4, 2);
  const start = draw(4, 3, 4);
  const judging = draw(5, 4, 1);
  const rate = 0.01;

  const codes = multiply(rows, encoding);
  const generated = multiply(codes, start);
  const error = combine((a, b) => a - b, generated, rows);
  /** (2 / n) of what the image and the feature loss give. */
  const upstream = {
    image: combine((e) => 2 * e, error),
    feature: combine((e) => 2 * e, multiply(multiply(error, comparing), transpose(comparing))),
    adversarial: multiply(
      combine((logit) => -sigmoid(-logit), multiply(generated, judging)),
      transpose(judging),
    ),
  };
  const stepped = (image: number, feature: number, adversarial: number) => {
    const ofImages = combine(
      (a, b, c) => (image * a + feature * b + adversarial * c) / rows.length,
      upstream.image,
      upstream.feature,
      upstream.adversarial,
    );
    return combine((weight, slope) => weight - rate * slope, start, multiply(transpose(codes), ofImages));
  };
  const squares = (matrix: Matrix) => matrix.flat().reduce((sum, value) => sum + value ** 2, 0) / rows.length;
  const softplus = (matrix: Matrix, sign: 1 | -1) =>
    matrix.flat().reduce((sum, value) => sum + Math.log1p(Math.exp(sign * value)), 0) / rows.length;

  const train = (options: Partial<TrainGeneratorOptions>) => {
    const generator = linearGenerator(start, [2, 2, 1]);
    const result = trainGenerator(generator, linearEncoder(encoding), [imagesOf(rows)], {
      loss: 'l2',
      optimizer: tf.train.sgd(rate),
      epochs: 1,
      comparator: linearEncoder(comparing),
      ...options,
    });
    return result.then(async ({ history }) => ({ history, weights: await valuesOf(generator.variables[0]) }));
  };

  test("of the preset 'l2'", async () => {
    const { weights, history } = await train({});
    expectClose(weights, stepped(1, 0, 0));
    expect(history[0]!.imageLoss).toBeCloseTo(squares(error), 4);
    expect(history[0]!.loss).toBe(history[0]!.imageLoss);
    expect(Object.keys(history[0]!)).toEqual(['epoch', 'learningRate', 'loss', 'imageLoss']);
  });

  test('of the feature loss', async () => {
    const { weights, history } = await train({ loss: { feature: 0.5 } });
    expectClose(weights, stepped(0, 0.5, 0));
    expect(history[0]!.featureLoss).toBeCloseTo(squares(multiply(error, comparing)), 4);
  });

  test('of all three, and of the discriminator', async () => {
    const discriminator = linearDiscriminator(judging.flat());
    const { weights, history } = await train({
      loss: { image: 0.2, feature: 0.3, adversarial: 4 },
      discriminator,
      discriminatorOptimizer: tf.train.sgd(rate),
      pauseDiscriminatorBelow: 0,
    });
    expectClose(weights, stepped(0.2, 0.3, 4));
    const [real, fake] = [multiply(rows, judging), multiply(generated, judging)];
    const record = history[0]!;
    expect(record.adversarialLoss).toBeCloseTo(softplus(fake, -1), 4);
    expect(record.discriminatorLoss).toBeCloseTo(softplus(real, -1) + softplus(fake, 1), 4);
    const slope = combine(
      (a, b) => (a + b) / rows.length,
      multiply(
        transpose(rows),
        combine((logit) => -sigmoid(-logit), real),
      ),
      multiply(transpose(generated), combine(sigmoid, fake)),
    );
    expectClose(
      await valuesOf(discriminator.variables[0]),
      combine((w, s) => w - rate * s, judging, slope),
    );
  });

  test('the discriminator waits where it is too far ahead', async () => {
    const discriminator = linearDiscriminator(judging.flat());
    await train({
      loss: { adversarial: 1 },
      discriminator,
      discriminatorOptimizer: tf.train.sgd(rate),
      pauseDiscriminatorBelow: 1e6,
    });
    expect(await valuesOf(discriminator.variables[0])).toEqual(judging);
  });

  test('it ends at the inverse where there is one', async () => {
    const square = [
      [2, 0, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 1, 0.5],
      [0, 0, 0, 1],
    ];
    const generator = linearGenerator(draw(6, 4, 4), [2, 2, 1]);
    await trainGenerator(generator, linearEncoder(square), [imagesOf(draw(7, 30, 4))], {
      loss: 'l2',
      optimizer: tf.train.sgd(0.1),
      epochs: 300,
    });
    const identity = multiply(square, await valuesOf(generator.variables[0]));
    expectClose(identity, [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
  });
});

describe('small networks', () => {
  const shape = { codeSize: 3, shape: [8, 8, 1], bounds: [-1, 1], hidden: 6, filters: [4, 3] } as const;
  const pictures = () => {
    const random = createRandom(9);
    return tf.tensor4d(random.fillUniform(new Float32Array(12 * 64), -1, 1), [12, 8, 8, 1]);
  };
  const averages = (images: Tensor4D) => tf.reshape(tf.slice(tf.mean(images, 2), 0, [-1, 3, 1]), [-1, 3]) as Tensor2D;
  const batches = (images: Tensor4D) =>
    Array.from(batchesOf({ images }, 4), ({ images: batch }) => tf.clone(batch)) as Tensor4D[];
  const weightsOf = (models: { variables: Variable[] }[]) =>
    Promise.all(models.flatMap(({ variables }) => variables.map(async (variable) => [...(await variable.data())])));
  const optimizers = () => ({ optimizer: tf.train.adam(0.01), discriminatorOptimizer: tf.train.momentum(0.01, 0.9) });

  test('learn, and resumed anywhere give the same weights bit for bit', async () => {
    const data = batches(pictures());
    const models = () => ({
      generator: upconvolutionalGenerator({ ...shape, seed: 0 }),
      discriminator: convolutionalDiscriminator({ shape: shape.shape, filters: [2, 3], seed: 1 }),
    });
    const run = async (own: ReturnType<typeof models>, options: Partial<TrainGeneratorOptions>) => {
      const { history } = await trainGenerator(own.generator, averages, data, {
        loss: { image: 1, feature: 2, adversarial: 3 },
        epochs: 3,
        discriminator: own.discriminator,
        ...optimizers(),
        ...options,
      });
      return { history, weights: await weightsOf([own.generator, own.discriminator]) };
    };
    const checkpoints: GeneratorCheckpoint[] = [];
    const whole = await run(models(), {
      checkpointEvery: 2,
      onCheckpoint: (checkpoint) => void checkpoints.push(checkpoint),
    });
    expect(checkpoints.map(({ epoch, batch }) => [epoch, batch])).toEqual([
      [0, 2],
      [1, 0],
      [1, 2],
      [2, 0],
      [2, 2],
      [3, 0],
    ]);
    expect(whole.history[2]!.imageLoss).toBeLessThan(whole.history[0]!.imageLoss);
    for (const kept of [checkpoints[0]!, checkpoints[3]!]) {
      const resume = decodeGeneratorCheckpoint(encodeGeneratorCheckpoint(kept));
      const other = {
        generator: upconvolutionalGenerator({ ...shape, seed: 5 }),
        discriminator: convolutionalDiscriminator({ shape: shape.shape, filters: [2, 3], seed: 6 }),
      };
      expect(await run(other, { resume })).toEqual(whole);
    }
    const shipped = upconvolutionalGenerator({ ...shape, seed: 7 });
    restoreGenerator(shipped.variables, checkpoints.at(-1)!);
    expect(await weightsOf([shipped])).toEqual(whole.weights.slice(0, shipped.variables.length));
  });

  test('a checkpoint of another training is refused', async () => {
    const data = batches(pictures());
    let kept: GeneratorCheckpoint | undefined;
    const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
    const l2 = { loss: 'l2', epochs: 1, optimizer: tf.train.adam(0.01) } as const;
    await trainGenerator(generator, averages, data, {
      ...l2,
      onCheckpoint: (checkpoint) => {
        kept = checkpoint;
      },
    });
    const checkpoint = kept!;
    const wider = upconvolutionalGenerator({ ...shape, hidden: 7, seed: 0 });
    const refused = (model: typeof wider, options: Partial<TrainGeneratorOptions>) =>
      expect(trainGenerator(model, averages, data, { ...l2, resume: checkpoint, ...options })).rejects;
    await refused(wider, {}).toThrow(/trainGenerator: resume must be of a generator float32\[3,7\]/);
    await refused(generator, { optimizer: tf.train.sgd(1) }).toThrow(/optimizer must be "?Adam/);
    await refused(generator, { resume: { ...checkpoint, version: 2 } }).toThrow(
      /cannot resume from this state: it is of trainGenerator, version 2; expected trainGenerator, version 1/,
    );
    const discriminator = convolutionalDiscriminator({ shape: shape.shape, seed: 0 });
    await refused(generator, { loss: { adversarial: 1 }, discriminator, ...optimizers() }).toThrow(
      /cannot resume from this state: it was saved by a training without adversarial loss/,
    );
    expect(() => restoreGenerator(wider.variables, checkpoint)).toThrow(/restoreGenerator: checkpoint must be of/);
    expect(() => decodeGeneratorCheckpoint(new Uint8Array(40))).toThrow(/bytes must begin like a checkpoint/);
  });

  test('the encoder and the comparator do not change', async () => {
    const encoder = convolutionalDiscriminator({ shape: shape.shape, filters: [2], seed: 3 });
    const before = await weightsOf([encoder]);
    const generator = upconvolutionalGenerator({ ...shape, codeSize: 1, seed: 0 });
    const encode = (images: Tensor4D) => encoder.apply(images, { training: false });
    await trainGenerator(generator, encode, batches(pictures()), {
      loss: { image: 1, feature: 1 },
      optimizer: tf.train.adam(0.1),
      epochs: 1,
    });
    expect(await weightsOf([encoder])).toEqual(before);
  });

  test('show samples: the images above, what is made of their features below', async () => {
    const images = pictures();
    const at: unknown[] = [];
    const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
    await trainGenerator(generator, averages, batches(images), {
      loss: 'l2',
      optimizer: tf.train.sgd(0),
      epochs: 2,
      samples: {
        images: tf.slice(images, 0, [3, -1, -1, -1]),
        bounds: [-1, 1],
        onPicture: async (picture, place) => {
          at.push(place);
          expect(picture.shape).toEqual([17, 26, 3]);
          const generated = generator.apply(averages(images), { training: false });
          const [shown, made] = await Promise.all([picture.array(), generated.array()]);
          const original = await images.array();
          expect(shown[2]![11]![0]).toBeCloseTo((original[1]![2]![2]![0]! + 1) / 2, 5);
          expect(shown[11]![11]![0]).toBeCloseTo((made[1]![2]![2]![0]! + 1) / 2, 5);
        },
      },
    });
    expect(at).toEqual([
      { epoch: 0, batch: 3 },
      { epoch: 1, batch: 3 },
    ]);
  });

  test('a loss that is not finite leaves the last good weights', async () => {
    const data = batches(pictures());
    const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
    const good: number[][][] = [await weightsOf([generator])];
    const training = trainGenerator(
      generator,
      averages,
      [data[0]!, data[1]!, tf.mul(data[2]!, Number.NaN) as Tensor4D],
      {
        loss: 'l2',
        optimizer: tf.train.sgd(0.001),
        epochs: 1,
        onProgress: async () => void good.push(await weightsOf([generator])),
      },
    );
    await expect(training).rejects.toThrow(/the loss must be finite, got NaN in epoch 0, batch 2/);
    expect(await weightsOf([generator])).toEqual(good[1]);
  });
});

test('the builders count as their documentation says, and keep the bounds', async () => {
  const size = (variables: Variable[]) => variables.reduce((sum, variable) => sum + variable.size, 0);
  const gray = upconvolutionalGenerator({ codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], seed: 0 });
  expect(size(gray.variables)).toBe(10 * 256 + 839_521);
  const color = upconvolutionalGenerator({
    codeSize: 4,
    shape: [32, 32, 3],
    bounds: [-1, 1],
    seed: 0,
    hidden: 4,
    filters: [8, 4, 2],
  });
  const images = color.apply(tf.fill([2, 4], 1e4), { training: false });
  expect(images.shape).toEqual([2, 32, 32, 3]);
  const values = await images.data();
  expect(Math.max(...values)).toBeLessThanOrEqual(1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
  const wrong = { codeSize: 4, bounds: [0, 1], seed: 0 } as const;
  expect(() => upconvolutionalGenerator({ ...wrong, shape: [30, 28, 1] })).toThrow(/divisible by 4/);
  expect(() => gray.apply(tf.zeros([1, 9]), { training: false })).toThrow(/codes must be of shape \[n, 10\]/);
  const trainable: Trainable = convolutionalDiscriminator({ shape: [7, 9, 2], seed: 0 });
  expect(trainable.apply(tf.zeros([3, 7, 9, 2]), { training: true }).shape).toEqual([3, 1]);
});
