import * as tf from '@tensorflow/tfjs-core';
import type { DescribedType } from './described-type.ts';
import type { ExportedFunction } from './exported-functions.ts';
import { hostileCallbacks } from './hostile-callbacks.ts';
import { type HostileValue, hostileValues, isTensor } from './hostile-values.ts';

/** One thing that is wrong with a call. */
export interface HostileCall {
  /** Where, and what stands there: `options.seed = NaN`. */
  label: string;
  /** Whether the types admit it: then the call may succeed. Else it has to fail. */
  mayPass: boolean;
  /** The arguments with that thing wrong. */
  spoil: (valid: readonly unknown[], watch: CallbackWatch) => unknown[];
}

/** What a spoilt callback did. */
export interface CallbackWatch {
  /** Whether it was called, so that something can come of it. `undefined` where no callback is spoilt. */
  wasCalled?: boolean;
  /** What it threw, or rejected with: the error that has to come out. */
  thrown?: Error;
  /** Tensors that it answered with where none belongs: nobody has to dispose them. */
  strays: unknown[];
}

/** All hostile calls that the types of a function give, around arguments of a valid call. */
export function hostileCalls({ parameters }: ExportedFunction, valid: readonly unknown[]): HostileCall[] {
  return parameters.flatMap(({ name, type }, place) =>
    replacements(type, valid[place], name).map(({ label, mayPass, replace }) => ({
      label,
      mayPass,
      spoil: (own: readonly unknown[], watch: CallbackWatch) =>
        Array.from({ length: Math.max(own.length, place + 1) }, (_, index) =>
          index === place ? replace(own[index], watch) : own[index],
        ),
    })),
  );
}

export interface Replacement {
  label: string;
  mayPass: boolean;
  replace: (valid: unknown, watch: CallbackWatch) => unknown;
}

/** How deep into options of options. */
const DEEPEST = 5;

/** Whatever may stand in the place of a value: another one, or itself with something inside it replaced. */
function replacements(type: DescribedType, valid: unknown, path: string, depth = 0): Replacement[] {
  const whole = hostileValues(type, isTensor(valid)).map((value) => replacementOf(value, path));
  if (depth === DEEPEST) return whole;
  const callback = type.kinds.has('function')
    ? hostileCallbacks(type, valid, path, (answer, sample) => replacements(answer, sample, `${path}()`, depth + 1))
    : [];
  return [...whole, ...callback, ...insideObject(type, valid, path, depth), ...insideArray(type, valid, path, depth)];
}

function replacementOf({ label, mayPass, make }: HostileValue, path: string): Replacement {
  return { label: `${path} = ${label}`, mayPass, replace: make };
}

function insideObject(type: DescribedType, valid: unknown, path: string, depth: number): Replacement[] {
  if (!isPlain(valid)) return [];
  return [...type.properties].flatMap(([name, property]) =>
    replacements(property(), valid[name], `${path}.${name}`, depth + 1).map(({ replace, ...rest }) => ({
      ...rest,
      replace: (own: unknown, watch: CallbackWatch) => ({
        ...(own as object),
        [name]: replace((own as Record<string, unknown>)[name], watch),
      }),
    })),
  );
}

/** Only for the first element: what holds for it holds for the others. */
function insideArray(type: DescribedType, valid: unknown, path: string, depth: number): Replacement[] {
  const { element, mayHoldPromises } = type;
  if (!Array.isArray(valid) || valid.length === 0 || element === undefined) return [];
  return replacements(element(), valid[0], `${path}[0]`, depth + 1).map(({ label, mayPass, replace }) => ({
    label,
    mayPass: mayPass || (mayHoldPromises && label === `${path}[0] = a promise`),
    replace: (own: unknown, watch: CallbackWatch) => {
      const [first, ...others] = own as unknown[];
      return [replace(first, watch), ...others];
    },
  }));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof tf.Tensor) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || prototype === Object.prototype;
}
