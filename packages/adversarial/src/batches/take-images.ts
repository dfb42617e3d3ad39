import { takeRows } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Some of the images of a batch, and their places in it. */
export interface Part {
  places: readonly number[];
  images: Tensor4D;
}

/** The images at given places of a batch, in their order. The caller disposes. */
export function takeImages(images: Tensor4D, places: readonly number[]): Tensor4D {
  if (places.length === images.shape[0] && places.every((place, index) => place === index)) return tf.clone(images);
  return takeRows(images, places);
}

/** A batch out of parts that hold each of its images once. The caller disposes it, and the parts. */
export function joinParts(parts: readonly Part[]): Tensor4D {
  return tf.tidy(() => {
    const order = parts.flatMap(({ places }) => places);
    const places = new Array<number>(order.length);
    for (const [index, place] of order.entries()) places[place] = index;
    return takeImages(
      tf.concat(
        parts.map(({ images }) => images),
        0,
      ),
      places,
    );
  });
}
