import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { checker } from './check.ts';
import { areProbabilities, warnOfProbabilities } from './warn-of-probabilities.ts';

const check = checker('@cnnviz/adversarial', 'fgsm');
const warning =
  '@cnnviz/adversarial: fgsm: the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it';

/** Large enough that webgl and webgpu compute it on the device. */
const logitsOf = (rows: number): Tensor2D => tf.tidy(() => tf.sin(tf.reshape(tf.range(0, rows * 500), [rows, 500])));
const softmaxOf = (rows: number): Tensor2D => tf.tidy(() => tf.softmax(logitsOf(rows)));

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

/** Lets values arrive that are on their way: those of a later tensor come later. */
async function settle(): Promise<void> {
  const later = softmaxOf(2);
  await later.data();
  later.dispose();
  await new Promise((resolve) => setTimeout(resolve));
}

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  beforeEach(async () => {
    // The cpu backend has something to say at its first operation.
    await settle();
    warn.mockClear();
  });

  test('warns of probabilities that are disposed at once, and keeps nothing', async () => {
    const before = tf.memory();
    tf.tidy(() => warnOfProbabilities(check, {}, softmaxOf(3)));
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(warn, 'nothing is read synchronously').not.toHaveBeenCalled();
    await settle();
    expect(warn.mock.calls).toEqual([[warning]]);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  test('leaves a tensor that is not disposed as it is', async () => {
    const probabilities = softmaxOf(2);
    const copy = tf.clone(probabilities);
    warnOfProbabilities(check, {}, probabilities);
    await settle();
    probabilities.dispose();
    expect((await copy.data())[0]).toBeGreaterThan(0);
    const before = tf.memory().numDataBuffers;
    copy.dispose();
    expect(tf.memory().numDataBuffers).toBe(before - 1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('warns once for each model, and looks at its first batch only', async () => {
    const [one, other, third] = [{}, {}, {}];
    for (const model of [one, other, one]) tf.tidy(() => warnOfProbabilities(check, model, softmaxOf(1)));
    await settle();
    expect(warn).toHaveBeenCalledTimes(2);
    tf.tidy(() => warnOfProbabilities(check, third, logitsOf(1)));
    tf.tidy(() => warnOfProbabilities(check, third, softmaxOf(1)));
    await settle();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  test('says nothing of logits, of a single class, and of a batch with one row that is no distribution', async () => {
    const rows = [
      [0.25, 0.75],
      [0.5, 0.4],
    ];
    for (const logits of [logitsOf(2), tf.ones<tf.Rank.R2>([3, 1]), tf.tensor2d(rows), tf.zeros<tf.Rank.R2>([0, 3])]) {
      warnOfProbabilities(check, {}, logits);
      logits.dispose();
    }
    await settle();
    expect(warn).not.toHaveBeenCalled();
  });

  test('leaves no rejection unhandled where the values cannot be read', async () => {
    const unhandled = vi.fn();
    const isNode = typeof window === 'undefined';
    if (isNode) process.on('unhandledRejection', unhandled);
    else window.addEventListener('unhandledrejection', unhandled);
    const logits = softmaxOf(2);
    logits.dispose();
    warnOfProbabilities(check, {}, logits);
    await settle();
    if (isNode) process.off('unhandledRejection', unhandled);
    else window.removeEventListener('unhandledrejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('areProbabilities', () => {
  test.each([
    ['a distribution', [0.2, 0.8], 2, true],
    ['certainty', [0, 1, 0, 0, 0, 1], 3, true],
    ['distributions but for rounding', [0.1, 0.899996, 0.5, 0.500004], 2, true],
    ['a sum that rounding does not explain', [0.1, 0.8999], 2, false],
    ['a value below 0', [-0.1, 1.1], 2, false],
    ['one row of several that is none', [0.2, 0.8, 0.2, 0.7], 2, false],
    ['NaN', [Number.NaN, 1], 2, false],
    ['an infinity', [Number.POSITIVE_INFINITY, 0], 2, false],
    ['zeros', [0, 0, 0], 3, false],
    ['a single class', [1, 1, 1], 1, false],
    ['no row', [], 3, false],
  ])('%s', (_, values, classes, expected) => {
    expect(areProbabilities(values, classes)).toBe(expected);
  });
});
