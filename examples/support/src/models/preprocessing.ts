import { type Bounds, checker } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a model wants done to pixels before it sees them: (pixel - mean) / deviation. */
export interface Preprocessing {
  /** The range of the pixels: [0, 255] for Caffe's models, [0, 1] for torchvision's, [-1, 1] for some of Keras'. */
  readonly range: Bounds;
  /** Of each channel, on that range. Default: 0. */
  readonly mean?: readonly number[];
  /** Of each channel, on that range. Default: 1. */
  readonly deviation?: readonly number[];
}

/** Images `[n, h, w, c]` within `bounds` to what the model wants: one multiplication and one addition. */
export function preprocessor(
  { range, mean, deviation }: Preprocessing,
  bounds: Bounds,
  channels: number,
): (images: Tensor4D) => Tensor4D {
  const check = checker('@cnnviz/example-support', 'preprocessing');
  check.bounds('range', range);
  check.bounds('bounds', bounds);
  const ofChannels = (name: string, values: readonly number[] | undefined, standard: number) => {
    if (values === undefined) return new Array<number>(channels).fill(standard);
    if (!Array.isArray(values)) check.fail('type', name, `${channels} numbers`, values);
    if (values.length !== channels) check.fail('range', name, `${channels} numbers`, values);
    return values.map((value) => check.number(name, value));
  };
  const means = ofChannels('mean', mean, 0);
  const deviations = ofChannels('deviation', deviation, 1).map((value) =>
    check.number('deviation', value, { above: 0 }),
  );

  const stretch = (range[1] - range[0]) / (bounds[1] - bounds[0]);
  const scale = deviations.map((value) => stretch / value);
  const offset = means.map((value, c) => (range[0] - value) / deviations[c]! - bounds[0] * scale[c]!);
  if (scale.every((value) => value === 1) && offset.every((value) => value === 0)) return (images) => images;
  return (images) => tf.tidy(() => tf.add(tf.mul(images, tf.tensor1d(scale)), tf.tensor1d(offset)));
}
