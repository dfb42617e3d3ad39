import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { integers } from '../../test-support/expect-gradient.ts';
import { registerMissingGradients } from './register-missing-gradients.ts';

useBackend('wasm');
beforeAll(registerMissingGradients);

/** One entry of x[...] in Python. */
type Entry =
  | { kind: 'range'; begin?: number; end?: number; stride: number }
  | { kind: 'index'; at: number }
  | { kind: 'new axis' }
  | { kind: 'ellipsis' };

type Attrs = Parameters<typeof tf.stridedSlice> extends [unknown, ...infer Rest] ? Rest : never;

async function gradientOf(shape: number[], attrs: Attrs, dyValues?: number[]) {
  const before = tf.memory().numTensors;
  const run = (x: tf.Tensor) => tf.stridedSlice(x, ...attrs);
  const x = integers(shape, 1);
  const y = run(x);
  const dy = dyValues === undefined ? integers(y.shape, 2) : tf.tensor(dyValues, y.shape);
  const gradient = tf.grad(run)(x, dy);
  const result = { shape: y.shape, dy: [...(await dy.data())], gradient: [...(await gradient.data())] };
  tf.dispose([x, y, dy, gradient]);
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

it.each<[string, number[], Attrs, number[], number[]]>([
  ['x[1:4]', [5], [[1], [4], [1]], [1, 2, 3], [0, 1, 2, 3, 0]],
  ['x[::2]', [5], [[0], [5], [2]], [1, 2, 3], [1, 0, 2, 0, 3]],
  ['x[4:0:-2]', [6], [[4], [0], [-2]], [1, 2], [0, 0, 2, 0, 1, 0]],
  ['x[::-1]', [3], [[0], [0], [-1], 1, 1], [1, 2, 3], [3, 2, 1]],
  ['x[-2:]', [4], [[-2], [0], [1], 0, 1], [1, 2], [0, 0, 1, 2]],
  ['x[9:] is empty', [4], [[9], [12], [1]], [], [0, 0, 0, 0]],
  ['x[1] of rows', [2, 3], [[1], [2], [1], 0, 0, 0, 0, 1], [1, 2, 3], [0, 0, 0, 1, 2, 3]],
  ['x[..., 0]', [2, 3], [[0, 0], [0, 1], [1, 1], 0, 0, 1, 0, 2], [1, 2], [1, 0, 0, 2, 0, 0]],
  ['x[..., newaxis, 1:3]', [1, 3], [[0, 0, 1], [0, 0, 3], [1, 1, 1], 0, 0, 1, 2], [1, 2], [0, 1, 2]],
])('takes the gradient back to %s', async (_, shape, attrs, dy, expected) => {
  expect((await gradientOf(shape, attrs, dy)).gradient).toEqual(expected);
});

it('takes the gradient back to any slice, masked in any way', async () => {
  const range = fc.record({
    kind: fc.constant('range' as const),
    begin: fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined }),
    end: fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined }),
    stride: fc.constantFrom(-3, -2, -1, 1, 2, 3),
  });
  const index = fc.record({ kind: fc.constant('index' as const), at: fc.integer({ min: -5, max: 4 }) });
  const entry = fc.oneof({ weight: 3, arbitrary: range }, index, fc.constant({ kind: 'new axis' as const }));
  const spec = fc
    .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), fc.array(entry, { maxLength: 5 }))
    .chain(([shape, entries]) =>
      fc.tuple(fc.constant(shape), fc.constant(entries as Entry[]), fc.integer({ min: -1, max: entries.length })),
    )
    .map(([shape, entries, ellipsis]): [number[], Entry[]] => [
      shape,
      ellipsis < 0 ? entries : entries.toSpliced(ellipsis, 0, { kind: 'ellipsis' }),
    ]);
  await fc.assert(
    fc.asyncProperty(spec, async ([shape, entries]) => {
      const places = placesOf(shape, entries);
      fc.pre(places !== undefined && entries.length > 0);
      const dy = integers(places.shape, 2);
      const gradient = registeredGradient(dy, shape, attrsOf(entries));
      const expected = new Array(tf.util.sizeFromShape(shape)).fill(0);
      const values = await dy.data();
      for (const [i, place] of places.flat.entries()) expected[place] += values[i];
      expect(gradient.shape).toEqual(shape);
      expect([...(await gradient.data())]).toEqual(expected);
      tf.dispose([dy, gradient]);
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** The gradient by itself: the operation fails at empty slices, and where it both drops an axis and skips along another. */
function registeredGradient(dy: tf.Tensor, shape: number[], attrs: Attrs): tf.Tensor {
  const [begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = attrs;
  const named = { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask };
  return tf.tidy(() =>
    tf.getGradient('StridedSlice').gradFunc(dy, [tf.zeros(shape)], named as unknown as tf.NamedAttrMap).x!(),
  );
}

function attrsOf(entries: Entry[]): Attrs {
  const mask = (is: (entry: Entry) => boolean) =>
    entries.reduce((bits, entry, i) => bits | (is(entry) ? 1 << i : 0), 0);
  const numbers = (of: (entry: Entry) => number) => entries.map(of);
  return [
    numbers((entry) => (entry.kind === 'range' ? (entry.begin ?? 0) : entry.kind === 'index' ? entry.at : 0)),
    numbers((entry) => (entry.kind === 'range' ? (entry.end ?? 0) : entry.kind === 'index' ? entry.at + 1 : 0)),
    numbers((entry) => (entry.kind === 'range' ? entry.stride : 1)),
    mask((entry) => entry.kind === 'range' && entry.begin === undefined),
    mask((entry) => entry.kind === 'range' && entry.end === undefined),
    mask((entry) => entry.kind === 'ellipsis'),
    mask((entry) => entry.kind === 'new axis'),
    mask((entry) => entry.kind === 'index'),
  ];
}

/** Where each value of the slice is in x, as Python has it; undefined where an index is out of range or there are too many. */
function placesOf(shape: number[], entries: Entry[]): { shape: number[]; flat: number[] } | undefined {
  const used = entries.filter(({ kind }) => kind === 'range' || kind === 'index').length;
  const rest = shape.length - used;
  if (rest < 0) return undefined;
  const all: Entry = { kind: 'range', stride: 1 };
  const filler = new Array<Entry>(rest).fill(all);
  const at = entries.findIndex(({ kind }) => kind === 'ellipsis');
  const full = at < 0 ? [...entries, ...filler] : entries.toSpliced(at, 1, ...filler);

  let flat = [0];
  let axis = 0;
  const out: number[] = [];
  for (const entry of full) {
    if (entry.kind === 'new axis') out.push(1);
    if (entry.kind !== 'range' && entry.kind !== 'index') continue;
    const size = shape[axis++]!;
    const taken = entry.kind === 'index' ? [entry.at < 0 ? entry.at + size : entry.at] : rangeOf(entry, size);
    if (entry.kind === 'index' && (taken[0]! < 0 || taken[0]! >= size)) return undefined;
    if (entry.kind === 'range') out.push(taken.length);
    flat = flat.flatMap((place) => taken.map((i) => place * size + i));
  }
  return { shape: out, flat };
}

/** Python's slice.indices. */
function rangeOf({ begin, end, stride }: { begin?: number; end?: number; stride: number }, size: number): number[] {
  const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
  const clamp = (i: number) => Math.min(high, Math.max(low, i < 0 ? i + size : i));
  const from = begin === undefined ? (stride > 0 ? low : high) : clamp(begin);
  const to = end === undefined ? (stride > 0 ? high : low) : clamp(end);
  const taken: number[] = [];
  for (let i = from; stride > 0 ? i < to : i > to; i += stride) taken.push(i);
  return taken;
}
