import type { Picture } from '../../worker/picture.ts';

/** A drawing, 28 x 28 from 0 to 1, as a picture. */
export function pictureOfPixels(pixels: Float32Array): Picture {
  const data = new Uint8ClampedArray(pixels.length * 4);
  for (const [pixel, value] of pixels.entries()) data.set([255 * value, 255 * value, 255 * value, 255], 4 * pixel);
  return { width: 28, height: 28, data };
}
