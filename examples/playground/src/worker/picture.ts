import type { Tensor3D } from '@tensorflow/tfjs-core';

/** What crosses to the page and is drawn there. */
export interface Picture {
  width: number;
  height: number;
  /** RGBA, row by row. */
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** @param picture `[h, w, 1 or 3]` in [0, 1]; not disposed. */
export async function pictureOf(picture: Tensor3D): Promise<Picture> {
  const [height, width, channels] = picture.shape;
  if (channels !== 1 && channels !== 3) throw new RangeError(`a picture has 1 or 3 channels, not ${channels}`);
  const values = await picture.data<'float32'>();
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) data[4 * pixel + c] = 255 * values[pixel * channels + (channels === 1 ? 0 : c)]!;
    data[4 * pixel + 3] = 255;
  }
  return { width, height, data };
}
