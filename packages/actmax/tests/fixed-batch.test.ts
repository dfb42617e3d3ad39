import { tinyCnn, tinyProbe, useBackend } from '@cnnviz/testing';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { maximizeActivation } from '../src/ascent/maximize-activation.ts';
import { channel } from '../src/objectives/channel.ts';
import { diversity } from '../src/objectives/diversity.ts';
import { logit } from '../src/objectives/logit.ts';
import { sum } from '../src/objectives/sum.ts';
import { pixels } from '../src/parameterizations/pixels.ts';

useBackend('cpu');

const shape = [8, 8, 1] as const;

/** Takes this many images and no other number, as a LayersModel of a fixed batch does. */
function silently<T extends Tensor>(model: (images: Tensor4D) => T, size: number) {
  return (images: Tensor4D): T => {
    if (images.shape[0] !== size) throw new Error(`expected [${size}, 8, 8, 1], got [${images.shape.join(', ')}]`);
    return model(images);
  };
}
const fixed = <T extends Tensor>(model: (images: Tensor4D) => T, batchSize: number) =>
  Object.assign(silently(model, batchSize), { batchSize });

const classify = tinyCnn({ shape });
const probe = tinyProbe({ shape });

async function valuesOf(objective: Parameters<typeof maximizeActivation>[0]['objective']) {
  const result = await maximizeActivation({
    objective,
    parameterization: pixels({ shape, bounds: [0, 1] }),
    seed: 0,
    count: 4,
    steps: 3,
  });
  const values = [...(await result.images.data())];
  tf.dispose([result.images, result.last.images]);
  return { values, activations: result.activations };
}

describe('a run on a model whose batch size is fixed', () => {
  test.each([4, 1, 3, 8])('at %i, as it says, comes to the same as on any other', async (size) => {
    expect(await valuesOf(logit(fixed(classify, size), 1))).toEqual(await valuesOf(logit(classify, 1)));
    const both = (of: typeof probe) => sum(channel(of, 0), diversity(of));
    expect(await valuesOf(both(fixed(probe, size)))).toEqual(await valuesOf(both(probe)));
  });

  test('at that of the run, needs not say so, and is never shown another number of images', async () => {
    expect(await valuesOf(logit(silently(classify, 4), 1))).toEqual(await valuesOf(logit(classify, 1)));
  });

  test('passes on the error of one that takes another number and does not say so', async () => {
    await expect(valuesOf(logit(silently(classify, 3), 1))).rejects.toThrow(
      'a model of the objective refuses images [4, 8, 8, 1]: expected [3, 8, 8, 1], got [4, 8, 8, 1]',
    );
  });
});
