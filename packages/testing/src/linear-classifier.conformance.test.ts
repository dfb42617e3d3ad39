import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { constantClassifier, describeOnBackends, linearClassifier, linearClosedForm } from './index.ts';

const weights = [
  [1, -2, 0.5, 0],
  [-1, 3, 0, 0.25],
  [0, 0, -1, 2],
];
const bias = [0.5, -0.5, 0];
const pixels = [0.25, 0.5, -1, 2];

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  const read = async (compute: () => tf.Tensor) => {
    const tensor = tf.tidy(compute);
    const values = [...(await tensor.data())];
    tensor.dispose();
    return values;
  };
  const images = () => tf.tensor4d(pixels, [1, 2, 2, 1]);
  const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5));

  describe('linearClassifier', () => {
    const model = linearClassifier(weights, bias);
    const closedForm = linearClosedForm(weights, bias);

    test('gives the logits of the closed form, for each image of a batch', async () => {
      const logits = await read(() => model(tf.concat([images(), tf.zerosLike(images())])));
      expect(logits).toEqual(close([...closedForm.logits(pixels), ...bias]));
      // By hand: 0.25 - 1 - 0.5 + 0.5.
      expect(closedForm.logits(pixels)[0]).toBe(-0.75);
    });

    test('has the cross-entropy and the gradient of the closed form', async () => {
      for (const label of [0, 1, 2]) {
        const oneHot = (): Tensor2D => tf.oneHot(tf.tensor1d([label], 'int32'), 3) as Tensor2D;
        const loss = (x: tf.Tensor) => tf.losses.softmaxCrossEntropy(oneHot(), model(x as tf.Tensor4D)) as tf.Scalar;
        expect(await read(() => loss(images()))).toEqual(close([closedForm.crossEntropy(pixels, label)]));
        const gradient = await read(() => tf.grad(loss)(images()));
        expect(gradient).toEqual(close(closedForm.crossEntropyGradient(pixels, label)));
        const logit = (x: tf.Tensor) => tf.sum(tf.mul(model(x as tf.Tensor4D), oneHot())) as tf.Scalar;
        expect(await read(() => tf.grad(logit)(images()))).toEqual(close(closedForm.logitGradient(label)));
      }
    });

    test('leaves no tensor but its logits', () => {
      const input = images();
      const before = tf.memory().numTensors;
      model(input).dispose();
      expect(tf.memory().numTensors).toBe(before);
      input.dispose();
    });
  });

  test('constantClassifier gives its logits for every image, and a gradient of zero', async () => {
    const model = constantClassifier([1, -2, 3]);
    expect(await read(() => model(tf.concat([images(), tf.ones([1, 2, 2, 1])])))).toEqual([1, -2, 3, 1, -2, 3]);
    const gradient = await read(() => tf.grad((x) => tf.sum(model(x as tf.Tensor4D)) as tf.Scalar)(images()));
    expect(gradient.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
});

test('the closed form has the gradient that finite differences have', () => {
  const { crossEntropy, crossEntropyGradient, probabilities } = linearClosedForm(weights, bias);
  const step = 1e-6;
  for (const label of [0, 1, 2]) {
    const differences = pixels.map((_, moved) => {
      const at = (by: number) =>
        crossEntropy(
          pixels.map((value, pixel) => value + (pixel === moved ? by : 0)),
          label,
        );
      return (at(step) - at(-step)) / (2 * step);
    });
    const gradient = crossEntropyGradient(pixels, label);
    expect(gradient).toEqual(differences.map((value) => expect.closeTo(value, 8)));
    expect(Math.exp(-crossEntropy(pixels, label))).toBeCloseTo(probabilities(pixels)[label]!, 12);
  }
});
