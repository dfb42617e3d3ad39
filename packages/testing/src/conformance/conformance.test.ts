import {
  type Classifier,
  checker,
  createRandom,
  type LongWork,
  reportProgress,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { describeOnBackends } from '../describe-on-backends.ts';
import { tinyCnn } from '../tiny-cnn.ts';
import type { Algorithm } from './algorithm.ts';
import { conformance, conformanceChecks } from './conformance.ts';

interface WalkInputs {
  [key: string]: unknown;
  model: Classifier;
  images: Tensor4D;
}

interface WalkOptions extends LongWork<number> {
  steps: number;
  seed: number;
}

const check = checker('@cnnviz/testing', 'walk');

/** A correct asynchronous algorithm: random steps away from the mean logit, within [0, 1]. */
async function walk(
  { model, images }: WalkInputs,
  options: WalkOptions,
): Promise<{ images: Tensor4D; logits: number[] }> {
  check.number('steps', options.steps, { integer: true, min: 1 });
  const random = createRandom(check.seed('seed', options.seed));
  let current = tf.clone(images);
  try {
    let logits: number[] = [];
    for (let step = 0; step < options.steps; step++) {
      throwIfAborted(options);
      const output = model(current);
      logits = [...(await output.data())];
      output.dispose();
      if (!logits.every(Number.isFinite)) check.failBecause('state', `logits must be finite at step ${step}`);
      const noise = random.fillUniform(new Float32Array(current.size), -0.1, 0.1);
      const next = tf.tidy(() => tf.clipByValue(tf.add(current, tf.tensor4d(noise, current.shape)), 0, 1)) as Tensor4D;
      current.dispose();
      current = next;
      await reportProgress(options, step);
    }
    return { images: current, logits };
  } catch (error) {
    current.dispose();
    throw error;
  }
}

const walking: Algorithm<WalkInputs, WalkOptions> = {
  name: 'walk',
  inputs: () => ({ model: tinyCnn(), images: tf.fill([4, 8, 8, 1], 0.5) as Tensor4D }),
  models: ['model'],
  options: { steps: 3, seed: 0 },
  run: walk,
  badOptions: [[{ steps: 0 }, /steps must be an integer >= 1, got 0/]],
  badInputs: [],
  seeded: true,
  abortable: true,
  bounds: [0, 1],
  nonFinite: /logits must be finite at step 0/,
};

interface HalveInputs {
  [key: string]: unknown;
  images: Tensor4D;
  labels: Tensor1D;
}

interface HalveOptions {
  times: number;
}

const halving: Algorithm<HalveInputs, HalveOptions> = {
  name: 'halve',
  inputs: () => ({
    images: tf.fill([4, 2, 2, 1], 0.5) as Tensor4D,
    labels: tf.tensor1d([0, 1, 2, 1], 'int32'),
  }),
  options: { times: 2 },
  run: ({ images, labels }, { times }) => {
    const checkHalve = checker('@cnnviz/testing', 'halve');
    checkHalve.number('times', times, { min: 0 });
    checkHalve.images('images', images);
    return tf.tidy(() => tf.mul(images, tf.reshape(tf.pow(0.5, tf.mul(labels, times)), [-1, 1, 1, 1])));
  },
  badOptions: [[{ times: -1 }, /times must be a number >= 0, got -1/]],
  badInputs: [[() => ({ images: tf.zeros([2, 2]) }), /images must be a float32 tensor \[n, h, w, c\]/]],
  sync: true,
  batched: { inputs: ['images', 'labels'] },
  bounds: [0, 1],
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance(walking);
  conformance(halving);
});

describeOnBackends(['cpu'], () => {
  describe('the battery', () => {
    const failing: [title: string, checkName: string, broken: Algorithm<never, never>][] = [
      brokenWalk('a leak on success', 'leaks no tensor', async (inputs, options) => {
        tf.zeros([1]);
        return walk(inputs, options);
      }),
    ];
    test.each(failing)('fails %s', async (_, checkName, broken) => {
      const found = conformanceChecks(broken).find(({ name }) => name === checkName);
      await expect(found!.run()).rejects.toThrow();
    });
  });
});

function brokenWalk(title: string, checkName: string, run: typeof walk): [string, string, Algorithm<never, never>] {
  return [title, checkName, { ...walking, run } as unknown as Algorithm<never, never>];
}
