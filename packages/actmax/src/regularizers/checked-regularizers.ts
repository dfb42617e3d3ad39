import type { Check } from '@cnnviz/internal';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { isGiven, requireName, requireShape } from '../parts/part-checks.ts';
import type { Regularizer } from './regularizer.ts';

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
