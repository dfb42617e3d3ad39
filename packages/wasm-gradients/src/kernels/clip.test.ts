import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runKernelOn, useWasm } from '../../test-support/compare-with-cpu.ts';

const nan = Number.NaN;
const odd = [nan, Infinity, -Infinity, -0, 0, 6, 7, -1, 3.5, nan, 1e-45, 3e38, -3e38];

const clips = (values: readonly number[], low: number, high: number) =>
  values.map((value) => (Number.isNaN(value) ? value : Math.min(Math.max(value, low), high)));

describe('clipping', () => {
  it('keeps NaN, as on cpu, wherever it is and however long the tensor', async () => {
    for (const [kernel, attrs, low, high] of [
      ['Relu6', {}, 0, 6],
      ['ClipByValue', { clipValueMin: -2, clipValueMax: 3 }, -2, 3],
    ] as const) {
      for (let length = 0; length <= odd.length; length++) {
        const values = odd.slice(0, length);
        const run = { kernel, inputs: { x: { shape: [length], values: Float32Array.from(values) } }, attrs };
        const clipped = [...(await runKernelOn('wasm', run)).values].map((value) => value + 0);
        expect(clipped).toEqual(clips(values.map(Math.fround), low, high).map((value) => value + 0));
      }
    }
  });

  it('gives what cpu gives, for any numbers', async () => {
    const numbers = fc.array(fc.float({ noDefaultInfinity: false }), { maxLength: 70 });
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const x = { shape: [values.length], values: Float32Array.from(values) };
        const run = { kernel: 'ClipByValue', inputs: { x }, attrs: { clipValueMin: -1, clipValueMax: 4 } };
        const [expected, actual] = [await runKernelOn('cpu', run), await runKernelOn('wasm', run)];
        expect([...actual.values]).toEqual([...expected.values]);
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on the size, behind batch normalization, which defers large results', async () => {
    await useWasm();
    for (const size of [2, 64]) {
      const clipped = tf.tidy(() => {
        const values = new Float32Array(size * size * 8).fill(1);
        values[5] = nan;
        const x = tf.tensor4d(values, [1, size, size, 8]);
        return tf.relu6(tf.batchNorm(x, tf.zeros([8]), tf.ones([8])));
      });
      const values = await clipped.data();
      expect([values[4], values[5]]).toEqual([expect.closeTo(1, 2), nan]);
      clipped.dispose();
    }
  });
});
