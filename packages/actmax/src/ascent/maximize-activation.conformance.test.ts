import { conformance, describeOnBackends, tinyCnn, tinyProbe } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { diversity } from '../objectives/diversity.ts';
import { logit } from '../objectives/logit.ts';
import { sum } from '../objectives/sum.ts';
import { normalizedAscent } from '../optimizers/normalized-ascent.ts';
import { fourier } from '../parameterizations/fourier.ts';
import { generator } from '../parameterizations/generator.ts';
import { phase } from '../parameterizations/phase.ts';
import { pixels } from '../parameterizations/pixels.ts';
import { totalVariation } from '../regularizers/total-variation.ts';
import { crop } from '../transforms/crop.ts';
import { jitter } from '../transforms/jitter.ts';
import { noise } from '../transforms/noise.ts';
import { pad } from '../transforms/pad.ts';
import { rotate } from '../transforms/rotate.ts';
import { activationSteps } from './activation-steps.ts';
import { type MaximizeActivationOptions, maximizeActivation } from './maximize-activation.ts';

type Options = Omit<MaximizeActivationOptions, 'objective' | 'parameterization'>;

// Large enough that webgl keeps them on the GPU.
const shape = [12, 12, 1] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'maximizeActivation',
    inputs: () => ({
      model: tinyCnn({ shape }),
      classes: [0, 2, 1],
      images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 432), [3, ...shape]), 432)) as Tensor4D,
    }),
    models: ['model'],
    options: { steps: 4, seed: 0, transforms: [pad(1), jitter(2), rotate([5, -9, 7])] } as Options,
    run: ({ model, classes, images }, options) =>
      maximizeActivation({
        ...options,
        objective: logit(model, classes),
        parameterization: pixels({ shape, bounds: [0, 1], from: images }),
      }),
    badOptions: [
      [{ count: 2 }, /count must be 3, as many as the objective is for, got 2/],
      [{ steps: 0 }, /steps must be an integer >= 1, got 0/],
      [{ stopAt: Number.NaN }, /stopAt must be a number, got NaN/],
      [{ optimizer: 'adam' }, /optimizer must be an optimizer such as adam\(\), got "adam"/],
      [{ transforms: [1] }, /transforms must be a list of transforms such as jitter\(\) and functions of images, got/],
      [{ regularizers: [null] }, /regularizers must be a list of regularizers such as decay\(\), got \[null\]/],
      [{ rejectZeroGradient: 1 }, /rejectZeroGradient must be true or false, got 1/],
      [{ resume: { shape: [1] } }, /resume must be a state of variables \[3, 12, 12, 1\], got \[1\]/],
    ],
    seeded: true,
    batched: { inputs: ['classes', 'images'], tolerance: 1e-4 },
    abortable: true,
    bounds: [0, 1],
    nonFinite: /activations must be finite, got NaN or Infinity for image 0 at step 0/,
  });
});

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  conformance({
    name: 'maximizeActivation',
    inputs: () => ({ model: tinyCnn({ shape }), probe: tinyProbe({ shape }) }),
    models: ['model', 'probe'],
    options: { steps: 2, seed: 0, regularizers: [totalVariation({ weight: 1 })] } as Options,
    run: ({ model, probe }, options) =>
      maximizeActivation({
        ...options,
        objective: sum(logit(model, [0, 2]), diversity(probe)),
        parameterization: fourier({ shape, bounds: [-1, 1], deviation: 0.2 }),
      }),
    badOptions: [],
    seeded: true,
    bounds: [-1, 1],
    nonFinite: /activations must be finite, got NaN or Infinity for image 0 at step 0/,
  });

  conformance({
    name: 'maximizeActivation',
    inputs: () => ({ model: tinyCnn({ shape }) }),
    models: ['model'],
    options: { steps: 2, seed: 0, views: 2, transforms: [crop(), noise(0.05)] } as Options,
    run: ({ model }, options) =>
      maximizeActivation({
        ...options,
        objective: logit(model, [0, 2]),
        parameterization: phase({
          shape,
          bounds: [-1, 1],
          spectrum: { down: [0, 0.1, 0.5], across: [0, 0.1, 0.5], magnitudes: [[0, 4, 1, 4, 3, 1, 1, 1, 0.5]] },
        }),
      }),
    badOptions: [[{ views: 0 }, /views must be an integer >= 1, got 0/]],
    seeded: true,
    bounds: [-1, 1],
    nonFinite: /activations must be finite, got NaN or Infinity for image 0 at step 0/,
  });

  conformance({
    name: 'activationSteps',
    inputs: () => ({
      model: tinyCnn({ shape }),
      decoder: (codes: Tensor2D) =>
        tf.tidy(() => {
          const waves = tf.sin(tf.reshape(tf.range(0, 432), [3, 144]));
          return tf.reshape(tf.sigmoid(tf.matMul(codes, waves)), [-1, ...shape]) as Tensor4D;
        }),
    }),
    models: ['model', 'decoder'],
    options: { steps: 2, seed: 0, optimizer: normalizedAscent({ initial: 0.5 }) } as Options,
    run: async ({ model, decoder }, options) => {
      const steps = activationSteps({
        ...options,
        objective: logit(model, [0, 2]),
        parameterization: generator(decoder, { codeLength: 3, range: [0, 1], bounds: [0, 1] }),
      });
      const shown: Tensor4D[] = [];
      try {
        for await (const { step, images } of steps) {
          shown.push(images());
          if (step === 2) break;
        }
        return shown;
      } catch (error) {
        tf.dispose(shown);
        throw error;
      }
    },
    badOptions: [],
    seeded: true,
    bounds: [0, 1],
  });
});
