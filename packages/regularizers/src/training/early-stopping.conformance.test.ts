import { conformance, describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { EarlyStopping, type EarlyStoppingOptions, earlyStoppingCallback } from '../index.ts';

const metrics = [3, 2, 2.5, 2.25, 1];
const options: EarlyStoppingOptions = { mode: 'min', minDelta: 0, patience: 2, startEpoch: 0, restoreBest: true };
const inputs = () => ({ weight: tf.tidy(() => tf.variable(tf.zeros([2, 3]))) });
const badOptions = [
  [{ mode: undefined }, /mode must be one of "min", "max", got undefined/],
  [{ minDelta: -1 }, /minDelta must be a number >= 0, got -1/],
  [{ patience: 0.5 }, /patience must be an integer >= 0, got 0.5/],
  [{ startEpoch: -1 }, /startEpoch must be an integer >= 0, got -1/],
  [{ restoreBest: 1 }, /restoreBest must be true or false, got 1/],
] as const;

const setTo = (weight: tf.Variable, value: number) => tf.tidy(() => weight.assign(tf.fill(weight.shape, value)));

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'EarlyStopping',
    inputs,
    modifies: ['weight'],
    options,
    run: async ({ weight }, given) => {
      const stopping = new EarlyStopping(given);
      for (const [epoch, metric] of metrics.entries()) {
        setTo(weight, epoch);
        if ((await stopping.observe(epoch, metric, [weight])).stop) break;
      }
      stopping.restore([weight]);
      return { state: stopping.state(), weight: tf.clone(weight) };
    },
    badOptions,
  });

  conformance({
    name: 'EarlyStopping',
    inputs,
    modifies: ['weight'],
    options,
    run: async ({ weight }, given) => {
      const model = {
        stopTraining: false,
        getWeights: () => [weight],
        setWeights: ([best]: tf.Tensor[]) => weight.assign(best!),
      };
      const callback = earlyStoppingCallback(model, { monitor: 'loss', ...given });
      await callback.onTrainBegin();
      for (const [epoch, loss] of metrics.entries()) {
        setTo(weight, epoch);
        await callback.onEpochEnd(epoch, { loss });
        if (model.stopTraining) break;
      }
      await callback.onTrainEnd();
      return tf.clone(weight);
    },
    badOptions,
  });
});
