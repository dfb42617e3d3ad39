import { conformance, describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { decayWeights, elasticNetPenalty, l1Penalty, l2Penalty } from '../index.ts';

const inputs = () => ({
  variables: tf.tidy(() => [tf.variable(tf.tensor2d([[1, -2]])), tf.variable(tf.tensor1d([3]))]),
});
const badInputs = [
  [() => ({ variables: [] }), /penalize must be a choice that at least one variable fits, got \[\]/],
  [() => ({ variables: [tf.zeros([2, 2])] }), /variables\[0\] must be a variable, got float32 tensor \[2, 2\]/],
  [() => ({ variables: 'all' }), /variables must be a list of variables, got "all"/],
] as const;
const badChoices = [
  [{ penalize: /kernel/ }, /penalize must be a choice that at least one variable fits/],
  [{ penalize: 'kernel' }, /penalize must be a function, got "kernel"/],
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  for (const [name, penalty] of Object.entries({ l1Penalty, l2Penalty })) {
    conformance({
      name,
      inputs,
      options: { lambda: 0.1, penalize: undefined as never },
      run: ({ variables }, options) => penalty(variables, options),
      badOptions: [
        [{ lambda: -1 }, /lambda must be a number >= 0, got -1/],
        [{ lambda: undefined }, /lambda must be a number >= 0, got undefined/],
        ...badChoices,
      ],
      badInputs,
      sync: true,
    });
  }
  conformance({
    name: 'elasticNetPenalty',
    inputs,
    options: { l1: 0.1, l2: 0.2, penalize: undefined as never },
    run: ({ variables }, options) => elasticNetPenalty(variables, options),
    badOptions: [
      [{ l1: -1 }, /l1 must be a number >= 0, got -1/],
      [{ l2: Number.NaN }, /l2 must be a number >= 0, got NaN/],
      ...badChoices,
    ],
    badInputs,
    sync: true,
  });
  conformance({
    name: 'decayWeights',
    inputs,
    modifies: ['variables'],
    options: { rate: 0.1, penalize: undefined as never },
    run: ({ variables }, options) => {
      decayWeights(variables, options);
      return tf.clone(variables[0]!);
    },
    badOptions: [[{ rate: 2 }, /rate must be a number >= 0 and <= 1, got 2/], ...badChoices],
    badInputs,
    sync: true,
  });
});
