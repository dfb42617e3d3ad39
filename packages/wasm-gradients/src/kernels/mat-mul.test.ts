import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectSameAsCpu,
  type KernelCase,
  normal,
  relativeError,
  tensorOf,
  useWasm,
} from '../../test-support/compare-with-cpu.ts';

function product(
  [m, k, n]: readonly [number, number, number],
  [transposeA, transposeB]: readonly [boolean, boolean],
  [batchA, batchB]: readonly [number[], number[]] = [[], []],
): KernelCase {
  return {
    kernel: 'BatchMatMul',
    inputs: {
      a: normal([...batchA, ...(transposeA ? [k, m] : [m, k])], 1),
      b: normal([...batchB, ...(transposeB ? [n, k] : [k, n])], 2),
    },
    attrs: { transposeA, transposeB },
  };
}

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
const sizes = [
  [1, 1, 1],
  [1, 7, 5],
  [5, 7, 1],
  [3, 1, 4],
  [9, 70, 13],
  [64, 33, 20],
  [2, 300, 40],
  [40, 300, 2],
] as const;

describe('matrix products', () => {
  for (const transpose of transposes) {
    it.each(sizes)(`equal cpu, transposed ${transpose}, [%i, %i, %i]`, async (...size) => {
      await expectSameAsCpu(product(size, transpose, [[1], [1]]));
      await expectSameAsCpu(product(size, transpose, [[3], [3]]));
    });
  }

  it.each(transposes)('of integers are exact, transposed %s and %s', async (transposeA, transposeB) => {
    await useWasm();
    // 40,000 * 50,000 + 3 has no float32.
    const a = tf.tensor3d([40_000, 1, -2, 7, 5, -1], [1, ...(transposeA ? [3, 2] : [2, 3])] as never, 'int32');
    const b = tf.tensor3d([50_000, 3, -8, 4, 9, 2], [1, ...(transposeB ? [2, 3] : [3, 2])] as never, 'int32');
    const result = tf.matMul(a, b, transposeA, transposeB);
    const at = (matrix: tf.Tensor, values: ArrayLike<number>, row: number, column: number) =>
      values[row * matrix.shape[2]! + column]!;
    const [left, right] = [await a.data(), await b.data()];
    const expected = [0, 1].flatMap((row) =>
      [0, 1].map((column) =>
        [0, 1, 2].reduce((sum, inner) => {
          const factor = transposeA ? at(a, left, inner, row) : at(a, left, row, inner);
          return sum + factor * (transposeB ? at(b, right, column, inner) : at(b, right, inner, column));
        }, 0),
      ),
    );
    expect(result.dtype).toBe('int32');
    expect(result.shape).toEqual([1, 2, 2]);
    expect([...(await result.data())]).toEqual(expected);
    tf.dispose([a, b, result]);
  });

  it.each([
    [[1], [4]],
    [[4], [1]],
    [
      [2, 3],
      [2, 3],
    ],
  ])('equal cpu for batches %j and %j', async (a, b) => {
    for (const transpose of transposes) await expectSameAsCpu(product([4, 5, 6], transpose, [a, b]));
  });

  it('broadcast batches that broadcast each other', async () => {
    await useWasm();
    const a = normal([2, 1, 3, 4], 3);
    const b = normal([1, 3, 4, 5], 4);
    const [actual, expected] = tf.tidy(() => {
      const whole = tf.matMul(tensorOf(a), tensorOf(b));
      const parts = [0, 1].flatMap((i) =>
        [0, 1, 2].map((j) =>
          tf.matMul(
            tf.reshape(tf.slice(tensorOf(a), [i, 0, 0, 0], [1, 1, 3, 4]), [3, 4]),
            tf.reshape(tf.slice(tensorOf(b), [0, j, 0, 0], [1, 1, 4, 5]), [4, 5]),
          ),
        ),
      );
      return [whole, tf.stack(parts)];
    });
    expect(relativeError(await actual.data(), await expected.data())).toBeLessThan(1e-5);
    tf.dispose([actual, expected]);
  });

  it('equal cpu on drawn shapes', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.constantFrom(...transposes),
        fc.integer({ min: 1, max: 3 }),
        (shape, transpose, batch) => expectSameAsCpu(product(shape, transpose, [[batch], [batch]])),
      ),
      { numRuns: 80 },
    );
  });

  it('use the shape a factor has now, not the one in which it was multiplied first', async () => {
    await useWasm();
    const factor = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const reshaped = tf.reshape(factor, [3, 2]);
    const first = tf.matMul(tf.ones([1, 2]), factor);
    const second = tf.matMul(tf.ones([1, 3]), reshaped);
    expect([...(await first.data())]).toEqual([5, 7, 9]);
    expect([...(await second.data())]).toEqual([9, 12]);
    tf.dispose([factor, reshaped, first, second]);
  });
});

describe('fused matrix products', () => {
  const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;
  const fused = (
    activation: string,
    transpose: readonly [boolean, boolean],
    batch: number,
    bias: number[] | undefined,
  ): KernelCase => {
    const { inputs, attrs } = product([6, 100, 7], transpose, [[batch], [batch]]);
    return {
      kernel: '_FusedMatMul',
      inputs: {
        ...inputs,
        ...(bias === undefined ? {} : { bias: normal(bias, 5) }),
        ...(activation === 'prelu' ? { preluActivationWeights: normal([7], 6) } : {}),
      },
      attrs: { ...attrs, activation, leakyreluAlpha: 0.3 },
    };
  };

  for (const activation of activations) {
    it.each(transposes)(`equal cpu with bias and ${activation}, transposed %s %s`, async (...transpose) => {
      for (const batch of [1, 2]) {
        await expectSameAsCpu(fused(activation, transpose, batch, [7]));
        await expectSameAsCpu(fused(activation, transpose, batch, undefined));
      }
    });
  }

  it('take a bias that an operation made in another shape', async () => {
    await useWasm();
    const result = tf.tidy(() =>
      tf.fused.matMul({
        a: tf.ones([1, 2]),
        b: tf.tensor2d([1, 2, 3, 4], [2, 2]),
        bias: tf.reshape(tf.gather(tf.tensor2d([10, 20, 30, 40], [2, 2]), [1]), [2]),
      }),
    );
    expect([...(await result.data())]).toEqual([34, 46]);
    tf.dispose(result);
  });
});
