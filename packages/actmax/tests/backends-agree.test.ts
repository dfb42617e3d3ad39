import { describeOnBackends, tinyCnn, tinyProbe } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maximizeActivation } from '../src/ascent/maximize-activation.ts';
import { channel } from '../src/objectives/channel.ts';
import { diversity } from '../src/objectives/diversity.ts';
import { logit } from '../src/objectives/logit.ts';
import { sum, times } from '../src/objectives/sum.ts';
import { normalizedAscent } from '../src/optimizers/normalized-ascent.ts';
import { fourier } from '../src/parameterizations/fourier.ts';
import { generator } from '../src/parameterizations/generator.ts';
import { pixels } from '../src/parameterizations/pixels.ts';
import { totalVariation } from '../src/regularizers/total-variation.ts';
import { robustness } from '../src/transforms/robustness.ts';

const shape = [16, 16, 3] as const;
const model = tinyCnn({ shape });
const probe = tinyProbe({ shape });
const decoder = (codes: Tensor2D) =>
  tf.tidy(() => {
    const waves = tf.sin(tf.reshape(tf.range(0, 4 * 768), [4, 768]));
    return tf.reshape(tf.sigmoid(tf.matMul(codes, waves)), [-1, ...shape]) as Tensor4D;
  });

const runs = {
  'pixels with a total variation': {
    objective: logit(model, [0, 1, 2]),
    parameterization: pixels({ shape, bounds: [0, 1], deviation: 0.1 }),
    regularizers: [totalVariation({ weight: 1 })],
  },
  'Fourier with robustness and diversity': {
    objective: sum(channel(probe, [3, 3, 4]), times(2, diversity(probe))),
    parameterization: fourier({ shape, bounds: [0, 1], deviation: 0.1 }),
    transforms: robustness({ pad: 3, jitter: [2, 1] }),
  },
  'a generator': {
    objective: logit(model, [0, 1, 2]),
    parameterization: generator(decoder, { codeLength: 4, range: [0, 1], bounds: [0, 1] }),
    optimizer: normalizedAscent({ initial: 0.2, final: 0.01 }),
  },
};

const onCpu = new Map<string, Float32Array>();

describeOnBackends(['cpu', 'wasm', 'tensorflow'], (backend) => {
  test.each(Object.entries(runs))('%s: the same seed gives the same images', async (name, run) => {
    const { images, last } = await maximizeActivation({ ...run, steps: 12, seed: 0 });
    const values = Float32Array.from(await images.data());
    tf.dispose([images, last.images]);
    if (backend === 'cpu') onCpu.set(name, values);
    const expected = onCpu.get(name)!;
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.2);
    expect(Math.max(...values.map((value, index) => Math.abs(value - expected[index]!)))).toBeLessThan(1e-3);
  });
});
