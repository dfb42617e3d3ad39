import type { Classifier } from '@cnnviz/internal';
import { tinyCnn, useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  logit,
  logProbability,
  maximizeActivation,
  type Objective,
  pixels,
  probability,
  sum,
  synthesisQuality,
} from '../src/index.ts';

useBackend('wasm');

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeEach(() => void warn.mockClear());

const parameterization = pixels({ shape: [8, 8, 1], bounds: [0, 1], deviation: 0.2 });

async function maximize(objective: Objective | Objective[]): Promise<void> {
  const { images, last } = await maximizeActivation({ objective, parameterization, steps: 2, seed: 0 });
  tf.dispose([images, last.images]);
}

const asking: Record<string, (model: Classifier) => Promise<void>> = {
  logit: (model) => maximize(logit(model, [0, 1])),
  probability: (model) => maximize(probability(model, [0, 1])),
  logProbability: (model) => maximize([logProbability(model, 0), sum(logit(model, 1), logit(model, 2))]),
  synthesisQuality: async (judge) => {
    const units = (images: Tensor4D) => tf.mean(images, [1, 2]) as Tensor2D;
    const images = tf.fill([2, 8, 8, 1], 0.5) as Tensor4D;
    await synthesisQuality([{ method: 'pixels', unit: 0, images }], { units, judge, data: [images] });
    images.dispose();
  },
};

describe('a model that ends in a softmax is warned of once, by the name of what needs its logits', () => {
  test.each(Object.keys(asking))('%s', async (name) => {
    for (const softmax of [true, false]) {
      const model = tinyCnn({ softmax });
      for (let call = 0; call < 2; call++) await asking[name]!(model);
    }
    expect(warn.mock.calls).toEqual([
      [
        `@cnnviz/actmax: ${name}: the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it`,
      ],
    ]);
  });
});
