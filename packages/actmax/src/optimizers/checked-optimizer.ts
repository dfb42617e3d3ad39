import type { Check } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { requireName, requireShape } from '../parts/part-checks.ts';
import type { Optimizer } from './optimizer.ts';

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
