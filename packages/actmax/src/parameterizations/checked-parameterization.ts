import type { Check } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isGiven, requireImages, requireName, requireShape } from '../parts/part-checks.ts';
import type { Parameterization } from './parameterization.ts';

/** Checks the parameterization and what its functions return. They run within `tf.tidy`. */
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
