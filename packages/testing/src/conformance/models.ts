import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { Algorithm, Inputs } from './algorithm.ts';

export type Model = (...parameters: unknown[]) => Tensor;

/** The same algorithm, with one of its models watched: `change` sees each output and returns, or throws, what goes on. */
export function watchModel<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
  change: (output: Tensor) => Tensor,
): Algorithm<I, O> {
  return replaceModel(algorithm, key, (inner) => (...parameters) => {
    const output = inner(...parameters);
    let changed: Tensor | undefined;
    try {
      changed = change(output);
      return changed;
    } finally {
      if (changed !== output) output.dispose();
    }
  });
}

/** The same algorithm, with one of its models replaced by what `replace` makes of it. */
export function replaceModel<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
  replace: (model: Model) => (...parameters: unknown[]) => TensorContainer | Promise<TensorContainer>,
): Algorithm<I, O> {
  return {
    ...algorithm,
    inputs: () => {
      const inputs = algorithm.inputs();
      const model: unknown = inputs[key];
      if (typeof model === 'function') return { ...inputs, [key]: replace(model as Model) };
      const trainable = model as { apply: Model };
      return { ...inputs, [key]: { ...trainable, apply: replace(trainable.apply.bind(trainable)) } };
    },
  };
}
