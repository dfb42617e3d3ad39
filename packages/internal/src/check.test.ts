import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checker, describeValue, isCheckerError } from './check.ts';

const check = checker('@cnnviz/adversarial', 'pgd');

/** The kind and the words of what `run` throws. */
function thrownBy(run: () => unknown): [name: string, message: string] {
  try {
    run();
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  return ['nothing', ''];
}

const of = '@cnnviz/adversarial: pgd:';

describe('number', () => {
  test('returns what is allowed', () => {
    expect(check.number('epsilon', 0, { min: 0 })).toBe(0);
    expect(check.number('epsilon', -1.5)).toBe(-1.5);
    expect(check.number('steps', 3, { integer: true, min: 3, max: 3 })).toBe(3);
    expect(check.number('rate', 0.5, { above: 0, below: 1 })).toBe(0.5);
  });

  test.each([
    [-1, { min: 0 }, 'RangeError', 'a number >= 0, got -1'],
    [2, { max: 1 }, 'RangeError', 'a number <= 1, got 2'],
    [0, { above: 0 }, 'RangeError', 'a number > 0, got 0'],
    [1, { min: 0, below: 1 }, 'RangeError', 'a number >= 0 and < 1, got 1'],
    [1.5, { integer: true, min: 1 }, 'RangeError', 'an integer >= 1, got 1.5'],
    [Number.NaN, {}, 'RangeError', 'a number, got NaN'],
    [Number.POSITIVE_INFINITY, { min: 0 }, 'RangeError', 'a finite number >= 0, got Infinity'],
    ['1', { min: 0 }, 'TypeError', 'a number >= 0, got "1"'],
    [undefined, {}, 'TypeError', 'a number, got undefined'],
    [null, { integer: true }, 'TypeError', 'an integer, got null'],
    [1n, {}, 'TypeError', 'a number, got 1n'],
  ])('rejects %o in %o', (value, range, kind, message) => {
    expect(thrownBy(() => check.number('epsilon', value, range))).toEqual([kind, `${of} epsilon must be ${message}`]);
  });
});

describe('oneOf', () => {
  test('returns what is allowed', () => {
    expect(check.oneOf('norm', 'l2', ['linf', 'l2'])).toBe('l2');
  });

  test('says what is allowed', () => {
    const run = (value: unknown) => thrownBy(() => check.oneOf('norm', value, ['linf', 'l2', 'l1']));
    expect(run('l3')).toEqual(['RangeError', `${of} norm must be one of "linf", "l2", "l1", got "l3"`]);
    expect(run(2)).toEqual(['TypeError', `${of} norm must be one of "linf", "l2", "l1", got 2`]);
  });
});

test('boolean takes true and false and nothing else', () => {
  expect(check.boolean('targeted', false)).toBe(false);
  expect(thrownBy(() => check.boolean('targeted', 0))).toEqual([
    'TypeError',
    `${of} targeted must be true or false, got 0`,
  ]);
});

test('callable takes functions and nothing else', () => {
  const model = () => 1;
  expect(check.callable('model', model)).toBe(model);
  expect(thrownBy(() => check.callable('model', {}))).toEqual(['TypeError', `${of} model must be a function, got {}`]);
});

test('seed takes 0 and every other safe natural number', () => {
  expect(check.seed('seed', 0)).toBe(0);
  expect(check.seed('seed', Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  expect(thrownBy(() => check.seed('seed', -1))[0]).toBe('RangeError');
  expect(thrownBy(() => check.seed('seed', undefined))).toEqual([
    'TypeError',
    `${of} seed must be an integer >= 0 and <= 9007199254740991, got undefined`,
  ]);
});

describe('bounds', () => {
  test('are two finite numbers in order', () => {
    const bounds = [-1, 1];
    expect(check.bounds('bounds', bounds)).toBe(bounds);
  });

  test.each([
    [[1, 0], 'RangeError', '[1, 0]'],
    [[0, 0], 'RangeError', '[0, 0]'],
    [[0, Number.POSITIVE_INFINITY], 'RangeError', '[0, Infinity]'],
    [[Number.NaN, 1], 'RangeError', '[NaN, 1]'],
    [[0], 'TypeError', '[0]'],
    [['0', 1], 'TypeError', '["0", 1]'],
    [255, 'TypeError', '255'],
    [undefined, 'TypeError', 'undefined'],
  ])('cannot be %j', (value, kind, received) => {
    expect(thrownBy(() => check.bounds('bounds', value))).toEqual([
      kind,
      `${of} bounds must be two finite numbers [min, max] with min < max, got ${received}`,
    ]);
  });
});

test('range takes a constant, too', () => {
  expect(check.range('rotate', [45, 45])).toEqual([45, 45]);
  expect(check.range('rotate', [-1, 2])).toEqual([-1, 2]);
  expect(thrownBy(() => check.range('rotate', [2, 1]))).toEqual([
    'RangeError',
    `${of} rotate must be two finite numbers [min, max] with min <= max, got [2, 1]`,
  ]);
  expect(thrownBy(() => check.range('rotate', [0, Number.NaN]))[0]).toBe('RangeError');
  expect(thrownBy(() => check.range('rotate', 45))[0]).toBe('TypeError');
});

test('options are an object and nothing else', () => {
  const options = { epsilon: 1 };
  expect(check.options(options)).toBe(options);
  for (const [value, shown] of [
    ['minimize', '"minimize"'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1], '[1]'],
    [Float32Array.of(1), 'Float32Array [1]'],
    [Math.max, 'function max'],
    [Promise.resolve(options), 'an instance of Promise'],
  ]) {
    expect(thrownBy(() => check.options(value))).toEqual([
      'TypeError',
      `${of} options must be an object, got ${shown}`,
    ]);
  }
  expect(thrownBy(() => check.options(3, 'mixup'))[1]).toBe(`${of} mixup must be an object, got 3`);
});

test('shape takes whole positive sizes, of one rank if that is asked for', () => {
  expect(check.shape('shape', [28, 28, 1], 3)).toEqual([28, 28, 1]);
  expect(thrownBy(() => check.shape('shape', [28, 28], 3))).toEqual([
    'RangeError',
    `${of} shape must be 3 whole sizes >= 1, got [28, 28]`,
  ]);
  expect(thrownBy(() => check.shape('shape', [0]))[0]).toBe('RangeError');
  expect(thrownBy(() => check.shape('shape', 28 as never))[0]).toBe('TypeError');
});

describe('tensors', () => {
  useBackend('cpu');
  const run = (use: () => unknown) => tf.tidy(() => thrownBy(use));

  test('of the right kind are returned', () => {
    tf.tidy(() => {
      const images = tf.zeros([1, 2, 2, 3]);
      const labels = tf.zeros([1], 'int32');
      expect(check.images('images', images)).toBe(images);
      expect(check.labels('labels', labels, { count: 1 })).toBe(labels);
      expect(check.tensor('mask', labels, { rank: 1, dtype: 'int32' })).toBe(labels);
      expect(check.tensor('mask', labels)).toBe(labels);
    });
  });

  test('say what they are', () => {
    const images = `${of} images must be a float32 tensor [n, h, w, c], got`;
    expect(run(() => check.images('images', tf.zeros([2, 3])))).toEqual([
      'TypeError',
      `${images} float32 tensor [2, 3]`,
    ]);
    expect(run(() => check.images('images', tf.zeros([1, 1, 1, 1], 'int32')))).toEqual([
      'TypeError',
      `${images} int32 tensor [1, 1, 1, 1]`,
    ]);
    expect(run(() => check.images('images', [[1]]))).toEqual(['TypeError', `${images} [[1]]`]);

    const labels = `${of} labels must be an int32 tensor [2], got`;
    expect(run(() => check.labels('labels', tf.zeros([3], 'int32'), { count: 2 }))).toEqual([
      'RangeError',
      `${labels} int32 tensor [3]`,
    ]);
    expect(run(() => check.labels('labels', tf.zeros([2]), { count: 2 }))).toEqual([
      'TypeError',
      `${labels} float32 tensor [2]`,
    ]);
    expect(run(() => check.labels('labels', [0, 1], { count: 2 }))).toEqual(['TypeError', `${labels} [0, 1]`]);

    expect(run(() => check.tensor('mask', tf.zeros([2]), { rank: 2, dtype: 'int32' }))).toEqual([
      'TypeError',
      `${of} mask must be an int32 tensor of rank 2, got float32 tensor [2]`,
    ]);
  });

  test('must not be disposed', () => {
    const gone = tf.zeros([1, 1, 1, 1]);
    const goneLabels = tf.zeros([1], 'int32');
    tf.dispose([gone, goneLabels]);
    expect(run(() => check.images('images', gone))).toEqual([
      'Error',
      `${of} images must be a float32 tensor [n, h, w, c], got disposed float32 tensor [1, 1, 1, 1]`,
    ]);
    expect(run(() => check.tensor('mask', gone))[0]).toBe('Error');
    expect(run(() => check.labels('labels', goneLabels, { count: 1 }))[0]).toBe('Error');
  });
});

test('failBecause keeps the cause', () => {
  const cause = new Error('deep');
  expect(() => check.failBecause('state', 'it is gone', cause)).toThrow(expect.objectContaining({ cause }));
});

test('error and errorBecause make what fail and failBecause throw', () => {
  expect(check.error('type', 'steps', 'an integer', 'x')).toEqual(
    new TypeError(`${of} steps must be an integer, got "x"`),
  );
  const cause = new Error('deep');
  const error = check.errorBecause('range', 'nothing is left', cause);
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ message: `${of} nothing is left`, cause });
});

test('isCheckerError knows the errors of a checker by more than their words', () => {
  expect(isCheckerError(check.errorBecause('state', 'it is gone'))).toBe(true);
  expect(isCheckerError(new Error(`${of} it is gone`))).toBe(false);
  for (const other of [undefined, null, 'text', 3]) expect(isCheckerError(other)).toBe(false);
  expect(Object.keys(check.errorBecause('state', 'it is gone'))).toEqual([]);
});

test('fail and failBecause word their own faults alike', () => {
  expect(thrownBy(() => check.fail('state', 'tally', 'complete', { shards: 1 }))).toEqual([
    'Error',
    `${of} tally must be complete, got { shards }`,
  ]);
  expect(thrownBy(() => check.failBecause('range', 'nothing is left'))).toEqual([
    'RangeError',
    `${of} nothing is left`,
  ]);
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [-0, '-0'],
  [1e-7, '1e-7'],
  [true, 'true'],
  ['a "b"', '"a \\"b\\""'],
  ['x'.repeat(100), `"${'x'.repeat(60)}…"`],
  [Symbol('s'), 'Symbol(s)'],
  [Math.max, 'function max'],
  [() => 1, 'a function'],
  [[1, 'a', [2]], '[1, "a", [2]]'],
  [Array.from({ length: 20 }, (_, i) => i), '[0, 1, 2, 3, 4, 5, 6, 7, …] (20 values)'],
  [new Float32Array([0.5]), 'Float32Array [0.5]'],
  [new Map(), 'an instance of Map'],
  [Object.create(null), '{}'],
  [{ a: 1, b: 2 }, '{ a, b }'],
  [Object.fromEntries('abcdefghij'.split('').map((key) => [key, 1])), '{ a, b, c, d, e, f, g, h, … }'],
])('describes %o', (value, description) => {
  expect(describeValue(value)).toBe(description);
});
