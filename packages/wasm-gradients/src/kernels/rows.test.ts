import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameAsCpu, normal, runKernelOn } from '../../test-support/compare-with-cpu.ts';

const odd = { shape: [11], values: Float32Array.of(-2, -0, 0, 1e-45, 3, Infinity, -Infinity, NaN, 5, NaN, -7) };

describe.each(['Add', 'Sub', 'Multiply'] as const)('%s', (kernel) => {
  it.each([
    [[7], [7]],
    [
      [2, 3, 5, 6],
      [2, 3, 5, 6],
    ],
    [[2, 3, 5, 6], [6]],
    [[2, 3, 5, 7], [7]],
    [
      [2, 3, 5, 6],
      [1, 1, 1, 6],
    ],
    [
      [2, 3, 5, 6],
      [5, 6],
    ],
    [[2, 3, 5, 6], [1]],
    [[2, 3, 5, 6], []],
    [[], []],
    [[6], [1, 6]],
    [
      [3, 1],
      [3, 1],
    ],
    [[4, 1], [1]],
    [
      [2, 3, 5, 6],
      [2, 1, 5, 6],
    ],
    // Not last axes, or both repeated: the stock kernel's.
    [
      [2, 3, 5, 6],
      [2, 1, 1, 1],
    ],
    [
      [2, 3, 5, 6],
      [5, 1],
    ],
    [
      [2, 1, 5],
      [3, 1],
    ],
    [[0, 4], [4]],
  ])('equals cpu on %j and %j, in either order', async (first, second) => {
    for (const [a, b] of [
      [first, second],
      [second, first],
    ] as const) {
      await expectSameAsCpu({ kernel, inputs: { a: normal(a, 1), b: normal(b, 2) } }, 1e-6);
    }
  });

  it('equals cpu on drawn shapes', async () => {
    const drawn = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.nat({ max: shape.length }).map((axes) => shape.slice(axes)),
        fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(drawn, fc.boolean(), async ([shape, last, isOne], isFirst) => {
        const row = last.map((length, axis) => (isOne[axis] ? 1 : length));
        const [a, b] = isFirst ? [row, shape] : [shape, row];
        await expectSameAsCpu({ kernel, inputs: { a: normal(a, 1), b: normal(b, 2) } }, 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps NaN where it is', async () => {
    const whole = { shape: [2, 11], values: Float32Array.of(...odd.values, ...odd.values.map((value) => 1 - value)) };
    const inputs = { a: whole, b: odd };
    const [ours, theirs] = [
      await runKernelOn('wasm', { kernel, inputs }),
      await runKernelOn('cpu', { kernel, inputs }),
    ];
    expect([...ours.values].map((value) => value + 0)).toEqual([...theirs.values].map((value) => value + 0));
  });

  it('takes int32 as stock wasm does', async () => {
    const [a, b] = [Int32Array.of(70_000_001, -3), Int32Array.of(2, 2)].map((values) => ({ shape: [2], values }));
    const { values } = await runKernelOn('wasm', { kernel, inputs: { a: a!, b: b! } });
    expect([...values]).toEqual({ Add: [70_000_003, -1], Sub: [69_999_999, -5], Multiply: [140_000_002, -6] }[kernel]);
  });
});
