import { batchesOf, disposeOptimizer } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { corruptionChart, randomizationCurves, summarizeRuns } from '../src/charts/randomization-charts.ts';
import {
  type RandomizationTestOptions,
  type RandomizationTestState,
  randomizationTest,
} from '../src/randomization/randomization-test.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../src/training/checkpoint.ts';
import { EarlyStopping, type EarlyStoppingState } from '../src/training/early-stopping.ts';
import { train } from '../src/training/train.ts';
import { denseModel, patternExamples } from '../test-support/dense-model.ts';

useBackend('cpu');

let examples: ReturnType<typeof patternExamples>;
beforeAll(() => {
  examples = patternExamples(6);
});

const training = () =>
  ({
    seed: 0,
    validation: batchesOf(examples, 6),
    earlyStopping: { monitor: 'validationLoss', mode: 'min', patience: 3, restoreBest: true },
  }) as const;

const optimizers = { adam: () => tf.train.adam(0.01), momentum: () => tf.train.momentum(0.1, 0.9) };

async function checkpointsOf(kind: keyof typeof optimizers): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  const model = denseModel({ hidden: 2 });
  await train(model, batchesOf(examples, 3), {
    ...training(),
    optimizer: optimizers[kind](),
    epochs: 2,
    checkpointEvery: 1,
    onCheckpoint: (checkpoint) => void checkpoints.push(checkpoint),
  });
  return checkpoints.slice(0, 3);
}

const asJson = (value: object): unknown =>
  JSON.parse(JSON.stringify(value, (_, each) => (each instanceof Float32Array ? { float32: [...each] } : each)));

function fromJson<T>(json: T): T {
  return JSON.parse(JSON.stringify(json) ?? 'null', (_, each) => {
    const values = (each as { float32?: unknown } | null)?.float32;
    return Array.isArray(values) && values.every((value) => typeof value === 'number')
      ? Float32Array.from(values)
      : each;
  }) as T;
}

describe('damaged states', () => {
  it.each(['adam', 'momentum'] as const)('of a training with %s are resumed or refused', async (kind) => {
    const checkpoints = await checkpointsOf(kind);
    expect(fromJson(asJson(checkpoints[0]!))).toEqual(checkpoints[0]);
    const damaged = fc.oneof(...checkpoints.map((each) => damagedJson(asJson(each) as Checkpoint)));
    const before = tf.memory().numTensors;
    await fuzz(damaged, async (json) => {
      const model = denseModel({ hidden: 2 });
      const optimizer = optimizers[kind]();
      try {
        const resume = fromJson(json);
        await train(model, batchesOf(examples, 3), { ...training(), optimizer, epochs: 2, resume });
      } finally {
        disposeOptimizer(optimizer);
        tf.dispose(model.variables);
        expect(tf.memory().numTensors).toBe(before);
      }
    });
  });

  it('of a checkpoint in bytes are read or refused', async () => {
    const [, checkpoint] = await checkpointsOf('adam');
    await fuzz(damagedBytes(encodeCheckpoint(checkpoint!)), decodeCheckpoint);
    await fuzz(
      damagedJson(asJson(checkpoint!) as Checkpoint).filter((json) => json?.version === 1),
      (json) => decodeCheckpoint(encodeCheckpoint(fromJson(json))),
    );
  });

  it('of early stopping are resumed or refused', async () => {
    const options = { mode: 'min', patience: 2, restoreBest: true } as const;
    const { variables } = denseModel({ hidden: 2 });
    const stopping = new EarlyStopping(options);
    for (const [epoch, loss] of [0.5, 0.4, 0.6, 0.7].entries()) await stopping.observe(epoch, loss, variables);
    const before = tf.memory().numTensors;
    await fuzz(damagedJson(asJson(stopping.state()) as EarlyStoppingState), async (json) => {
      try {
        const other = new EarlyStopping({ ...options, resume: fromJson(json) });
        await other.observe(4, 0.5, variables);
        other.restore(variables);
        tf.dispose(other.bestWeights() ?? []);
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    });
  });

  it('of a randomization test are resumed or refused', async () => {
    const options: RandomizationTestOptions = {
      classes: 3,
      createModel: ({ seed }) => denseModel({ seed, hidden: 2 }),
      createOptimizer: () => tf.train.sgd(0.1),
      epochs: 2,
      seeds: [0],
    };
    const runs = await randomizationTest({ train: examples, test: examples }, options);
    const before = tf.memory().numTensors;
    const state: RandomizationTestState = { kind: 'randomizationTest', version: 1, runs };
    await fuzz(damagedJson(state), async (resume) => {
      try {
        const all = await randomizationTest({ train: examples, test: examples }, { ...options, resume });
        for (const look of [summarizeRuns, randomizationCurves]) look(all);
        corruptionChart(all, { classes: 3 });
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    });
  });
});
