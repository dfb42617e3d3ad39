import type { Tensor } from '@tensorflow/tfjs-core';
import type { Algorithm, Inputs } from './algorithm.ts';

type Model = (...parameters: unknown[]) => Tensor;

/** The same algorithm, with one of its models watched: `change` sees each output and returns, or throws, what goes on. */
export function watchModel<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
  change: (output: Tensor) => Tensor,
): Algorithm<I, O> {
  return {
    ...algorithm,
    inputs: () => {
      const inputs = algorithm.inputs();
      return { ...inputs, [key]: watched(inputs[key], change) };
    },
  };
}

function watched(model: unknown, change: (output: Tensor) => Tensor): unknown {
  const watch =
    (inner: Model): Model =>
    (...parameters) => {
      const output = inner(...parameters);
      let changed: Tensor | undefined;
      try {
        changed = change(output);
        return changed;
      } finally {
        if (changed !== output) output.dispose();
      }
    };
  if (typeof model === 'function') return watch(model as Model);
  const trainable = model as { apply: Model };
  return { ...trainable, apply: watch(trainable.apply.bind(trainable)) };
}
