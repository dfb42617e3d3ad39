import { askAtOnce, type BatchSized, type Check, requireOutput } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** Images `[n, h, w, c]` to the features `[n, d]` of each: a network up to one of its layers, flattened. */
export type Encoder = ((images: Tensor4D) => Tensor2D) & BatchSized;

/** An encoder that answers at once or later, by the rules of `AnyClassifier`. */
export type AnyEncoder = ((images: Tensor4D) => Tensor2D | Promise<Tensor2D>) & BatchSized;

/**
 * The features of a batch, within a gradient.
 *
 * @throws TypeError if the encoder gives something else, or a promise of it.
 */
export function encode(check: Check, encoder: Encoder, images: Tensor4D, name = 'encoder', need?: string): Tensor2D {
  return requireFeatures(check, askAtOnce(check, encoder, images, need ?? `gradients of the ${name}`), images, name);
}

/** @throws TypeError if an encoder's output is not `[n, d]`. */
export function requireFeatures(check: Check, features: unknown, images: Tensor4D, name = 'encoder'): Tensor2D {
  const count = images.shape[0];
  const expected = `a function from images to features [${count}, d]`;
  return requireOutput(check, name, expected, features, ({ rank, shape }) => rank === 2 && shape[0] === count);
}
