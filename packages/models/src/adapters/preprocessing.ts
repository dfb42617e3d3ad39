import type { Bounds, Check } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * How a network expects a photograph to be prepared. It is plain data, stored in the `model.json` that `saveModel` writes, or in
 * a `preprocessing.json` beside it.
 *
 * The classifier and the probes apply `range`, `mean`, `deviation`, `channelOrder` and `dataFormat`, so gradients are those of
 * the image. `size` and `fit` are for code that reads photographs: no adapter resizes.
 */
export interface Preprocessing {
  /** Range of the pixels: [0, 255] for Caffe models, [0, 1] for torchvision models, [-1, 1] for some Keras models. */
  readonly range: Bounds;
  /** Subtracted from each channel, on the scale of `range`, in the order red, green, blue. Default: 0. */
  readonly mean?: readonly number[];
  /** Divides each channel after that, on the scale of `range`, in the order red, green, blue. Default: 1. */
  readonly deviation?: readonly number[];
  /** Channel order that the network takes. Adapters always take red, green, blue. Default: `rgb`. */
  readonly channelOrder?: 'rgb' | 'bgr';
  /** Whether the network takes `[n, h, w, c]` or `[n, c, h, w]`. Adapters always take `[n, h, w, c]`. Default: `channelsLast`. */
  readonly dataFormat?: 'channelsLast' | 'channelsFirst';
  /** `[height, width]` of the images, for a network that leaves it open. Default: the network's input size. */
  readonly size?: readonly [height: number, width: number];
  /**
   * How to bring a photograph to `size`: `crop` scales it to cover `size` and takes the middle, `stretch` changes its aspect
   * ratio. Default: not specified.
   */
  readonly fit?: 'crop' | 'stretch';
}

/**
 * The three kinds of preprocessing in Keras, under Keras' own names.
 *
 * - `tf`: pixels from -1 to 1. Used by MobileNet, Inception, Xception, ResNetV2 and NASNet.
 * - `caffe`: pixels from 0 to 255, minus the ImageNet mean, blue first. Used by VGG and ResNet.
 * - `torch`: pixels from 0 to 1, minus the ImageNet mean, divided by the standard deviation. Used by DenseNet and the models
 *   of torchvision.
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/applications/imagenet_utils.py
 */
export const preprocessings: Readonly<Record<PreprocessingName, Preprocessing>> = {
  tf: { range: [-1, 1] },
  caffe: { range: [0, 255], mean: [123.68, 116.779, 103.939], channelOrder: 'bgr' },
  torch: { range: [0, 1], mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
};

/** A name in {@link preprocessings}. */
export type PreprocessingName = 'tf' | 'caffe' | 'torch';

/** Checks the preprocessing given in options or in a file. */
export function checkPreprocessing(check: Check, given: unknown): Preprocessing {
  if (typeof given === 'string') {
    const names = Object.keys(preprocessings) as PreprocessingName[];
    return preprocessings[check.oneOf('preprocessing', given, names)];
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return check.fail('type', 'preprocessing', '{ range, mean, deviation, … } or "tf", "caffe" or "torch"', given);
  }
  const { range, mean, deviation, channelOrder, dataFormat, size, fit } = given as Partial<Preprocessing>;
  check.bounds('preprocessing.range', range);
  for (const [name, values] of Object.entries({ mean, deviation })) {
    if (values === undefined) continue;
    if (!Array.isArray(values)) check.fail('type', `preprocessing.${name}`, 'a number for each channel', values);
    for (const value of values) {
      check.number(`preprocessing.${name}`, value, name === 'deviation' ? { above: 0 } : {});
    }
  }
  if (channelOrder !== undefined) check.oneOf('preprocessing.channelOrder', channelOrder, ['rgb', 'bgr']);
  if (dataFormat !== undefined) {
    check.oneOf('preprocessing.dataFormat', dataFormat, ['channelsLast', 'channelsFirst']);
  }
  if (size !== undefined) check.shape('preprocessing.size', size, 2);
  if (fit !== undefined) check.oneOf('preprocessing.fit', fit, ['crop', 'stretch']);
  return given as Preprocessing;
}

/** @param channels Channels of the images. Undefined if the network leaves them open. */
export function checkChannels(
  check: Check,
  { mean, deviation, channelOrder }: Preprocessing,
  channels: number | undefined,
): void {
  const count = channels ?? mean?.length ?? deviation?.length ?? 1;
  for (const [name, values] of Object.entries({ mean, deviation })) {
    if (values !== undefined && values.length !== count) {
      check.fail('range', `preprocessing.${name}`, `${count} numbers, one for each channel`, values);
    }
  }
  if (channelOrder === 'bgr' && channels !== undefined && channels !== 3) {
    check.fail('range', 'preprocessing.channelOrder', `"rgb" for images of ${count} channels`, channelOrder);
  }
}

/**
 * Turns images `[n, h, w, c]` within `bounds` into the network's input with one multiplication and one addition.
 *
 * @param channels Channels of the images. Undefined if the network leaves them open.
 */
export function preprocessor(
  check: Check,
  preprocessing: Preprocessing,
  { bounds, channels }: { bounds: Bounds; channels: number | undefined },
): (images: Tensor4D) => Tensor4D {
  const { range, mean, deviation, channelOrder = 'rgb', dataFormat = 'channelsLast' } = preprocessing;
  const count = channels ?? mean?.length ?? deviation?.length ?? 1;
  checkChannels(check, preprocessing, channels);
  const means = mean ?? new Array<number>(count).fill(0);
  const deviations = deviation ?? new Array<number>(count).fill(1);
  const stretch = (range[1] - range[0]) / (bounds[1] - bounds[0]);
  const scale = deviations.map((value) => stretch / value);
  const offset = means.map((value, c) => (range[0] - value) / deviations[c]! - bounds[0] * scale[c]!);
  const isScaled = scale.some((value) => value !== 1) || offset.some((value) => value !== 0);
  return (images) =>
    tf.tidy(() => {
      const scaled = isScaled ? tf.add(tf.mul(images, tf.tensor1d(scale)), tf.tensor1d(offset)) : images;
      const ordered = channelOrder === 'bgr' ? tf.reverse(scaled, 3) : scaled;
      return (dataFormat === 'channelsFirst' ? tf.transpose(ordered, [0, 3, 1, 2]) : ordered) as Tensor4D;
    });
}
