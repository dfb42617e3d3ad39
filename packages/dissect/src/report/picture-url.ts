import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { base64OfBytes } from '../data/base64.ts';

const quality = 75;

/**
 * A photograph as a data URL, which a page needs no network for: JPEG, or PNG where nothing can encode JPEG.
 *
 * @param pixels `[height, width, 3]`, RGB, 0 to 255.
 */
export async function pictureUrl(pixels: Uint8Array, size: readonly [number, number]): Promise<string> {
  const [height, width] = size;
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    data.set(pixels.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  }
  const canvas = drawingCanvas(width, height);
  if (canvas !== undefined) return dataUrl('jpeg', await encodeOnCanvas(canvas, new ImageData(data, width, height)));
  // jpeg-js writes a Buffer, which Node, Deno and Bun have.
  if (typeof Buffer !== 'undefined') return dataUrl('jpeg', encodeJpeg({ data, height, width }, quality).data);
  return dataUrl('png', encodePng({ data: pixels, height, width, channels: 3, depth: 8 }));
}

function dataUrl(format: 'jpeg' | 'png', bytes: Uint8Array): string {
  return `data:image/${format};base64,${base64OfBytes(bytes)}`;
}

interface DrawingCanvas {
  canvas: OffscreenCanvas;
  context: OffscreenCanvasRenderingContext2D;
}

/** Where there is a canvas, it may be one that cannot be drawn on, as in Deno, or cannot be saved. */
function drawingCanvas(width: number, height: number): DrawingCanvas | undefined {
  if (typeof OffscreenCanvas === 'undefined' || typeof ImageData === 'undefined') return undefined;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  return context === null || typeof canvas.convertToBlob !== 'function' ? undefined : { canvas, context };
}

async function encodeOnCanvas({ canvas, context }: DrawingCanvas, image: ImageData): Promise<Uint8Array> {
  context.putImageData(image, 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}
