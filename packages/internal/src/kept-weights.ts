import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

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

export function assignWeights(check: Check, variables: readonly Variable[], weights: readonly KeptWeights[]): void {
  if (variables.length !== weights.length) {
    check.fail('range', 'variables', `the ${weights.length} that were kept`, variables.length);
  }
  for (const [index, { values, shape }] of weights.entries()) {
    const variable = variables[index]!;
    if (String(variable.shape) !== String(shape)) {
      check.fail('range', `variables[${index}]`, `of shape [${shape.join(', ')}]`, variable);
    }
    tf.tidy(() => variable.assign(tf.tensor(values, [...shape])));
  }
}

/** Kinds and shapes of variables, by which a checkpoint knows its model. */
export function fingerprint(variables: readonly Variable[]): string {
  return variables.map(({ shape, dtype }) => `${dtype}[${shape.join(',')}]`).join(' ');
}
