import type { Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * The window through which a network looks at an image, which lies on an endless plane of one grey. The window's pixel
 * (x, y) shows the image at (xx · x + xy · y + x0, yx · x + yy · y + y0).
 */
export interface View {
  readonly height: number;
  readonly width: number;
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** Moves the window. Made by `pad`, `jitter`, `scale`, `rotate` and `resize`. */
export interface ViewTransform {
  /** As errors call it. */
  readonly name: string;
  /**
   * @param view What the transforms before it made of the view.
   * @param image The size of the image itself.
   */
  look(view: View, random: Random, image: { readonly height: number; readonly width: number }): View;
}

/** What is done to all images before a network sees them, drawn anew in each step. A function must be differentiable. */
export type Transform = ViewTransform | ((images: Tensor4D, random: Random) => Tensor4D);
