import { type Check, requireOutput } from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective, PreparedObjective } from '../objectives/objective.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { Parameterization } from '../parameterizations/parameterization.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';
import type { Transform, View } from '../transforms/transform.ts';

/**
 * The parts of a run, which anybody may write: each is checked when the run begins, and what its functions return when
 * they return it. A part that is wrong is an error that names it, not one from inside TensorFlow.js.
 */

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

/** Of the parameterization. Its functions run within `tf.tidy`. */
export function checkedParameterization(check: Check, parameterization: Parameterization): Parameterization {
  const given = parameterization;
  if (typeof given?.render !== 'function') {
    check.fail('type', 'parameterization', 'a parameterization such as pixels({ … })', given);
  }
  requireName(check, 'parameterization', given.name);
  check.callable('parameterization.start', given.start);
  for (const name of ['project', 'check'] as const) {
    if (isGiven(given[name])) check.callable<unknown>(`parameterization.${name}`, given[name]);
  }
  const shape = check.shape('parameterization.variableShape', given.variableShape);
  const variables = (name: string, made: unknown, count: number) => {
    const expected = `a function to float32 variables [${[count, ...shape].join(', ')}]`;
    return requireShape(check, `parameterization.${name}`, expected, made, [count, ...shape]);
  };
  return {
    name: given.name,
    variableShape: shape,
    bounds: check.bounds('bounds', given.bounds),
    // Clones: a part of one's own may return what it was given, or what it keeps.
    start: (random, count) => tf.clone(variables('start', given.start(random, count), count)),
    render: (of) => tf.clone(requireImages(check, 'parameterization.render', given.render(of), of.shape[0]!)),
    ...(given.project && { project: (moved: Tensor) => variables('project', given.project!(moved), moved.shape[0]!) }),
    ...(given.check && { check: async (start: Tensor) => given.check!(start) }),
  };
}

export function checkedOptimizer(check: Check, optimizer: Optimizer): Optimizer {
  if (typeof optimizer?.update !== 'function')
    check.fail('type', 'optimizer', 'an optimizer such as adam()', optimizer);
  requireName(check, 'optimizer', optimizer.name);
  const count = check.number('optimizer.memory', optimizer.memory, { integer: true, min: 0 });
  return {
    name: optimizer.name,
    memory: count,
    update: (gradient, before, at) => {
      const { update, memory } = check.options(optimizer.update(gradient, before, at), 'optimizer.update()');
      const expected = `a float32 tensor [${gradient.shape.join(', ')}]`;
      requireShape(check, 'optimizer.update().update', expected, update, gradient.shape);
      if (!Array.isArray(memory) || memory.length !== count) {
        check.fail('type', 'optimizer.update().memory', `a list of ${count} tensors`, memory);
      }
      for (const [index, tensor] of memory.entries()) {
        requireShape(check, `optimizer.update().memory[${index}]`, expected, tensor, gradient.shape);
      }
      return { update, memory: memory.map((tensor) => tf.clone(tensor)) };
    },
  };
}

export function checkedTransforms(check: Check, transforms: readonly Transform[]): readonly Transform[] {
  const isOne = (item: Transform) => typeof item === 'function' || typeof item?.look === 'function';
  if (!Array.isArray(transforms) || !transforms.every(isOne)) {
    check.fail('type', 'transforms', 'a list of transforms such as jitter() and functions of images', transforms);
  }
  return transforms.map((transform: Transform, index): Transform => {
    const name = `transforms[${index}]`;
    if (typeof transform === 'function') {
      return (images, random) => requireImages(check, name, transform(images, random), images.shape[0]);
    }
    requireName(check, name, transform.name);
    return {
      name: transform.name,
      look: (view, random, image) => requireView(check, `${name}.look()`, transform.look(view, random, image)),
    };
  });
}

function requireView(check: Check, name: string, view: View): View {
  const { height, width, ...matrix } = check.options(view, name);
  for (const [side, size] of Object.entries({ height, width })) {
    check.number(`${name}.${side}`, size, { integer: true, min: 1 });
  }
  for (const entry of ['xx', 'xy', 'x0', 'yx', 'yy', 'y0'] as const) check.number(`${name}.${entry}`, matrix[entry]);
  return view;
}

export function checkedRegularizers(check: Check, regularizers: readonly Regularizer[]): readonly Regularizer[] {
  const isOne = (item: Regularizer) => typeof item === 'object' && item !== null;
  if (!Array.isArray(regularizers) || !regularizers.every(isOne)) {
    check.fail('type', 'regularizers', 'a list of regularizers such as decay()', regularizers);
  }
  return regularizers.map((regularizer: Regularizer, index): Regularizer => {
    const name = `regularizers[${index}]`;
    check.options(regularizer, name);
    requireName(check, name, regularizer.name);
    for (const part of ['check', 'penalty', 'afterStep'] as const) {
      if (isGiven(regularizer[part])) check.callable<unknown>(`${name}.${part}`, regularizer[part]);
    }
    return {
      name: regularizer.name,
      ...(regularizer.check && { check: (parameterization) => regularizer.check!(parameterization) }),
      ...(regularizer.penalty && {
        penalty: (images, variables) => {
          const [count] = images.shape;
          const expected = `a function to float32 penalties [${count}]`;
          const penalty = regularizer.penalty!(images, variables);
          return requireShape(check, `${name}.penalty`, expected, penalty, [count]) as Tensor1D;
        },
      }),
      ...(regularizer.afterStep && {
        afterStep: (variables, at) => {
          const expected = `a function to float32 variables [${variables.shape.join(', ')}]`;
          const moved = regularizer.afterStep!(variables, at);
          return requireShape(check, `${name}.afterStep`, expected, moved, variables.shape);
        },
      }),
    };
  });
}

/** What a model of an objective returns, if it is a tensor: objectives say themselves what else they want. */
export function checkedActivations<T>(check: Check, output: T, images: Tensor4D): T {
  if (!(output instanceof tf.Tensor)) return output;
  const [count] = images.shape;
  const expected = `a function from images to a float32 tensor [${count}, …]`;
  requireOutput(check, 'a model of the objective', expected, output, ({ shape }) => shape[0] === count);
  return output;
}

function requireImages(check: Check, name: string, images: unknown, count: number): Tensor4D {
  const expected = `a function to float32 images [${count}, h, w, c]`;
  return requireOutput(check, name, expected, images, ({ rank, shape }) => rank === 4 && shape[0] === count);
}

function requireShape(check: Check, name: string, expected: string, made: unknown, shape: readonly number[]): Tensor {
  return requireOutput(check, name, expected, made, (tensor) => String(tensor.shape) === String(shape));
}

function requireName(check: Check, owner: string, name: unknown): void {
  if (typeof name !== 'string') check.fail('type', `${owner}.name`, 'a string', name);
}

/** What may be left out may be null. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
