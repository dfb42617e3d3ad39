import { type Check, type Classifier, checker } from '@cnnviz/internal';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { type AnyModel, networkOf } from '../networks/network-of.ts';
import { placeNamed } from '../networks/place-named.ts';
import { checkEntry, describePlace, type EntryOptions } from './entrance.ts';
import { imageRoute } from './image-route.ts';

/** Options of {@link classifier}: where it begins and ends. */
export interface ClassifierOptions extends EntryOptions {
  /** The output, layer or node that holds the logits. Default: the only output. */
  output?: string;
  /** Keeps a softmax at the end, so that the classifier returns probabilities. Default: `false`. */
  keepSoftmax?: boolean;
}

/**
 * Turns a LayersModel or a GraphModel into a classifier that maps images to logits.
 *
 * The classifier leaves out a softmax at the end, whether it is an activation, a layer or a node, even before a reshape,
 * because attacks and ascents stall where probabilities are saturated. The model itself is not changed. A sigmoid stays,
 * and the first call warns about it. A model with a fixed batch size is called as often as the number of images requires.
 * A model that takes whole numbers gets rounded pixels, with the gradient of the unrounded ones.
 *
 * @param model A model from `loadLayersModel` or `loadGraphModel`. It stays the caller's, and must outlive the classifier.
 * @returns A synchronous, differentiable function from images `[n, h, w, c]` to logits `[n, classes]`. The caller disposes
 *   the logits.
 * @throws TypeError if the model or an option has the wrong type.
 * @throws RangeError if there is no such layer, or an option is out of range.
 * @throws Error if the model has several inputs or outputs and the options do not choose one, or if the output is not a list
 *   of classes. The message lists the candidates.
 * @see Simonyan, Vedaldi, Zisserman, ["Deep Inside Convolutional Networks"](https://arxiv.org/abs/1312.6034), 2013, section 2:
 *   why a class is visualized by its score before the softmax.
 *
 * @example
 * import { classifier } from '@cnnviz/models';
 *
 * const classify = classifier(layersModel, { preprocessing: { range: [0, 255] } });
 * const logits = classify(images); // images in [0, 1]
 */
export function classifier(model: AnyModel, options: ClassifierOptions = {}): Classifier {
  const check = checker('@cnnviz/models', 'classifier');
  checkEntry(check, options);
  const network = networkOf(check, model);
  return classifierOf(check, network, endOf(check, network, options), options);
}

/** The end of a classifier. */
export interface End {
  /** The place whose values the classifier returns. */
  place: Place;
  /** The output of the model. */
  output: Place;
  /** The model's activation at this output: `softmax`, `sigmoid`, `linear`, … */
  activation: string;
  /** Whether the classifier leaves it out. */
  isLeftOut: boolean;
}

export function endOf(check: Check, network: Network, { output, keepSoftmax = false }: ClassifierOptions): End {
  check.boolean('keepSoftmax', keepSoftmax);
  const place = output === undefined ? onlyOutput(check, network) : placeNamed(check, network, 'output', output);
  const { activation, logits } = network.ending(place);
  if (keepSoftmax || logits === undefined) return { place, output: place, activation, isLeftOut: false };
  return { place: logits, output: place, activation, isLeftOut: true };
}

function onlyOutput(check: Check, network: Network): Place {
  return network.outputs.length === 1 ? network.outputs[0]! : failBecauseOfOutputs(check, network);
}

export function failBecauseOfOutputs(check: Check, { outputs }: Network): never {
  const names = outputs.map(describePlace).join(', ');
  return check.failBecause('state', `the model has several outputs, ${names}: name the one with the logits in output`);
}

export function classifierOf(check: Check, network: Network, end: End, options: EntryOptions): Classifier {
  const run = imageRoute(check, network, [end.place], options);
  let isSaid = !/sigmoid/i.test(end.activation);
  return (images) => {
    const logits = tf.tidy(() => asLogits(check, end.place, run(images, false)[0]!));
    if (!isSaid) warnOfSigmoid(end.place);
    isSaid = true;
    return logits;
  };
}

function warnOfSigmoid({ name }: Place): void {
  console.warn(
    `@cnnviz/models: classifier: ${JSON.stringify(name)} ends in a sigmoid, which is not removed: the classifier returns ` +
      'probabilities, not logits, and their gradients vanish near 0 and 1',
  );
}

/** Reshapes `[n, 1, 1, classes]` and the like to `[n, classes]`. */
export function asLogits(check: Check, { name }: Place, output: Tensor): Tensor2D {
  const { shape, dtype } = output;
  const [count, ...sizes] = shape as [number, ...number[]];
  if (dtype !== 'float32' || sizes.filter((size) => size !== 1).length > 1) {
    check.failBecause(
      'state',
      `${JSON.stringify(name)} is ${dtype} [${shape.join(', ')}]: logits are float32 [n, classes]. Choose another output, or ` +
        'use a probe',
    );
  }
  return shape.length === 2 ? (output as Tensor2D) : tf.reshape(output, [count, tf.util.sizeFromShape(sizes)]);
}
