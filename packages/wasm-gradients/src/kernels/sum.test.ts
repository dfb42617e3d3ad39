import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameAsCpu, normal, runKernelOn } from '../../test-support/compare-with-cpu.ts';
import { expectAccurate } from '../../test-support/expect-accurate.ts';

const kernels = ['Sum', 'Mean'] as const;
/** Every subset of the axes of a shape of that rank but the empty one. */
const subsets = (rank: number) =>
  Array.from({ length: 2 ** rank - 1 }, (_, i) => [...Array(rank).keys()].filter((axis) => ((i + 1) >> axis) & 1));

describe.each(kernels)('%s', (kernel) => {
  it.each([[[7]], [[5, 3]], [[4, 1, 6]], [[2, 5, 3, 18]], [[1, 3, 2, 35]], [[2, 3, 2, 3, 2]]])(
    'equals cpu over every choice of axes of %j',
    async (shape) => {
      for (const axis of subsets(shape.length)) {
        for (const keepDims of [false, true]) {
          await expectSameAsCpu({ kernel, inputs: { x: normal(shape, 1) }, attrs: { axis, keepDims } }, 1e-5);
        }
      }
    },
  );

  it('equals cpu on drawn shapes', async () => {
    const drawn = fc
      .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
      .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 })));
    await fc.assert(
      fc.asyncProperty(drawn, ([shape, axis]) =>
        expectSameAsCpu({ kernel, inputs: { x: normal(shape, 2) }, attrs: { axis, keepDims: false } }, 1e-5),
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    [[3_000_000], [0]],
    [[100_000, 3], [0]],
    [
      [100, 3_000],
      [0, 1],
    ],
    [[30_000, 17], [0]],
  ])('stays accurate over %j', async (shape, axis) => {
    await expectAccurate({ kernel, shape, axis });
  });

  it('takes int32 as stock wasm does', async () => {
    const x = { shape: [2, 3], values: Int32Array.of(1, 2, 3, 4, 5, 9) };
    const { values } = await runKernelOn('wasm', { kernel, inputs: { x }, attrs: { axis: [1] } });
    expect([...values]).toEqual(kernel === 'Sum' ? [6, 18] : [2, 6]);
  });
});
