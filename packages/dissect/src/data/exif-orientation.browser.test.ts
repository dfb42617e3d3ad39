import { checker } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode-image.ts';

/** 24 x 16 pixels in blocks of 8: red, green, blue over yellow, dark gray, light blue. */
const jpeg =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRQBAwQEBQQFCQUFCRQNCw0UFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFP/AABEIABAAGAMBEQACEQEDEQH/xAGiAAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/APF6/Fz/AEzPrCvxw/5zD83K/wB/j+zT926/5mT9mP536/0zPjD+mWgD/9k=';

/** With a segment that holds the orientation alone, highest byte first. */
function jpegTurned(orientation: number): Uint8Array<ArrayBuffer> {
  const plain = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const content = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, content.length + 2, ...content, ...plain.subarray(2)]);
}

describe('a photograph with an EXIF orientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%d has the pixels that createImageBitmap gives', async (orientation) => {
    const file = jpegTurned(orientation);
    const bitmap = await createImageBitmap(new Blob([file], { type: 'image/jpeg' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const { pixels, height, width } = decodeImage(checker('@cnnviz/dissect', 'test'), 'a.jpg', file);
    expect([height, width]).toEqual([bitmap.height, bitmap.width]);
    expect([height, width]).toEqual(orientation < 5 ? [16, 24] : [24, 16]);
    // Decoders round differently, and may smooth colors between blocks: of each block the middle is compared.
    let worst = 0;
    for (let row = 3; row < height; row += 8) {
      for (let column = 3; column < width; column += 8) {
        for (let channel = 0; channel < 3; channel++) {
          const place = row * width + column;
          worst = Math.max(worst, Math.abs(pixels[3 * place + channel]! - data[4 * place + channel]!));
        }
      }
    }
    expect(worst).toBeLessThan(12);
  });
});
