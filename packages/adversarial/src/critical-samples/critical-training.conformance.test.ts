import type { LabeledImages } from '@cnnviz/internal';
import { conformance, describeOnBackends, tinyCnn, tinyTrainable } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { criticalSampleBatches } from './critical-sample-batches.ts';
import { type CriticalSampleRatioOptions, criticalSampleRatio } from './critical-sample-ratio.ts';
import { type CriticalSampleSweepOptions, criticalSampleSweep } from './critical-sample-sweep.ts';
import { trainOnCriticalSamples } from './train-on-critical-samples.ts';

const shape = [4, 4, 1] as const;
const drawImages = () => tf.tidy(() => tf.div(tf.reshape(tf.range(0, 48), [3, ...shape]), 47)) as Tensor4D;
const drawBatch = (): LabeledImages => ({
  images: drawImages(),
  labels: tf.tensor1d([0, 1, 2], 'int32') as Tensor1D,
});

const nonFinite = /logits must be finite, got NaN or Infinity for image \d+ at step \d+/;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance({
    name: 'criticalSampleRatio',
    inputs: () => ({ model: tinyCnn({ shape }), batches: [drawImages()] }),
    models: ['model'],
    options: { bounds: [0, 1], radius: 0.1, maxIterations: 1, seed: 0 } as CriticalSampleRatioOptions,
    run: ({ model, batches }, options) => criticalSampleRatio(model, batches, options),
    badOptions: [
      [{ radius: -1 }, /radius must be a number >= 0, got -1/],
      [{ confidence: 1 }, /confidence must be a number > 0 and < 1, got 1/],
      [{ state: { version: 2 } }, /state must be a state of version 1, got 2/],
    ],
    badInputs: [
      [() => ({ batches: [] }), /batches must be at least one batch, got \[\]/],
      [() => ({ batches: [tf.fill([1, ...shape], 2) as Tensor4D] }), /images must be within \[0, 1\], got 2/],
    ],
    seeded: 'without effect',
    abortable: true,
    nonFinite,
  });

  conformance({
    name: 'trainOnCriticalSamples',
    inputs: () => ({ model: tinyTrainable({ shape }), batches: [drawBatch()] }),
    models: ['model'],
    modifies: ['model'],
    options: { bounds: [0, 1] as const, radius: 0.1, maxIterations: 1, epochs: 2, weight: 0.5, seed: 0 },
    run: async ({ model, batches }, options) => {
      const optimizer = tf.train.sgd(0.1);
      try {
        return (await trainOnCriticalSamples(model, batches, { ...options, optimizer })).history;
      } finally {
        optimizer.dispose();
      }
    },
    badOptions: [
      [{ epochs: 0 }, /epochs must be an integer >= 1, got 0/],
      [{ weight: '0.5' }, /weight must be a number >= 0 and <= 1, got "0.5"/],
      [{ seed: -1 }, /seed must be an integer >= 0/],
    ],
    seeded: true,
    abortable: true,
    nonFinite: /must be finite/,
  });
});

// What these do on the device is the same search.
describeOnBackends(['cpu', 'wasm'], () => {
  conformance({
    name: 'criticalSampleSweep',
    inputs: () => ({ model: tinyCnn({ shape }), batches: [drawImages()] }),
    models: ['model'],
    options: { bounds: [0, 1], radii: [0.1, 0.2], maxIterations: 1, seed: 0 } as CriticalSampleSweepOptions,
    run: ({ model, batches }, options) => criticalSampleSweep(model, batches, options),
    badOptions: [[{ radii: [2, 1] }, /radii must be one number or more, ascending, got \[2, 1\]/]],
    seeded: 'without effect',
    abortable: true,
    nonFinite,
  });

  conformance({
    name: 'criticalSampleBatches',
    inputs: () => ({ model: tinyTrainable({ shape }), batches: [drawBatch()] }),
    models: ['model'],
    options: { bounds: [0, 1] as const, radius: 0.1, maxIterations: 1, weight: 0.7, clip: true, seed: 0 },
    run: async ({ model, batches }, options) => {
      const mixed: Tensor4D[] = [];
      for await (const { images } of criticalSampleBatches(model, batches, options)) mixed.push(tf.clone(images));
      return mixed;
    },
    badOptions: [[{ weight: 1.5 }, /weight must be a number >= 0 and <= 1, got 1.5/]],
    badInputs: [[() => ({ model: {} as never }), /model.apply must be a function, got undefined/]],
    seeded: true,
    bounds: [0, 1],
    nonFinite,
  });
});
