import { type ImageBatchesOptions, type ImageSet, imageBatches } from '@cnnviz/example-support';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** `imageBatches` without the labels. */
export function imagesOnly(set: ImageSet, options: ImageBatchesOptions): Iterable<Tensor4D> {
  return {
    *[Symbol.iterator]() {
      for (const { images } of imageBatches(set, options)) yield images;
    },
  };
}
