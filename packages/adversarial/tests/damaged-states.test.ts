import { linearClassifier, useBackend } from '@cnnviz/testing';
import { damagedJson, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fgsm } from '../src/attacks/fgsm.ts';
import type { CriticalSampleState } from '../src/critical-samples/count-critical-samples.ts';
import {
  type CriticalSampleRatioProgress,
  criticalSampleRatio,
} from '../src/critical-samples/critical-sample-ratio.ts';
import { robustAccuracy } from '../src/robust-accuracy/robust-accuracy.ts';
import type { RobustAccuracy } from '../src/robust-accuracy/robust-accuracy-result.ts';
import type { CustomAttack } from '../src/robust-accuracy/robustness-attack.ts';
import type { RobustAccuracyState } from '../src/robust-accuracy/robustness-state.ts';

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

/** Resumes from each of the damaged states, and checks that no tensor is left. */
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

const attack = (name: string, epsilon: number) =>
  ({
    name,
    run: async (model, images, labels, { bounds }) => ({ images: fgsm(model, images, labels, { epsilon, bounds }) }),
  }) satisfies CustomAttack;
const robustness = { epsilon: 0.3, bounds: [0, 1], seed: 0, attacks: [attack('a', 0.1), attack('b', 0.3)] } as const;

async function robustnessStates(): Promise<RobustAccuracyState[]> {
  const states: RobustAccuracyState[] = [];
  const data = batches();
  await robustAccuracy(classify, data, { ...robustness, onProgress: ({ state }) => void states.push(state()) });
  tf.dispose(data);
  return states;
}

describe('damaged states', () => {
  it('of robust accuracy are resumed from or refused', async () => {
    const states = await robustnessStates();
    expect(states.length).toBeGreaterThan(1);
    await fuzzStates(states, (data, state) => robustAccuracy(classify, data, { ...robustness, resume: state }));
  });

  it('of robust accuracy that are of fewer or more images or batches are refused', async () => {
    const states = await robustnessStates();
    const data = batches();
    const resume = (state: RobustAccuracyState) => robustAccuracy(classify, data, { ...robustness, resume: state });
    for (const state of states) {
      const { length } = state.brokenBy;
      for (const brokenBy of [state.brokenBy.slice(1), [...state.brokenBy, null], []]) {
        await expect(resume({ ...state, brokenBy })).rejects.toThrow(
          `resume.brokenBy.length must be ${length}, one entry per image so far, got ${brokenBy.length}`,
        );
      }
      await expect(resume({ ...state, batches: state.batches + 1 })).rejects.toThrow(
        /resume\.brokenBy\.length must be/,
      );
      await expect(resume({ ...state, batches: 4 })).rejects.toThrow(
        'resume.batches must be at most the 3 batches that there',
      );
    }
    tf.dispose(data);
  });

  it('of robust accuracy at a smaller epsilon are taken or refused', async () => {
    const data = batches();
    const smaller = await robustAccuracy(classify, data, { ...robustness, epsilon: 0.1 });
    tf.dispose(data);
    await fuzzStates<RobustAccuracy>([smaller], (data, damaged) =>
      robustAccuracy(classify, data, { ...robustness, smaller: damaged }),
    );
  });

  it('of critical sample ratios are resumed from or refused', async () => {
    const states: CriticalSampleState<'criticalSampleRatio'>[] = [];
    const options = { bounds: [0, 1], radius: 0.2, alpha: 0.1, beta: 0, maxSteps: 2, seed: 0 } as const;
    const onProgress = ({ state }: CriticalSampleRatioProgress) => void states.push(state());
    await criticalSampleRatio(classify, batches(), { ...options, onProgress });
    expect(states).toHaveLength(3);
    await fuzzStates(states, (data, state) => criticalSampleRatio(classify, data, { ...options, resume: state }));
  });
});
