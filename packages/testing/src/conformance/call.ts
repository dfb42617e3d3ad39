import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Algorithm, Inputs } from './algorithm.ts';
import { type Plain, readPlain, tensorsIn } from './plain.ts';

/** What differs from the valid call. */
export interface Changes {
  inputs?: Inputs;
  options?: object;
}

export interface Outcome {
  result: Plain;
  thrown: unknown;
  leakedTensors: number;
  leakedBuffers: number;
}

/** Runs an algorithm once on fresh inputs, reads and frees what it gives, and counts what stays. */
export async function call<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  changes: Changes = {},
): Promise<Outcome> {
  const valid = algorithm.inputs();
  const inputs = { ...valid, ...changes.inputs } as I;
  try {
    const before = tf.memory();
    const outcome = await settle(algorithm, inputs, changes.options);
    const after = tf.memory();
    return {
      ...outcome,
      leakedTensors: after.numTensors - before.numTensors,
      leakedBuffers: after.numDataBuffers - before.numDataBuffers,
    };
  } finally {
    disposeTensors({ valid, inputs });
  }
}

async function settle<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  inputs: I,
  options: object | undefined,
): Promise<Pick<Outcome, 'result' | 'thrown'>> {
  let returned: unknown;
  try {
    returned = await algorithm.run(inputs, frozenOptions(algorithm, options));
  } catch (thrown) {
    return { result: undefined, thrown };
  }
  const result = await readPlain(returned);
  disposeResult(algorithm, returned);
  return { result, thrown: undefined };
}

/** The result of a call that must succeed. */
export async function resultOf<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  changes?: Changes,
): Promise<Plain> {
  const { result, thrown } = await call(algorithm, changes);
  if (thrown !== undefined) throw thrown;
  return result;
}

/** `resultOf` the valid call, made when it is first asked for and then kept: one of several equal runs saved. */
export function validResultOf<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>): () => Promise<Plain> {
  let result: Promise<Plain> | undefined;
  return () => {
    result ??= resultOf(algorithm);
    return result;
  };
}

/** What a call throws that must fail, and must leave no tensor behind. */
export async function failureOf<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  changes: Changes,
): Promise<unknown> {
  const outcome = await call(algorithm, changes);
  if (outcome.thrown === undefined) expect.fail(`${algorithm.name} did not throw`);
  expectNoLeak(outcome);
  return outcome.thrown;
}

export function expectNoLeak({ leakedTensors, leakedBuffers }: Outcome): void {
  expect({ leakedTensors, leakedBuffers }).toEqual({ leakedTensors: 0, leakedBuffers: 0 });
}

/** `@cnnviz/<package>: <function>: <what is wrong>`. */
export function expectDocumentedError(thrown: unknown, functionName: string, message: RegExp): void {
  expect(thrown).toBeInstanceOf(Error);
  const text = (thrown as Error).message;
  expect(text).toMatch(/^@cnnviz\/[a-z-]+: /);
  expect(text).toContain(`: ${functionName}: `);
  expect(text).toMatch(message);
}

export function frozenOptions<O extends object>({ options }: { options: O }, changes?: object): O {
  return deepFreeze({ ...options, ...changes });
}

export function disposeResult<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>, result: unknown): void {
  if (algorithm.dispose) algorithm.dispose(result);
  else disposeTensors(result);
}

export function disposeTensors(value: unknown): void {
  for (const tensor of tensorsIn(value)) tensor.dispose();
}

function deepFreeze<T>(value: T): T {
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object);
  if (!isPlain) return value;
  for (const part of Object.values(value as object)) deepFreeze(part);
  return Object.freeze(value);
}
