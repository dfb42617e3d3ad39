import type { Trainable } from '@cnnviz/internal';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** A model of tfjs-layers as what an optimizer changes. The model stays the caller's. */
export function trainable(model: LayersModel): Trainable {
  return {
    apply: (images, { training }) => model.apply(images, { training }) as Tensor2D,
    variables: model.trainableWeights.map((weight) => weight.read() as Variable),
  };
}
