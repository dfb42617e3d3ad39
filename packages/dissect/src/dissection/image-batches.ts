/** The whole numbers from `first` up to, but not including, `end`. */
export const indicesFrom = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);

/** Cuts a list of images into batches; the last one may be smaller. */
export const batchesOf = (images: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.ceil(images.length / size) }, (_, batch) => images.slice(batch * size, (batch + 1) * size));
