import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activations, Objective } from './objective.ts';
import type { WantedUnits } from './wanted-units.ts';

interface OneUnitEach<Output extends Tensor> {
  name: string;
  model: (images: Tensor4D) => Output;
  wanted: WantedUnits;
  /** What each unit is for each image, `[n, units]`; throws where the output is not of its kind. */
  valuesOf(output: Output): Tensor2D;
  /** Told what the model makes of all images, in each step. */
  observe?(output: Output): void;
}

/** The objective that is for each image the value of its unit. */
export function oneUnitEach<Output extends Tensor>(options: OneUnitEach<Output>): Objective {
  const { name, model, wanted, valuesOf, observe } = options;
  return {
    name,
    count: wanted.count,
    prepare: (activations, count) => {
      const isWanted = wanted.rows(count, valuesOf(activations(model)).shape[1]);
      const score = (of: Activations) => {
        const output = of(model);
        observe?.(output);
        const values = valuesOf(output);
        // Chosen, not multiplied with 0: another unit may be infinite.
        return tf.sum(tf.where(tf.cast(isWanted, 'bool'), values, tf.zerosLike(values)), 1) as Tensor1D;
      };
      return { held: [isWanted], score };
    },
  };
}
