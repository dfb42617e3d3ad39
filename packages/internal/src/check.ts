import type { DataType, Rank, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Bounds } from './contracts.ts';
import { isPromise } from './realm.ts';

/** What is wrong: a value (RangeError), its kind (TypeError), or the state that the call was made in (Error). */
export type FailureKind = 'range' | 'type' | 'state';

/** Which numbers are allowed; `min` and `max` are inside the range, `above` and `below` are not. Always finite. */
export interface NumberRange {
  integer?: boolean;
  min?: number;
  max?: number;
  above?: number;
  below?: number;
}

/** Validates the arguments of one function and words its errors alike. */
export interface Check {
  number(name: string, value: unknown, range?: NumberRange): number;
  boolean(name: string, value: unknown): boolean;
  oneOf<const T extends string | number>(name: string, value: unknown, allowed: readonly T[]): T;
  callable<T>(name: string, value: T): T;
  /** A whole number from 0 to 2^53 - 1. */
  seed(name: string, value: unknown): number;
  /** Two finite numbers, the first below the second. */
  bounds(name: string, value: unknown): Bounds;
  /** What is drawn from: two finite numbers, the first not above the second. Equal ones are a constant. */
  range(name: string, value: unknown): Bounds;
  /** An object of options. Of another value every option would be read as left out. */
  options<T>(value: T, name?: string): T;
  /** Whole positive sizes, such as `[28, 28, 1]`. */
  shape<T extends readonly number[]>(name: string, value: T, rank?: number): T;
  tensor<R extends Rank = Rank>(name: string, value: unknown, kind?: { rank?: number; dtype?: DataType }): Tensor<R>;
  /** A float32 tensor `[n, h, w, c]`. */
  images(name: string, value: unknown): Tensor4D;
  /** An int32 tensor `[count]`. Its values are on the device: `requireWithin` reads them where that is affordable. */
  labels(name: string, value: unknown, expected: { count: number }): Tensor1D;
  /** Makes the error `<package>: <function>: <name> must be <expected>, got <received>`. */
  error(kind: FailureKind, name: string, expected: string, received: unknown): Error;
  /** Throws that error. */
  fail(kind: FailureKind, name: string, expected: string, received: unknown): never;
  /** Makes the error `<package>: <function>: <sentence>`. */
  errorBecause(kind: FailureKind, sentence: string, cause?: unknown): Error;
  /** Throws that error. */
  failBecause(kind: FailureKind, sentence: string, cause?: unknown): never;
  /** Writes `<package>: <function>: <sentence>` to the console. */
  warn(sentence: string): void;
}

/**
 * The argument checks of one function.
 *
 * @param packageName As it is imported: `@cnnviz/adversarial`.
 * @param functionName As it is called: `pgd`.
 *
 * @example
 * const check = checker('@cnnviz/adversarial', 'pgd');
 * const epsilon = check.number('epsilon', 0.1, { min: 0 });
 */
export function checker(packageName: string, functionName: string): Check {
  const errorBecause = (kind: FailureKind, sentence: string, cause?: unknown): Error => {
    const options = cause === undefined ? {} : { cause };
    const error = new errorOf[kind](`${packageName}: ${functionName}: ${sentence}`, options);
    return Object.defineProperty(error, MADE_HERE, { value: true });
  };
  const error = (kind: FailureKind, name: string, expected: string, received: unknown): Error =>
    errorBecause(kind, `${name} must be ${expected}, got ${describeValue(received)}`);
  const failBecause: Check['failBecause'] = (...failure) => {
    throw errorBecause(...failure);
  };
  const fail: Check['fail'] = (...failure) => {
    throw error(...failure);
  };

  const number = (name: string, value: unknown, range: NumberRange = {}): number => {
    if (typeof value !== 'number') return fail('type', name, describeRange(range), value);
    if (!isInRange(value, range)) return fail('range', name, describeRange(range, value), value);
    return value;
  };

  const tensor = <R extends Rank = Rank>(
    name: string,
    value: unknown,
    { rank, dtype }: { rank?: number; dtype?: DataType } = {},
  ): Tensor<R> => {
    const expected = [`a`, dtype, `tensor`, rank === undefined ? undefined : `of rank ${rank}`]
      .filter(Boolean)
      .join(' ');
    const article = expected.replace(/^a (?=int)/, 'an ');
    if (!(value instanceof tf.Tensor)) return fail('type', name, article, value);
    if (value.isDisposed) return fail('state', name, article, value);
    const fits = (rank === undefined || value.rank === rank) && (dtype === undefined || value.dtype === dtype);
    return fits ? (value as Tensor<R>) : fail('type', name, article, value);
  };

  const pair = (
    name: string,
    value: unknown,
    expected: string,
    isRight: (min: number, max: number) => boolean,
  ): Bounds => {
    if (!Array.isArray(value) || value.length !== 2 || value.some((bound) => typeof bound !== 'number')) {
      return fail('type', name, expected, value);
    }
    const [min, max] = value as [number, number];
    return Number.isFinite(min) && Number.isFinite(max) && isRight(min, max)
      ? (value as [number, number])
      : fail('range', name, expected, value);
  };

  return {
    error,
    fail,
    errorBecause,
    failBecause,
    warn: (sentence) => console.warn(`${packageName}: ${functionName}: ${sentence}`),
    number,
    tensor,

    boolean: (name, value) => (typeof value === 'boolean' ? value : fail('type', name, 'true or false', value)),

    oneOf: <const T extends string | number>(name: string, value: unknown, allowed: readonly T[]): T => {
      const found = allowed.find((candidate) => candidate === value);
      if (found !== undefined) return found;
      const sameKind = allowed.some((candidate) => typeof candidate === typeof value);
      return fail(sameKind ? 'range' : 'type', name, `one of ${allowed.map(describeValue).join(', ')}`, value);
    },

    callable: (name, value) => (typeof value === 'function' ? value : fail('type', name, 'a function', value)),

    seed: (name, value) => number(name, value, { integer: true, min: 0, max: Number.MAX_SAFE_INTEGER }),

    bounds: (name, value) => pair(name, value, 'two finite numbers [min, max] with min < max', (min, max) => min < max),

    range: (name, value) =>
      pair(name, value, 'two finite numbers [min, max] with min <= max', (min, max) => min <= max),

    options: (value, name = 'options') => {
      const isObject =
        typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
      return isObject && !(value instanceof tf.Tensor) && !isPromise(value)
        ? value
        : fail('type', name, 'an object', value);
    },

    shape: (name, value, rank) => {
      const expected = rank === undefined ? 'whole sizes >= 1' : `${rank} whole sizes >= 1`;
      if (!Array.isArray(value)) return fail('type', name, expected, value);
      const fits = value.every((size) => Number.isInteger(size) && size >= 1);
      return fits && (rank === undefined || value.length === rank) ? value : fail('range', name, expected, value);
    },

    images: (name, value) => {
      const isImages = value instanceof tf.Tensor && !value.isDisposed && value.rank === 4 && value.dtype === 'float32';
      if (isImages) return value as Tensor4D;
      const kind = value instanceof tf.Tensor && value.isDisposed ? 'state' : 'type';
      return fail(kind, name, 'a float32 tensor [n, h, w, c]', value);
    },

    labels: (name, value, { count }) => {
      const expected = `an int32 tensor [${count}]`;
      if (!(value instanceof tf.Tensor)) return fail('type', name, expected, value);
      if (value.isDisposed) return fail('state', name, expected, value);
      if (value.rank !== 1 || value.dtype !== 'int32') return fail('type', name, expected, value);
      return value.shape[0] === count ? (value as Tensor1D) : fail('range', name, expected, value);
    },
  };
}

const errorOf = { range: RangeError, type: TypeError, state: Error };

/** Marks the errors of a checker. Each package bundles its own copy of this file, and all of them share the symbol. */
const MADE_HERE = Symbol.for('@cnnviz/checked-error');

/** Whether a checker made this error, so that it already says what is wrong in our words. */
export function isCheckerError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && MADE_HERE in error;
}

function isInRange(value: number, { integer, min, max, above, below }: NumberRange): boolean {
  return (
    Number.isFinite(value) &&
    (!integer || Number.isInteger(value)) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  );
}

function describeRange({ integer, min, max, above, below }: NumberRange, received?: number): string {
  const isInfinite = received === Number.POSITIVE_INFINITY || received === Number.NEGATIVE_INFINITY;
  const limits = [
    min === undefined ? undefined : `>= ${min}`,
    above === undefined ? undefined : `> ${above}`,
    max === undefined ? undefined : `<= ${max}`,
    below === undefined ? undefined : `< ${below}`,
  ].filter((limit) => limit !== undefined);
  const noun = integer ? 'an integer' : isInfinite ? 'a finite number' : 'a number';
  return limits.length === 0 ? noun : `${noun} ${limits.join(' and ')}`;
}

const longestList = 8;
const longestString = 60;

/** A value as an error message shows it: short, and unmistakable as to its kind. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Object.is(value, -0)) return '-0';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > longestString ? `${value.slice(0, longestString)}…` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return value.name ? `function ${value.name}` : 'a function';
    case 'object':
      return describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (value instanceof tf.Tensor) {
    const kind = `${value.dtype} tensor [${value.shape.join(', ')}]`;
    return value.isDisposed ? `disposed ${kind}` : kind;
  }
  if (Array.isArray(value)) return describeList(value);
  if (ArrayBuffer.isView(value) && 'length' in value) {
    return `${value.constructor.name} ${describeList(value as unknown as ArrayLike<unknown>)}`;
  }
  const name = value.constructor?.name;
  if (name !== undefined && name !== 'Object') return `an instance of ${name}`;
  const keys = Object.keys(value);
  const shown = keys.slice(0, longestList).join(', ');
  return keys.length === 0 ? '{}' : `{ ${shown}${keys.length > longestList ? ', …' : ''} }`;
}

function describeList(list: ArrayLike<unknown>): string {
  const shown = Array.from({ length: Math.min(list.length, longestList) }, (_, index) => describeValue(list[index]));
  return list.length > longestList ? `[${shown.join(', ')}, …] (${list.length} values)` : `[${shown.join(', ')}]`;
}
