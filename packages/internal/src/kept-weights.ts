import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Check, checker } from './check.ts';
import { isA } from './realm.ts';

/** Weights read from the device. */
export interface KeptWeights {
  readonly shape: readonly number[];
  /** The kind of array is that of the weights: float32, int32, or bool as bytes. */
  readonly values: KeptValues;
}

export type KeptValues = Float32Array | Int32Array | Uint8Array;

type KeptType = 'float32' | 'int32' | 'bool';
const arrayOf = {
  float32: { name: 'Float32Array', make: (values: ArrayLike<number>) => new Float32Array(values) },
  int32: { name: 'Int32Array', make: (values: ArrayLike<number>) => new Int32Array(values) },
  bool: { name: 'Uint8Array', make: (values: ArrayLike<number>) => new Uint8Array(values) },
} as const;
const keptTypes = Object.keys(arrayOf) as KeptType[];
const anArray = 'a Float32Array, an Int32Array or a Uint8Array';

function typeOf(values: KeptValues): KeptType | undefined {
  return keptTypes.find((dtype) => isA(arrayOf[dtype].name, values));
}

/** Throws where a weight is of a kind that cannot be kept: before work that would be lost for it. */
export function requireKeepable(check: Check, name: string, weights: readonly Tensor[]): void {
  for (const [index, weight] of weights.entries()) {
    const { dtype } = check.tensor(`${name}[${index}]`, weight);
    check.oneOf(`${name}[${index}].dtype`, dtype as KeptType, keptTypes);
  }
}

export async function readWeights(weights: readonly Tensor[]): Promise<KeptWeights[]> {
  requireKeepable(checker('@cnnviz/internal', 'readWeights'), 'weights', weights);
  return Promise.all(
    weights.map(async (weight) => ({
      shape: weight.shape,
      // A copy: what a backend gives may be a view of its memory.
      values: arrayOf[weight.dtype as KeptType].make(await weight.data<KeptType>()),
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
    if (variable.dtype !== typeOf(kept.values)) {
      check.fail('type', `variables[${index}]`, `of dtype ${typeOf(kept.values)}`, variable);
    }
  }
}

/** A shape and as many values. */
export function requireKept(check: Check, name: string, kept: KeptWeights): void {
  const isShape = Array.isArray(kept?.shape) && kept.shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!isShape) check.fail('type', name, '{ shape, values } with whole sizes', kept);
  const size = tf.util.sizeFromShape([...kept.shape]);
  if (typeOf(kept.values) === undefined) check.fail('type', `${name}.values`, anArray, kept.values);
  if (kept.values.length !== size) check.fail('range', `${name}.values`, `${size} values`, kept.values);
}

export function assignKept(variable: Variable, kept: KeptWeights): void {
  tf.tidy(() => variable.assign(tensorOfKept(kept)));
}

/** The weights on the device again. The caller disposes. */
export function tensorOfKept({ values, shape }: KeptWeights): Tensor {
  const dtype = typeOf(values)!;
  // In a browser tfjs takes an array of another realm for no array.
  return tf.tensor(arrayOf[dtype].make(values), [...shape], dtype);
}

/** Kinds and shapes of variables, by which a checkpoint knows its model. */
export function fingerprint(variables: readonly Variable[]): string {
  return variables.map(({ shape, dtype }) => `${dtype}[${shape.join(',')}]`).join(' ');
}
