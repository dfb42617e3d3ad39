import { type Bounds, checker } from '@cnnviz/internal';

/** Labeled images on the host, one byte a value: a quarter of what tensors would take. */
export interface ImageSet {
  readonly name: string;
  /** Levels 0 to 255, `[n, h, w, c]` row by row. */
  readonly images: Uint8Array;
  /** Class of each image, `[n]`. */
  readonly labels: Uint8Array;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Name of each class, by label. */
  readonly classes: readonly string[];
  /** The pixel range of its batches. Level 0 is the lower bound and level 255 the upper. */
  readonly bounds: Bounds;
}

/** What a network learns from and what it is judged by; no image is in both. */
export interface DataSet {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** Some images of a set, in the order of `indices`. */
export function selectImages(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const check = checker('@cnnviz/example-support', 'selectImages');
  const [height, width, channels] = set.shape;
  const values = height * width * channels;
  const images = new Uint8Array(indices.length * values);
  const labels = new Uint8Array(indices.length);
  for (let position = 0; position < indices.length; position++) {
    const index = check.number('indices', indices[position], { integer: true, min: 0, max: set.labels.length - 1 });
    images.set(set.images.subarray(index * values, (index + 1) * values), position * values);
    labels[position] = set.labels[index]!;
  }
  return { ...set, images, labels };
}
