import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import type { LabeledImages, Trainable } from './contracts.ts';

/** Throws unless it can be trained. Every function has an `apply`, so a function alone is none. */
export function requireTrainable<T extends Pick<Trainable, 'variables'> & { apply: unknown }>(
  check: Check,
  name: string,
  model: T,
): T {
  check.options(model, name);
  check.callable(`${name}.apply`, model.apply);
  requireVariables(check, `${name}.variables`, model.variables);
  return model;
}

/** Throws unless it is a list of variables, of one or more, that are not disposed. */
export function requireVariables(check: Check, name: string, variables: readonly Variable[]): readonly Variable[] {
  if (!Array.isArray(variables) || variables.length === 0) check.fail('type', name, 'a list of variables', variables);
  for (const [index, variable] of variables.entries()) {
    check.tensor(`${name}[${index}]`, variable);
    if (!(variable instanceof tf.Variable)) check.fail('type', `${name}[${index}]`, 'a variable', variable);
  }
  return variables;
}

/** Throws unless it is an optimizer: not its name, and not one of tfjs-layers. */
export function requireOptimizer(check: Check, name: string, optimizer: unknown): Optimizer {
  // tfjs asks what it is given for its methods.
  const isOptimizer = optimizer !== undefined && optimizer !== null && optimizer instanceof tf.Optimizer;
  return isOptimizer ? optimizer : check.fail('type', name, 'an Optimizer', optimizer);
}

/** Throws unless a batch holds images `[n, h, w, c]` and the label of each. */
export function requireLabeledImages(check: Check, batch: LabeledImages, name = 'a batch'): LabeledImages {
  const { images, labels } = check.options(batch, name);
  check.labels('labels', labels, { count: check.images('images', images).shape[0] });
  return batch;
}

/** Throws unless it is a list of names, or left out. */
export function requireNames(
  check: Check,
  name: string,
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  if (names === undefined || names === null) return undefined;
  if (!Array.isArray(names)) check.fail('type', name, 'a list of names', names);
  for (const [index, each] of names.entries()) {
    if (typeof each !== 'string') check.fail('type', `${name}[${index}]`, 'a string', each);
  }
  return names;
}
