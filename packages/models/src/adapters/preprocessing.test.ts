import { checker } from '@cnnviz/internal';
import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkPreprocessing, preprocessings, preprocessor } from './preprocessing.ts';

const check = checker('@cnnviz/models', 'classifier');

describeOnBackends(['cpu', 'wasm'], () => {
  it('subtracts the mean and divides by the deviation on the range of the model', async () => {
    const mean = [100, 50, 0];
    const deviation = [2, 5, 10];
    const pixels = [0.5, 0.2, 1, 0, 1, 0.1];
    const levels = pixels.map((value) => value * 255);
    for (const [bounds, values] of [
      [[0, 1], pixels],
      [[-1, 1], pixels.map((value) => value * 2 - 1)],
      [[0, 255], levels],
    ] as const) {
      const images = tf.tensor4d([...values], [1, 1, 2, 3]);
      const output = preprocessor(check, { range: [0, 255], mean, deviation }, { bounds, channels: 3 })(images);
      (await output.data()).forEach((value, i) => {
        expect(value).toBeCloseTo((levels[i]! - mean[i % 3]!) / deviation[i % 3]!, 3);
      });
      tf.dispose([images, output]);
    }
  });

  it('computes nothing where nothing is to be done', () => {
    const images = tf.zeros([1, 1, 1, 3]) as Tensor4D;
    expect(preprocessor(check, { range: [0, 1] }, { bounds: [0, 1], channels: 3 })(images)).toBe(images);
    images.dispose();
  });

  it("is what Keras' preprocess_input gives, by its names", async () => {
    // Red, green and blue of two pixels; expected values by keras.applications.imagenet_utils.preprocess_input of Keras 3.15.
    const levels = [0, 51, 102, 153, 204, 255];
    const expected = {
      tf: [-1, -0.6, -0.2, 0.2, 0.6, 1],
      caffe: [-1.939, -65.779, -123.68, 151.061, 87.221, 29.32],
      torch: [-2.117904, -1.14285707, -0.02666659, 0.50218344, 1.53571427, 2.64],
    };
    for (const name of ['tf', 'caffe', 'torch'] as const) {
      const images = tf.tensor4d(levels, [1, 1, 2, 3]);
      const output = preprocessor(check, preprocessings[name], { bounds: [0, 255], channels: 3 })(images);
      (await output.data()).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[name][i]!, 3);
      });
      tf.dispose([images, output]);
    }
  });

  it('gives a network that takes channels first what it takes, and a gradient through both orders', async () => {
    const images = tf.tensor4d([0, 0.1, 0.2, 0.3, 0.4, 0.5], [1, 1, 2, 3]);
    const preprocess = preprocessor(
      check,
      { range: [0, 10], channelOrder: 'bgr', dataFormat: 'channelsFirst' },
      { bounds: [0, 1], channels: 3 },
    );
    const output = preprocess(images);
    expect(output.shape).toEqual([1, 3, 1, 2]);
    (await output.data()).forEach((value, i) => {
      expect(value).toBeCloseTo([2, 5, 1, 4, 0, 3][i]!, 5);
    });
    const weights = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
    const gradient = tf.grad((x) => tf.sum(tf.mul(preprocess(x as Tensor4D), weights)))(images);
    expect([...(await gradient.data())]).toEqual([50, 30, 10, 60, 40, 20]);
    tf.dispose([images, output, weights, gradient]);
  });
});

describe('preprocessing', () => {
  it.each([
    [undefined, '{ range, mean, deviation, … } or "tf", "caffe" or "torch", got undefined'],
    ['keras', 'must be one of "tf", "caffe", "torch", got "keras"'],
    [{ range: [1, 0] }, 'preprocessing.range must be two finite numbers'],
    [{ range: [0, 1], mean: 'gray' }, 'preprocessing.mean must be a number for each channel, got "gray"'],
    [{ range: [0, 1], mean: [1, 2] }, 'preprocessing.mean must be 3 numbers, one for each channel, got [1, 2]'],
    [{ range: [0, 1], deviation: [1, 0, 1] }, 'preprocessing.deviation must be a number > 0, got 0'],
    [{ range: [0, 1], channelOrder: 'grb' }, 'preprocessing.channelOrder must be one of "rgb", "bgr", got "grb"'],
    [{ range: [0, 1], dataFormat: 'NCHW' }, 'preprocessing.dataFormat must be one of "channelsLast", "channelsFirst"'],
    [{ range: [0, 1], size: [224] }, 'preprocessing.size must be 2 whole sizes >= 1, got [224]'],
    [{ range: [0, 1], fit: 'pad' }, 'preprocessing.fit must be one of "crop", "stretch", got "pad"'],
  ])('refuses %j', (preprocessing, message) => {
    expect(() =>
      preprocessor(check, checkPreprocessing(check, preprocessing), { bounds: [0, 1], channels: 3 }),
    ).toThrow(message);
  });

  it('refuses an order of channels that gray images do not have', () => {
    expect(() => preprocessor(check, preprocessings.caffe, { bounds: [0, 1], channels: 1 })).toThrow(
      'preprocessing.mean must be 1 numbers',
    );
    expect(() => preprocessor(check, { range: [0, 1], channelOrder: 'bgr' }, { bounds: [0, 1], channels: 1 })).toThrow(
      'preprocessing.channelOrder must be "rgb" for images of 1 channels, got "bgr"',
    );
  });
});
