import { whereRows } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Takes each image from `chosen` or from `others`, both `[n, h, w, c]`. The caller disposes. */
export function chooseImages(isChosen: readonly boolean[], chosen: Tensor4D, others: Tensor4D): Tensor4D {
  return whereRows(isChosen, chosen, others);
}
