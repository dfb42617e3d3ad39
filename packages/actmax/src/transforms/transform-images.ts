import type { Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { resample } from './resample.ts';
import { type Transform, wholeView } from './transform.ts';

/** The images as all transforms leave them; those that move the window are one interpolation. */
export function transformImages(
  images: Tensor4D,
  transforms: readonly Transform[],
  random: Random,
  fill: number,
): Tensor4D {
  let current = images;
  let view = wholeView(images.shape[1], images.shape[2]);
  for (const transform of transforms) {
    if (typeof transform === 'function') {
      current = transform(resample(current, view, fill), random);
      view = wholeView(current.shape[1], current.shape[2]);
    } else {
      view = transform.look(view, random, { height: current.shape[1], width: current.shape[2] });
    }
  }
  return resample(current, view, fill);
}
