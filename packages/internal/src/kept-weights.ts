import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { isA } from './realm.ts';

/** Weights read from the device. */
export interface KeptWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export async function readWeights(weights: readonly Tensor[]): Promise<KeptWeights[]> {
  return Promise.all(
    weights.map(async (weight) => ({
      shape: weight.shape,
      // A copy: what a backend gives may be a view of its memory.
      values: Float32Array.from(await weight.data<'float32'>()),
    })),
  );
}

/** All of them are as they must be, or none is assigned. */
export function assignWeights(check: Check, variables: readonly Variable[], weights: readonly KeptWeights[]): void {
  requireWeights(check, variables, weights);
  for (const [index, kept] of weights.entries()) assignKept(variables[index]!, kept);
}

export function requireWeights(check: Check, variables: readonly Variable[], weights: readonly KeptWeights[]): void {
  if (!Array.isArray(weights)) check.fail('type', 'weights', 'a list of { shape, values }', weights);
  if (variables.length !== weights.length) {
    check.fail('range', 'variables', `the ${weights.length} that were kept`, variables.length);
  }
  for (const [index, kept] of weights.entries()) {
    requireKept(check, `weights[${index}]`, kept);
    const variable = variables[index]!;
    if (!tf.util.arraysEqual(variable.shape, kept.shape)) {
      check.fail('range', `variables[${index}]`, `of shape [${kept.shape.join(', ')}]`, variable);
    }
  }
}

/** A shape and as many values. */
export function requireKept(check: Check, name: string, kept: KeptWeights): void {
  const isShape = Array.isArray(kept?.shape) && kept.shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!isShape) check.fail('type', name, '{ shape, values } with whole sizes', kept);
  const size = tf.util.sizeFromShape([...kept.shape]);
  if (!isA('Float32Array', kept.values)) check.fail('type', `${name}.values`, 'a Float32Array', kept.values);
  if (kept.values.length !== size) check.fail('range', `${name}.values`, `${size} values`, kept.values);
}

export function assignKept(variable: Variable, { values, shape }: KeptWeights): void {
  // In a browser tfjs takes an array of another realm for no array.
  tf.tidy(() => variable.assign(tf.tensor(new Float32Array(values), [...shape])));
}

/** Kinds and shapes of variables, by which a checkpoint knows its model. */
export function fingerprint(variables: readonly Variable[]): string {
  return variables.map(({ shape, dtype }) => `${dtype}[${shape.join(',')}]`).join(' ');
}
