import type { Random } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * The window through which a network looks at an image, which lies on an endless plane of one gray. The window's pixel
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

/** The window that is the image. */
export function wholeView(height: number, width: number): View {
  return { height, width, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0 };
}

/** The window that shows at (x, y) what `view` shows at (xx · x + xy · y + x0, yx · x + yy · y + y0). */
export function viewThrough(view: View, window: View): View {
  const { xx, xy, x0, yx, yy, y0 } = view;
  return {
    height: window.height,
    width: window.width,
    xx: xx * window.xx + xy * window.yx,
    xy: xx * window.xy + xy * window.yy,
    x0: xx * window.x0 + xy * window.y0 + x0,
    yx: yx * window.xx + yy * window.yx,
    yy: yx * window.xy + yy * window.yy,
    y0: yx * window.x0 + yy * window.y0 + y0,
  };
}

/** The same window, turned and stretched about its middle. */
export function aboutMiddle(view: View, turn: Pick<View, 'xx' | 'xy' | 'yx' | 'yy'>): View {
  const { height, width } = view;
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  const { xx, xy, yx, yy } = turn;
  return viewThrough(view, { height, width, xx, xy, x0: x - xx * x - xy * y, yx, yy, y0: y - yx * x - yy * y });
}
