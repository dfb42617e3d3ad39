import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.ts';
import type { WantedUnits } from './wanted-units.ts';

interface OneUnitEach<Output extends Tensor> {
  name: string;
  model: (images: Tensor4D) => Output;
  wanted: WantedUnits;
  /** What each unit is for each image, `[n, units]`; throws where the output is not of its kind. */
  valuesOf(output: Output): Tensor2D;
}

/** The objective that is for each image the value of its unit. */
export function oneUnitEach<Output extends Tensor>({ name, model, wanted, valuesOf }: OneUnitEach<Output>): Objective {
  return {
    name,
    count: wanted.count,
    prepare: (activations, count) => {
      const isWanted = wanted.rows(count, valuesOf(activations(model)).shape[1]);
      return { held: [isWanted], score: (of) => tf.sum(tf.mul(valuesOf(of(model)), isWanted), 1) as Tensor1D };
    },
  };
}
