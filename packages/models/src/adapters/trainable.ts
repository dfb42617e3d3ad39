import { checker, type Trainable } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { isLayersModel, networkOf } from '../networks/network-of.ts';
import { asLogits, type ClassifierOptions, endOf } from './classifier.ts';
import { checkEntry } from './entrance.ts';
import { imageRoute } from './image-route.ts';

/** Options of {@link trainable}: where the network begins and ends. */
export interface TrainableOptions extends Omit<ClassifierOptions, 'keepSoftmax'> {}

/** A LayersModel in the form that `train` of `@cnnviz/regularizers` takes. */
export interface TrainableNetwork extends Trainable {
  /** Variables that training changes besides the weights: the moving averages of batch normalization. */
  state: Variable[];
}

/**
 * Prepares a LayersModel for training on its logits: the function from images to logits, the variables that an optimizer may
 * change, and the moving averages that training updates.
 *
 * A softmax at the end is left out, because a loss takes logits. Layers with `trainable` set to false keep their weights.
 * Penalties built into layers (`kernelRegularizer`) are ignored; give `train` a penalty instead.
 *
 * @param model The LayersModel. It stays the caller's, and training changes its weights.
 * @param options Like those of {@link classifier}, without `keepSoftmax`.
 * @returns The network for `train`. The caller disposes the logits that `apply` returns, but not the variables, which belong to
 *   the model.
 * @throws TypeError for a GraphModel, because its weights are constants.
 * @throws RangeError, TypeError or Error, under the conditions of {@link classifier}.
 * @see `train` of [`@cnnviz/regularizers`](https://github.com/cnnviz/cnnviz/tree/main/packages/regularizers#training).
 *
 * @example
 * import { trainable } from '@cnnviz/models';
 *
 * const { variables, state } = trainable(layersModel);
 * variables.length; // 4: kernels and biases
 */
export function trainable(model: LayersModel, options: TrainableOptions = {}): TrainableNetwork {
  const check = checker('@cnnviz/models', 'trainable');
  checkEntry(check, options);
  if (!isLayersModel(model)) check.fail('type', 'model', 'a LayersModel', model);
  const network = networkOf(check, model);
  const { place } = endOf(check, network, options);
  const run = imageRoute(check, network, [place], options);
  return {
    apply: (images, { training }) => tf.tidy(() => asLogits(check, place, run(images, training)[0]!)),
    variables: model.trainableWeights.map((weight) => weight.read() as Variable),
    state: model.nonTrainableWeights.map((weight) => weight.read() as Variable),
  };
}
