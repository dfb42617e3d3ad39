/** How a mask is shown on a picture. */
export interface OverlayOptions {
  /** What is left of the brightness outside the mask, 0 to 1. */
  outside: number;
  /** Color of the mask's outermost pixels, in [0, 1]. */
  outline: readonly [r: number, g: number, b: number];
}

/**
 * Dims what is outside a mask and draws the mask's border: the pixels inside that touch one outside, above, below, left or
 * right. Beyond the picture nothing is outside.
 *
 * @param pixels `[height][width][3]`, changed in place.
 * @param mask `[height][width]`, not 0 inside.
 */
export function overlayMask(
  pixels: Float32Array,
  mask: ArrayLike<number>,
  width: number,
  { outside, outline }: OverlayOptions,
): void {
  const count = mask.length;
  const isOutside = (pixel: number) => mask[pixel] === 0;
  for (let pixel = 0; pixel < count; pixel++) {
    if (isOutside(pixel)) {
      for (let channel = 0; channel < 3; channel++) pixels[3 * pixel + channel]! *= outside;
      continue;
    }
    const column = pixel % width;
    const isOutermost =
      (pixel >= width && isOutside(pixel - width)) ||
      (pixel + width < count && isOutside(pixel + width)) ||
      (column > 0 && isOutside(pixel - 1)) ||
      (column + 1 < width && isOutside(pixel + 1));
    if (isOutermost) pixels.set(outline, 3 * pixel);
  }
}
