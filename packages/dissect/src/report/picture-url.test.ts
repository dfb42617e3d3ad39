import { decode as decodePng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesOfBase64 } from '../data/base64.ts';
import { pictureUrl } from './picture-url.ts';

const [height, width] = [8, 16];
const pixels = Uint8Array.from({ length: height * width * 3 }, (_, index) => [200, 100, 50][index % 3]!);

/** Format and bytes of a data URL. */
function parse(url: string): [format: string, bytes: Uint8Array] {
  const [, format, text] = url.match(/^data:image\/(\w+);base64,(.*)$/)!;
  return [format!, bytesOfBase64(text!)];
}

function expectJpeg(url: string): void {
  const [format, bytes] = parse(url);
  expect(format).toBe('jpeg');
  const image = decodeJpeg(bytes, { useTArray: true });
  expect([image.height, image.width]).toEqual([height, width]);
  for (const [channel, value] of [200, 100, 50].entries())
    expect(Math.abs(image.data[channel]! - value)).toBeLessThan(3);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('pictureUrl', () => {
  it('is a JPEG in Node', async () => {
    expectJpeg(await pictureUrl(pixels, [height, width]));
  });

  // Deno's canvas is for WebGPU only.
  it('is a JPEG where a canvas has no 2d context', async () => {
    const asked: string[] = [];
    class Canvas {
      getContext(kind: string): null {
        asked.push(kind);
        return null;
      }
      convertToBlob(): never {
        throw new Error('nothing was drawn');
      }
    }
    vi.stubGlobal('OffscreenCanvas', Canvas);
    vi.stubGlobal('ImageData', class {});
    expectJpeg(await pictureUrl(pixels, [height, width]));
    expect(asked).toEqual(['2d']);
  });

  it('is a PNG of the very pixels where there is neither a canvas nor a Buffer', async () => {
    vi.stubGlobal('Buffer', undefined);
    const [format, bytes] = parse(await pictureUrl(pixels, [height, width]));
    expect(format).toBe('png');
    const image = decodePng(bytes);
    expect([image.height, image.width, image.channels]).toEqual([height, width, 3]);
    expect(Uint8Array.from(image.data)).toEqual(pixels);
  });
});
