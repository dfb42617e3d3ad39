import { linearClassifier, useBackend } from '@cnnviz/testing';
import { damagedJson, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CriticalSampleState } from './count-critical-samples.ts';
import { criticalSampleRatio } from './critical-sample-ratio.ts';
import { fgsm } from './fgsm.ts';
import { type RobustAccuracyState, robustAccuracy } from './robust-accuracy.ts';
import type { CustomAttack } from './robustness-attack.ts';

useBackend('cpu');

const classify = linearClassifier(
  [
    [1, 0, 0, 0.5],
    [0, 1, 0.5, 0],
    [0, 0, 1, 1],
  ],
  [0, 0, 0],
);

/** Three batches of two images. */
const batches = () =>
  [0, 1, 2].map((batch) => ({
    images: tf.tensor4d(
      Array.from({ length: 8 }, (_, index) => ((index * 5 + batch * 3) % 8) / 8),
      [2, 2, 2, 1],
    ),
    labels: tf.tensor1d([batch, 0], 'int32'),
  }));

/** Goes on from each of the damaged states, and looks whether a tensor is left. */
async function fuzzStates<S>(
  states: readonly S[],
  resume: (data: ReturnType<typeof batches>, state: S) => Promise<unknown>,
): Promise<void> {
  const data = batches();
  const before = tf.memory().numTensors;
  for (const state of states) await resume(data, state);
  await fuzz(fc.oneof(...states.map((state) => damagedJson(state))), async (state) => {
    try {
      await resume(data, state);
    } finally {
      expect(tf.memory().numTensors).toBe(before);
    }
  });
  tf.dispose(data);
}

describe('damaged states', () => {
  it('of robust accuracy are gone on from or refused', async () => {
    const states: RobustAccuracyState[] = [];
    const attack = (name: string, epsilon: number) =>
      ({
        name,
        run: async (model, images, labels, { bounds }) => ({
          images: fgsm(model, images, labels, { epsilon, bounds }),
        }),
      }) satisfies CustomAttack;
    const options = { epsilon: 0.3, bounds: [0, 1], seed: 0, attacks: [attack('a', 0.1), attack('b', 0.3)] } as const;
    const onProgress = ({ state }: { state: RobustAccuracyState }) => void states.push(state);
    await robustAccuracy(classify, batches(), { ...options, onProgress });
    expect(states.length).toBeGreaterThan(1);
    await fuzzStates(states, (data, state) => robustAccuracy(classify, data, { ...options, state }));
  });

  it('of critical sample ratios are gone on from or refused', async () => {
    const states: CriticalSampleState[] = [];
    const options = { bounds: [0, 1], radius: 0.2, alpha: 0.1, beta: 0, maxIterations: 2, seed: 0 } as const;
    const onProgress = ({ state }: { state: CriticalSampleState }) => void states.push(state);
    await criticalSampleRatio(classify, batches(), { ...options, onProgress });
    expect(states).toHaveLength(3);
    await fuzzStates(states, (data, state) => criticalSampleRatio(classify, data, { ...options, state }));
  });
});
