import { disposeOptimizer } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, fuzz } from '@cnnviz/testing/damaged';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AscentState } from '../src/ascent/ascent-state.ts';
import { type MaximizeActivationOptions, maximizeActivation } from '../src/ascent/maximize-activation.ts';
import {
  decodeGeneratorCheckpoint,
  encodeGeneratorCheckpoint,
  type GeneratorCheckpoint,
} from '../src/generators/generator-checkpoint.ts';
import { trainGenerator } from '../src/generators/train-generator.ts';
import { logit } from '../src/objectives/logit.ts';
import { pixels } from '../src/parameterizations/pixels.ts';
import { jitter } from '../src/transforms/jitter.ts';
import { pad } from '../src/transforms/pad.ts';
import { linearDiscriminator, linearGenerator } from '../test-support/linear-models.ts';

useBackend('cpu');

const encoder = (images: Tensor4D) => tf.reshape(images, [images.shape[0], 4]) as Tensor2D;
const square = [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row === column ? 0.5 : 0.1)));

/** Trains for two epochs of two batches, and frees all that it made. */
async function trained(isAdversarial: boolean, options: Partial<Parameters<typeof trainGenerator>[3]>): Promise<void> {
  const before = tf.memory().numTensors;
  const generator = linearGenerator(square, [2, 2, 1]);
  const discriminator = linearDiscriminator([0.5, 0.1, 0.1, 0.1]);
  const optimizer = tf.train.adam(0.01);
  const discriminatorOptimizer = tf.train.momentum(0.01, 0.9);
  const batches = [1, 2].map((value) => tf.fill([1, 2, 2, 1], value / 4) as Tensor4D);
  const adversary = { loss: { image: 1, adversarial: 1 }, discriminator, discriminatorOptimizer };
  try {
    await trainGenerator(generator, encoder, batches, {
      loss: 'l2',
      ...(isAdversarial && adversary),
      optimizer,
      epochs: 2,
      ...options,
    });
  } finally {
    for (const each of [optimizer, discriminatorOptimizer]) disposeOptimizer(each);
    tf.dispose([...generator.variables, ...discriminator.variables, ...batches]);
    expect(tf.memory().numTensors).toBe(before);
  }
}

async function checkpointsOf(isAdversarial: boolean): Promise<GeneratorCheckpoint[]> {
  const checkpoints: GeneratorCheckpoint[] = [];
  await trained(isAdversarial, { checkpointEvery: 1, onCheckpoint: (each) => void checkpoints.push(each) });
  return checkpoints.slice(0, 3);
}

const asJson = <T extends object>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, each) => (each instanceof Float32Array ? { float32: [...each] } : each)));

const fromJson = <T>(json: T): T =>
  JSON.parse(JSON.stringify(json) ?? 'null', (_, each) => {
    const values = (each as { float32?: unknown } | null)?.float32;
    return Array.isArray(values) && values.every((value) => typeof value === 'number')
      ? Float32Array.from(values)
      : each;
  });

describe('damaged states', () => {
  it.each([
    ['L2', false],
    ['adversarial', true],
  ])('of a training with the %s loss are resumed or refused', async (_, isAdversarial) => {
    const checkpoints = await checkpointsOf(isAdversarial);
    const damaged = fc.oneof(...checkpoints.map((each) => damagedJson(asJson(each))));
    await fuzz(damaged, (json) => trained(isAdversarial, { resume: fromJson(json) }));
  });

  it('of an ascent are resumed or refused', async () => {
    const states: AscentState[] = [];
    const options: MaximizeActivationOptions = {
      objective: logit(encoder, [0, 2]),
      parameterization: pixels({ shape: [2, 2, 1], bounds: [0, 1] }),
      transforms: [pad({ pixels: 1 }), jitter({ pixels: 2 })],
      steps: 3,
      stopAt: 0.9,
      rejectZeroGradient: false,
      seed: 0,
    };
    const ascend = async (more: Partial<MaximizeActivationOptions>) => {
      const before = tf.memory().numTensors;
      try {
        const { images, last } = await maximizeActivation({ ...options, ...more });
        tf.dispose([images, last.images]);
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    };
    await ascend({ onProgress: async ({ state }) => void states.push(await state()) });
    const damaged = fc.oneof(...states.map((state) => damagedJson(state)));
    await fuzz(damaged, (json) => ascend({ resume: json as AscentState }));
  });

  it('of a checkpoint in bytes are read or refused', async () => {
    const [, checkpoint] = await checkpointsOf(true);
    await fuzz(damagedBytes(encodeGeneratorCheckpoint(checkpoint!)), decodeGeneratorCheckpoint);
  });
});
