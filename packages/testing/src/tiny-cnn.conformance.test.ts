import { createRandom } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { describeOnBackends, type TinyCnnOptions, tinyCnn, tinyProbe, tinyTrainable } from './index.ts';

const noise = (...shape: [number, number, number, number]): Tensor4D =>
  tf.tensor4d(createRandom(1).fillUniform(new Float32Array(tf.util.sizeFromShape(shape))), shape);

const read = async (compute: () => tf.Tensor) => {
  const tensor = tf.tidy(compute);
  const values = [...(await tensor.data())];
  tensor.dispose();
  return values;
};

const gradientOf = (options: TinyCnnOptions) =>
  read(() => tf.grad((x) => tf.sum(tf.square(tinyCnn(options)(x as Tensor4D))) as tf.Scalar)(noise(2, 8, 8, 1)));

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], (backend) => {
  describe('tinyCnn', () => {
    test('has the same logits and gradients on every backend', async () => {
      const close = (values: number[]) => values.map((value) => expect.closeTo(value, 4));
      expect(await read(() => tinyCnn()(noise(2, 8, 8, 1)))).toEqual(close(goldenLogits));
      expect((await gradientOf({})).slice(60, 64)).toEqual(close(goldenGradient));
    });

    test('treats each image by itself and takes other shapes and numbers of classes', async () => {
      const model = tinyCnn({ shape: [6, 10, 3], classes: 5 });
      const both = await read(() => model(noise(2, 6, 10, 3)));
      expect(both).toHaveLength(10);
      const second = await read(() => model(tf.slice(noise(2, 6, 10, 3), 1, 1) as Tensor4D));
      expect(second).toEqual(both.slice(5).map((value) => expect.closeTo(value, 5)));
    });

    test('gives probabilities with softmax', async () => {
      const probabilities = await read(() => tinyCnn({ softmax: true })(noise(1, 8, 8, 1)));
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      const logits = await read(() => tinyCnn()(noise(1, 8, 8, 1)));
      expect(probabilities).toEqual(
        (await read(() => tf.softmax(tf.tensor1d(logits)))).map((v) => expect.closeTo(v, 5)),
      );
    });

    test('is another network for another seed, and for max pooling', async () => {
      const logitsOf = (options: TinyCnnOptions) => read(() => tinyCnn(options)(noise(1, 8, 8, 1)));
      const results = [await logitsOf({}), await logitsOf({ seed: 1 }), await logitsOf({ pooling: 'max' })];
      expect(new Set(results.map((logits) => logits.map((value) => value.toFixed(3)).join())).size).toBe(3);
    });

    test('leaves no tensor but its logits', () => {
      const images = noise(1, 8, 8, 1);
      const before = tf.memory().numTensors;
      tf.dispose([tinyCnn()(images), tinyProbe()(images)]);
      expect(tf.memory().numTensors).toBe(before);
      images.dispose();
    });
  });

  test('tinyProbe gives six maps of half the size, 0 or more', async () => {
    const maps = tf.tidy(() => tinyProbe()(noise(2, 8, 8, 1)));
    expect(maps.shape).toEqual([2, 4, 4, 6]);
    const values = await maps.data();
    expect(values.every((value) => value >= 0)).toBe(true);
    expect(values.some((value) => value > 0)).toBe(true);
    maps.dispose();
  });

  // Rendered in software, training takes too long there.
  if (backend === 'webgl' || backend === 'webgpu') return;

  describe('tinyTrainable', () => {
    test('is tinyCnn outside training, and another in training', async () => {
      const model = tinyTrainable();
      const images = noise(2, 8, 8, 1);
      const logits = await read(() => tinyCnn()(images));
      expect(await read(() => model.apply(images, { training: false }))).toEqual(logits);
      expect(await read(() => model.apply(images, { training: true }))).not.toEqual(logits);
      tf.dispose([model.variables, images]);
    });

    test('learns', async () => {
      const before = tf.memory().numTensors;
      const model = tinyTrainable();
      const images = noise(6, 8, 8, 1);
      const oneHot = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3));
      const loss = () => tf.losses.softmaxCrossEntropy(oneHot, model.apply(images, { training: true })) as tf.Scalar;
      const [untrained] = await read(loss);
      const optimizer = tf.train.adam(0.02);
      for (let step = 0; step < 30; step++) optimizer.minimize(loss, false, model.variables);
      const [trained] = await read(loss);
      expect(trained).toBeLessThan(0.8 * untrained!);
      optimizer.dispose();
      tf.dispose([model.variables, images, oneHot]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

/** Computed once on cpu. */
const goldenLogits = [-1.06962, 1.10718, 0.62568, -0.79043, 0.98733, 0.50785];
const goldenGradient = [0.0321836, 0.2408045, 0.5099853, 0.242566];
