import type { FailedImage } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';

export interface AttackResult {
  /** `[n, h, w, c]`, inside `bounds` and within `epsilon`. The caller disposes. */
  images: Tensor4D;
  /** For each image, whether the model is wrong about it or, if targeted, takes it for its target. */
  fooled: boolean[];
  /** The class that the model takes each image for; -1 if its logits are not finite. */
  predictions: number[];
  /**
   * Images that were given up because their logits or gradients were not finite. The attack continued with the others.
   * For these, `images` holds the best point until then, or the image unchanged.
   */
  failed: FailedImage[];
}

export interface AttackProgress {
  /** Steps taken so far, over all restarts. */
  done: number;
  /** The most steps that the attack takes. */
  total: number;
  /** Images that fooled the model before this step. */
  fooled: number;
}
