import { type Check, type Classifier, checker } from '@cnnviz/internal';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { type AnyModel, networkOf } from '../networks/network-of.ts';
import { placeNamed } from '../networks/place-named.ts';
import { checkEntry, describePlace, type EntryOptions } from './entrance.ts';
import { imageRoute } from './image-route.ts';

/** Where a classifier begins and ends. */
export interface ClassifierOptions extends EntryOptions {
  /** The output, layer or node that holds the logits. Default: the only output. */
  output?: string;
  /** Leaves a softmax at the end in its place, so that what comes out is probabilities. Default: `false`. */
  keepSoftmax?: boolean;
}

/**
 * Makes a classifier of a LayersModel or a GraphModel: images to logits.
 *
 * A softmax at the end is left out, as an activation, a layer or a node, also before a reshape: attacks and ascents stand
 * still where probabilities are saturated. The model itself is not changed. A sigmoid stays, and the
 * first call warns of it. A model that takes a fixed number of images is called as often as there are images to show; one
 * that takes whole numbers gets rounded pixels, with the gradient of what was not rounded.
 *
 * @param model As `loadLayersModel` or `loadGraphModel` give it. It stays the caller's, and must live as long as the
 *   classifier.
 * @returns Images `[n, h, w, c]` to logits `[n, classes]`, synchronous and with a gradient. The caller disposes them.
 * @throws TypeError if the model or an option is of another kind.
 * @throws RangeError if there is no such layer, or an option is outside its range.
 * @throws Error if the model has several inputs or outputs and options choose none, or an output that is no list of
 *   classes; says which there are.
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
  /** What the classifier returns. */
  place: Place;
  /** The output of the model. */
  output: Place;
  /** The activation there, of the model: `softmax`, `sigmoid`, `linear`, … */
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
  return check.failBecause('state', `the model has several outputs, ${names}: name that of the logits in output`);
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
    `@cnnviz/models: classifier: ${JSON.stringify(name)} ends in a sigmoid, which is left there: what comes out is ` +
      'probabilities, not logits, and gradients vanish where they are near 0 or 1',
  );
}

/** `[n, 1, 1, classes]` and the like are `[n, classes]`. */
export function asLogits(check: Check, { name }: Place, output: Tensor): Tensor2D {
  const { shape, dtype } = output;
  const [count, ...sizes] = shape as [number, ...number[]];
  if (dtype !== 'float32' || sizes.filter((size) => size !== 1).length > 1) {
    check.failBecause(
      'state',
      `${JSON.stringify(name)} is ${dtype} [${shape.join(', ')}]: logits are float32 [n, classes]. Choose another output, or ` +
        'take a probe',
    );
  }
  return shape.length === 2 ? (output as Tensor2D) : tf.reshape(output, [count, tf.util.sizeFromShape(sizes)]);
}
