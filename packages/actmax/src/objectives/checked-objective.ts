import { type Check, requireOutput } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isGiven, requireName, requireShape } from '../parts/part-checks.ts';
import type { Objective, PreparedObjective } from './objective.ts';

/** @throws TypeError if something else than an objective was given. */
export function checkedObjective(check: Check, objective: Objective): Objective {
  if (typeof objective?.prepare !== 'function') {
    check.fail('type', 'objective', 'an objective such as logit(model, 0)', objective);
  }
  requireName(check, 'objective', objective.name);
  const { count, coupled } = objective;
  if (isGiven(count)) check.number('objective.count', count, { integer: true, min: 1 });
  if (isGiven(coupled)) check.boolean('objective.coupled', coupled);
  return {
    name: objective.name,
    count: count ?? undefined,
    coupled: coupled ?? undefined,
    prepare: (activations, images) => checkedPrepared(check, objective.prepare(activations, images), images),
  };
}

function checkedPrepared(check: Check, prepared: PreparedObjective, images: number): PreparedObjective {
  check.options(prepared, 'objective.prepare()');
  const { held } = prepared;
  check.callable('objective.prepare().score', prepared.score);
  if (!Array.isArray(held)) check.fail('type', 'objective.prepare().held', 'a list of tensors', held);
  for (const [index, tensor] of held.entries()) check.tensor(`objective.prepare().held[${index}]`, tensor);
  const expected = `a function to float32 scores [${images}]`;
  return {
    held,
    score: (of) => requireShape(check, 'objective.prepare().score', expected, prepared.score(of), [images]) as Tensor1D,
  };
}

/** What a model of an objective returns, if it is a tensor: objectives say themselves what else they want. */
export function checkedActivations<T>(check: Check, output: T, images: Tensor4D): T {
  if (!(output instanceof tf.Tensor)) return output;
  const [count] = images.shape;
  const expected = `a function from images to a float32 tensor [${count}, …]`;
  requireOutput(check, 'a model of the objective', expected, output, ({ shape }) => shape[0] === count);
  return output;
}
