import type { Bounds, Random } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** What an ascent changes, and how it becomes an image. Made by `pixels`, `fourier`, `phase` and `generator`. */
export interface Parameterization {
  /** As errors call it. */
  readonly name: string;
  /** The shape of the variable of one image. */
  readonly variableShape: readonly number[];
  /** What a valid pixel may be. */
  readonly bounds: Bounds;
  /**
   * Variables to start from, `[count, ...variableShape]`; within `tf.tidy`.
   *
   * @throws RangeError if it has start values for another number of images.
   */
  start(random: Random, count: number): Tensor;
  /** Variables `[n, ...variableShape]` to images `[n, h, w, c]` inside `bounds`, differentiable; within `tf.tidy`. */
  render(variables: Tensor): Tensor4D;
  /** Takes variables back to what is allowed, after each step; within `tf.tidy`. Default: everything is allowed. */
  project?(variables: Tensor): Tensor;
  /** Reads the start and rejects what cannot work. */
  check?(variables: Tensor): Promise<void>;
}
