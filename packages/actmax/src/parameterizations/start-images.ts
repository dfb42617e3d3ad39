import type { Bounds, Check } from '@cnnviz/internal';
import { requireWithin } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Images that a run is to start from: one for all, or one for each image of the run. */
export interface StartImages {
  /** `[count, h, w, c]`. @throws RangeError if they are for another number of images. */
  of(count: number): Tensor4D;
  /** Rejects with a RangeError if they are not within the bounds. */
  requireWithin(): Promise<void>;
}

export function startImages(
  check: Check,
  images: Tensor4D | undefined,
  shape: readonly [height: number, width: number, channels: number],
  bounds: Bounds,
): StartImages | undefined {
  if (images === undefined || images === null) return undefined;
  check.images('from', images);
  if (String(images.shape.slice(1)) !== String(shape)) {
    check.fail('range', 'from', `images [n, ${shape.join(', ')}]`, images);
  }
  return {
    of: (count) => {
      check.images('from', images);
      if (images.shape[0] === count) return tf.clone(images);
      if (images.shape[0] === 1) return tf.tile(images, [count, 1, 1, 1]);
      return check.fail('range', 'from', `1 image or ${count}, as many as the run has`, images);
    },
    requireWithin: () => requireWithin(check, 'from', images, bounds),
  };
}
