import { createRandom } from '@cnnviz/internal';
import { linearClassifier, linearClosedForm, tinyProbe, useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { channel } from './channel.ts';
import { contentFrom } from './content-from.ts';
import { direction } from './direction.ts';
import { diversity } from './diversity.ts';
import { layer } from './layer.ts';
import { logit } from './logit.ts';
import { type Objective, rememberedActivations } from './objective.ts';
import { logProbability, probability } from './probability.ts';
import { difference, sum, times } from './sum.ts';
import { unit } from './unit.ts';

useBackend('cpu');

const shape = [3, 4, 6, 2] as const;
const values = createRandom(0).fillNormal(new Float32Array(3 * 4 * 6 * 2));
/** A layer that shows its input: its activations are known. */
const itself = (images: Tensor4D) => tf.clone(images);
const at = (image: number, row: number, column: number, channel: number) =>
  values[((image * 4 + row) * 6 + column) * 2 + channel]!;
const positions = Array.from({ length: 24 }, (_, index) => [Math.floor(index / 6), index % 6] as const);
const meanOver = (of: (row: number, column: number) => number) =>
  positions.reduce((total, [row, column]) => total + of(row, column), 0) / 24;

/** The scores of three images, and the gradient of their sum. */
async function scoreOf(objective: Objective, input: ArrayLike<number> = values, size: readonly number[] = shape) {
  const images = tf.tensor4d(Array.from(input), [...size] as Tensor4D['shape']);
  const run = (model: (of: Tensor4D) => Tensor) => model(tf.slice(images, 0, 1));
  const prepared = objective.prepare(rememberedActivations(run), size[0]!);
  const scored = (of: Tensor4D) => prepared.score(rememberedActivations((model) => model(of)));
  const { value, grad } = tf.valueAndGrad(scored)(images);
  const [scores, gradient] = await Promise.all([value.data(), grad.data()]);
  tf.dispose([images, value, grad, ...prepared.held]);
  return { scores: [...scores], gradient: [...gradient] };
}

const closeTo = (expected: readonly number[], digits = 5) => expected.map((value) => expect.closeTo(value, digits));

describe('units', () => {
  test('channel is the mean of a unit over positions', async () => {
    const { scores, gradient } = await scoreOf(channel(itself, [1, 0, 1]));
    const wanted = [1, 0, 1];
    expect(scores).toEqual(
      closeTo(wanted.map((unit, image) => meanOver((row, column) => at(image, row, column, unit)))),
    );
    expect(gradient).toEqual(
      closeTo(Array.from(values, (_, index) => (index % 2 === wanted[Math.floor(index / 48)] ? 1 / 24 : 0))),
    );
  });

  test('unit is one at a position, the middle if not said', async () => {
    const middle = await scoreOf(unit(itself, 1));
    expect(middle.scores).toEqual(closeTo([0, 1, 2].map((image) => at(image, 2, 3, 1))));
    const { scores, gradient } = await scoreOf(unit(itself, [0, 1, 0], { position: [3, 5] }));
    expect(scores).toEqual(closeTo([at(0, 3, 5, 0), at(1, 3, 5, 1), at(2, 3, 5, 0)]));
    expect(gradient.filter((slope) => slope !== 0)).toEqual([1, 1, 1]);
  });

  test('layer is the mean square of all', async () => {
    const { scores } = await scoreOf(layer(itself));
    const squares = [0, 1, 2].map((image) => {
      const own = values.slice(48 * image, 48 * image + 48);
      return own.reduce((total, value) => total + value ** 2, 0) / 48;
    });
    expect(scores).toEqual(closeTo(squares));
  });

  test('direction is the mean product with a vector, weighted by the cosine', async () => {
    const vector = [0.6, -2];
    const product = (image: number, row: number, column: number) =>
      vector[0]! * at(image, row, column, 0) + vector[1]! * at(image, row, column, 1);
    const plain = await scoreOf(direction(itself, vector));
    expect(plain.scores).toEqual(
      closeTo([0, 1, 2].map((image) => meanOver((row, column) => product(image, row, column)))),
    );
    const byAngle = await scoreOf(direction(itself, [vector, vector, vector], { cosinePower: 2 }));
    const weighted = [0, 1, 2].map((image) =>
      meanOver((row, column) => {
        const length = Math.hypot(at(image, row, column, 0), at(image, row, column, 1)) * Math.hypot(...vector);
        return product(image, row, column) * Math.max(0.1, product(image, row, column) / length) ** 2;
      }),
    );
    expect(byAngle.scores).toEqual(closeTo(weighted, 4));
  });

  test('of which there is none are rejected', async () => {
    await expect(scoreOf(channel(itself, 2))).rejects.toThrow(
      new RangeError('@cnnviz/actmax: channel: unit 2 does not exist: the layer has 2, 0 to 1'),
    );
    await expect(scoreOf(unit(itself, [0, 1, 5]))).rejects.toThrow(
      '@cnnviz/actmax: unit: unit 5 does not exist: the layer has 2, 0 to 1',
    );
    await expect(scoreOf(unit(itself, 0, { position: [4, 0] }))).rejects.toThrow(
      "@cnnviz/actmax: unit: position must be within the layer's map [4, 6], got [4, 0]",
    );
    await expect(scoreOf(direction(itself, [1, 2, 3]))).rejects.toThrow(
      '@cnnviz/actmax: direction: directions must be of 2 numbers, one for each unit of the layer, got [1, 2, 3]',
    );
    expect(() => channel(itself, -1)).toThrow('@cnnviz/actmax: channel: units must be an integer >= 0, got -1');
    expect(() => channel(itself, [])).toThrow(
      '@cnnviz/actmax: channel: units must be an integer or one for each image, got []',
    );
    expect(() => direction(itself, [0, 0])).toThrow(
      '@cnnviz/actmax: direction: directions must be other than zero, got [0, 0]',
    );
    expect(() => direction(itself, [[1, 2], [1]])).toThrow(/directions must be vectors of one length/);
    const flat = (images: Tensor4D) => tf.reshape(images, [-1, 48]) as unknown as Tensor4D;
    await expect(scoreOf(layer(flat))).rejects.toThrow(
      '@cnnviz/actmax: layer: probe must be a function from images to activations [n, h, w, units], got float32 tensor [1, 48]',
    );
  });
});

describe('classes', () => {
  const weights = [
    [1, -2, 0.5, 3],
    [-1, 2, 4, -0.5],
    [0.25, 1, -1, 2],
  ];
  const bias = [0.5, -1, 0];
  const model = linearClassifier(weights, bias);
  const closedForm = linearClosedForm(weights, bias);
  const images = [
    [0.1, 0.9, 0.3, 0.5],
    [1, 0, 0, 1],
    [0.2, 0.4, 0.6, 0.8],
  ];
  const size = [3, 2, 2, 1];

  test('logit is that of its class', async () => {
    const { scores, gradient } = await scoreOf(logit(model, [0, 1, 2]), images.flat(), size);
    expect(scores).toEqual(closeTo(images.map((pixels, label) => closedForm.logits(pixels)[label]!)));
    expect(gradient).toEqual(closeTo(weights.flat()));
  });

  test('logProbability and probability are those of the softmax, with their gradients', async () => {
    const logarithm = await scoreOf(logProbability(model, [2, 1, 0]), images.flat(), size);
    const labels = [2, 1, 0];
    expect(logarithm.scores).toEqual(
      closeTo(images.map((pixels, image) => -closedForm.crossEntropy(pixels, labels[image]!))),
    );
    const slopes = images.map((pixels, image) =>
      closedForm.crossEntropyGradient(pixels, labels[image]!).map((slope) => -slope),
    );
    expect(logarithm.gradient).toEqual(closeTo(slopes.flat()));
    const plain = await scoreOf(probability(model, [2, 1, 0]), images.flat(), size);
    const probabilities = images.map((pixels, image) => closedForm.probabilities(pixels)[labels[image]!]!);
    expect(plain.scores).toEqual(closeTo(probabilities));
    expect(plain.gradient).toEqual(
      closeTo(slopes.flatMap((slope, image) => slope.map((value) => value * probabilities[image]!))),
    );
  });

  test('sum, difference and times add, subtract and scale scores and gradients', async () => {
    const objective = sum(logit(model, [0, 1, 2]), times(-0.5, difference(logit(model, 1), logit(model, [2, 0, 1]))));
    const { scores, gradient } = await scoreOf(objective, images.flat(), size);
    const others = [2, 0, 1];
    const combined = (pick: (label: number) => number, image: number) =>
      pick(image) - 0.5 * (pick(1) - pick(others[image]!));
    expect(scores).toEqual(
      closeTo(images.map((pixels, image) => combined((label) => closedForm.logits(pixels)[label]!, image))),
    );
    expect(gradient).toEqual(
      closeTo(
        images.flatMap((_, image) =>
          weights[0]!.map((__, pixel) => combined((label) => weights[label]![pixel]!, image)),
        ),
      ),
    );
    expect(objective.count).toBe(3);
  });

  test('what cannot be composed is rejected', () => {
    expect(() => sum()).toThrow('@cnnviz/actmax: sum: objectives must be at least one, got []');
    expect(() => sum(logit(model, [0, 1]), logit(model, [0, 1, 2]))).toThrow(
      '@cnnviz/actmax: sum: objectives must be for one number of images, got [2, 3]',
    );
    expect(() => times(Number.NaN, logit(model, 0))).toThrow('@cnnviz/actmax: times: factor must be a number, got NaN');
    expect(() => difference(logit(model, 0), model as never)).toThrow(
      /difference: objective must be an objective such as logit\(model, 0\), got/,
    );
  });
});

describe('between images', () => {
  const gram = (image: number) => {
    const entries = [0, 1].flatMap((one) =>
      [0, 1].map(
        (other) => 24 * meanOver((row, column) => at(image, row, column, one) * at(image, row, column, other)),
      ),
    );
    return entries.map((entry) => entry / Math.hypot(...entries));
  };

  test('diversity is 1 less the mean cosine of Gram matrices', async () => {
    const { scores } = await scoreOf(diversity(itself));
    const cosine = (one: number, other: number) =>
      gram(one).reduce((total, entry, index) => total + entry * gram(other)[index]!, 0);
    const expected = [0, 1, 2].map((image) => {
      const others = [0, 1, 2].filter((other) => other !== image);
      return 1 - (cosine(image, others[0]!) + cosine(image, others[1]!)) / 2;
    });
    expect(scores).toEqual(closeTo(expected, 4));
    expect(Math.max(...scores)).toBeGreaterThan(0.01);
  });

  test('diversity is 0 between equal images, and needs two', async () => {
    const one = [...values.slice(0, 48)];
    const { scores } = await scoreOf(diversity(itself), [...one, ...one, ...one]);
    expect(scores).toEqual(closeTo([0, 0, 0]));
    await expect(scoreOf(diversity(itself), one, [1, 4, 6, 2])).rejects.toThrow(
      '@cnnviz/actmax: diversity: count must be at least 2 images to differ from each other, got 1',
    );
  });

  test('contentFrom is less the relative squared distance of activations', async () => {
    const others = tf.tensor4d(createRandom(1).fillNormal(new Float32Array(144)), [3, 4, 6, 2]);
    const wanted = await others.data();
    const { scores } = await scoreOf(contentFrom(itself, others));
    const expected = [0, 1, 2].map((image) => {
      let distance = 0;
      let length = 0;
      for (let index = 48 * image; index < 48 * image + 48; index++) {
        distance += (values[index]! - wanted[index]!) ** 2;
        length += wanted[index]! ** 2;
      }
      return -distance / length;
    });
    expect(scores).toEqual(closeTo(expected));
    const same = await scoreOf(contentFrom(itself, others), wanted);
    expect(same.scores).toEqual(closeTo([0, 0, 0]));
    const small = tf.zeros([1, 2, 2, 2]) as Tensor4D;
    await expect(scoreOf(contentFrom(itself, small))).rejects.toThrow(
      '@cnnviz/actmax: contentFrom: images must be of a size that leads to activations [n, 4, 6, 2], got float32 tensor [1, 2, 2, 2]',
    );
    tf.dispose([others, small]);
  });
});

test('gradients through a network are those of finite differences', async () => {
  const probe = tinyProbe({ shape: [6, 6, 1] });
  const size = [2, 6, 6, 1];
  const pixels = [...createRandom(4).fillUniform(new Float32Array(72))];
  const model = (images: Tensor4D) => tf.tidy(() => tf.mean(probe(images), [1, 2])) as Tensor2D;
  const other = tf.tensor4d(createRandom(5).fillUniform(new Float32Array(36)), [1, 6, 6, 1]);
  const objectives: Record<string, Objective> = {
    probability: times(10, probability(model, [0, 3])),
    layer: layer(probe),
    direction: direction(probe, [1, 0.5, 2, 1, 0, 1], { cosinePower: 1 }),
    diversity: times(10, diversity(probe)),
    contentFrom: contentFrom(probe, other),
    combination: sum(logit(model, 1), times(0.3, unit(probe, 2)), times(-2, channel(probe, [0, 5]))),
  };
  for (const [name, objective] of Object.entries(objectives)) {
    const total = async (moved: number[]) => {
      const { scores } = await scoreOf(objective, moved, size);
      return scores.reduce((a, b) => a + b);
    };
    const { gradient } = await scoreOf(objective, pixels, size);
    expect(Math.max(...gradient.map(Math.abs)), name).toBeGreaterThan(1e-3);
    for (const index of [7, 21, 50]) {
      const step = 5e-4;
      const up = await total(pixels.map((value, at) => (at === index ? value + step : value)));
      const down = await total(pixels.map((value, at) => (at === index ? value - step : value)));
      expect(gradient[index], `${name}, pixel ${index}`).toBeCloseTo((up - down) / (2 * step), 2);
    }
  }
  other.dispose();
});
