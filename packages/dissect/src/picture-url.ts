import { encode } from 'jpeg-js';
import { base64OfBytes } from './base64.ts';

const quality = 75;

/**
 * A photograph as a data URL, which a page needs no network for: JPEG.
 *
 * @param pixels `[height, width, 3]`, RGB, 0 to 255.
 */
export async function pictureUrl(pixels: Uint8Array, size: readonly [number, number]): Promise<string> {
  const [height, width] = size;
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    data.set(pixels.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  }
  // jpeg-js writes a Buffer, which browsers do not have; they have an encoder of their own.
  const jpeg =
    typeof OffscreenCanvas === 'undefined'
      ? encode({ data, height, width }, quality).data
      : await encodeOnCanvas(new ImageData(data, width, height));
  return `data:image/jpeg;base64,${base64OfBytes(jpeg)}`;
}

async function encodeOnCanvas(image: ImageData): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}
