import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { autoPgd } from '../attacks/auto-pgd.ts';
import { squareAttack } from '../attacks/square-attack.ts';
import { robustAccuracy } from './robust-accuracy.ts';
import type { BlackBoxAttack, CustomAttack } from './robustness-attack.ts';
import type { BlackBoxAccuracyOptions, RobustAccuracyOptions } from './robustness-options.ts';

const apgd: CustomAttack = {
  name: 'short apgd',
  run: (model, images, labels, { norm: _, ...given }) =>
    autoPgd(model, images, labels, { ...given, steps: 2, earlyStop: true }),
};
const square: BlackBoxAttack = {
  name: 'short square',
  blackBox: true,
  run: (model, images, labels, { norm: _, ...given }) => squareAttack(model, images, labels, { ...given, queries: 2 }),
};

const inputs = () => {
  const model = tinyCnn({ shape: [4, 4, 1], classes: 4 });
  const images = tf.tidy(() => tf.div(tf.reshape(tf.range(0, 48), [3, 4, 4, 1]), 47)) as Tensor4D;
  const labels = tf.tidy(() => tf.argMax(model(images), 1)) as Tensor1D;
  return { model, batches: [{ images, labels }] };
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'robustAccuracy',
    inputs,
    models: ['model'],
    options: { epsilon: 0.01, bounds: [0, 1], seed: 0, attacks: [apgd, square] } as RobustAccuracyOptions,
    run: ({ model, batches }, options) => robustAccuracy(model, batches, options),
    badOptions: [
      [{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/],
      [{ epsilon: Number.NaN }, /epsilon must be a number >= 0, got NaN/],
      [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
      [{ norm: 'l3' }, /norm must be one of "linf", "l2", "l1", got "l3"/],
      [{ attacks: ['fab'] }, /attacks\[0\] must be one of "apgd-ce"/],
      [{ level: 1 }, /level must be a number > 0 and < 1, got 1/],
      [{ smaller: {} }, /smaller must be a result in linf at an epsilon <= 0.01/],
      [{ resume: {} }, /cannot resume from this state: it is of no known kind; expected robustAccuracy, version 1/],
    ],
    badInputs: [
      [() => ({ batches: 7 as never }), /batches must be an iterable of batches, also an asynchronous one, got 7/],
      [() => ({ batches: [] }), /batches must be at least one batch, got \[\]/],
      [
        () => ({ batches: [{ images: tf.fill([1, 4, 4, 1], 2) as Tensor4D, labels: tf.tensor1d([0], 'int32') }] }),
        /images must be within \[0, 1\], got 2/,
      ],
      [
        () => ({ batches: [{ images: tf.zeros([1, 4, 4, 1]) as Tensor4D, labels: tf.tensor1d([4], 'int32') }] }),
        /labels must be within \[0, 3\], got 4/,
      ],
      [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/],
    ],
    seeded: 'without effect',
    abortable: true,
    nonFinite: /logits must be finite/,
  });

  conformance({
    name: 'robustAccuracy',
    inputs,
    models: ['model'],
    later: ['model'],
    options: { epsilon: 0.01, bounds: [0, 1], seed: 0, attacks: [square] } as BlackBoxAccuracyOptions,
    run: ({ model, batches }, options) => robustAccuracy(model, batches, options),
    badOptions: [],
    abortable: true,
    nonFinite: /logits must be finite/,
  });
});
