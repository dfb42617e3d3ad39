import { checker, type Trainable } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { isLayersModel, networkOf } from '../networks/network-of.ts';
import { asLogits, type ClassifierOptions, endOf } from './classifier.ts';
import { checkEntry } from './entrance.ts';
import { imageRoute } from './image-route.ts';

/** Where a trainable model begins and ends. */
export interface TrainableOptions extends Omit<ClassifierOptions, 'keepSoftmax'> {}

/** A LayersModel as `train` of `@cnnviz/regularizers` takes it. */
export interface TrainableModel extends Trainable {
  /** What training changes besides the weights: the moving averages of batch normalization. */
  state: Variable[];
}

/**
 * Makes a LayersModel trainable on logits: images to logits, the variables that an optimizer may change, and the moving
 * averages that training changes.
 *
 * A softmax at the end is left out, for a loss takes logits. Layers with `trainable` set to false keep their weights.
 * Losses that layers were built with (`kernelRegularizer`) do not count; give `train` a penalty.
 *
 * @param model It stays the caller's; training changes its weights.
 * @param options As those of {@link classifier}.
 * @returns The caller disposes the logits that it gives, not its variables.
 * @throws As {@link classifier} does, and TypeError for a GraphModel: its weights are constants.
 *
 * @example
 * import { trainable } from '@cnnviz/models';
 *
 * const { variables, state } = trainable(layersModel);
 * variables.length; // 4: kernels and biases
 */
export function trainable(model: LayersModel, options: TrainableOptions = {}): TrainableModel {
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
