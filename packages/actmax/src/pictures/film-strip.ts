import { checker } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { type TiledBatchesOptions, tiledBatches } from './tiled-batches.ts';

/**
 * Shows how images come about: a picture with a row per image and a column per moment.
 *
 * @param frames The images at each moment, `[n, h, w, 1 or 3]`, such as `onProgress` of `maximizeActivation` gives them;
 *   not modified. Values outside `bounds` are clipped.
 * @returns A picture `[height, width, 3]` in [0, 1]. The caller disposes.
 * @throws RangeError if there is no frame, the frames differ in shape, or an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 *
 * @example
 * import { activationSteps, filmStrip, logit, pixels } from '@cnnviz/actmax';
 *
 * const frames: tf.Tensor4D[] = [];
 * for await (const { done, images: draw } of activationSteps({
 *   objective: logit(model, [0, 1, 2]),
 *   parameterization: pixels({ shape: [28, 28, 1], bounds: [0, 1] }),
 *   steps: 8,
 *   seed: 0,
 * })) {
 *   if ([0, 1, 2, 4, 8].includes(done)) frames.push(draw());
 * }
 * const picture = filmStrip(frames, { bounds: [0, 1] });
 * picture.shape; // [86, 144, 3]: three images at five moments
 * tf.dispose([picture, ...frames]);
 */
export function filmStrip(frames: readonly Tensor4D[], options: TiledBatchesOptions): Tensor3D {
  return tiledBatches(checker('@cnnviz/actmax', 'filmStrip'), 'frames', frames, options, 'column');
}
