import { checker } from '@cnnviz/internal';
import { encode } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { decodeImage, decodeLabels } from './decode-image.ts';

const check = checker('@cnnviz/dissect', 'test');

const picture = (file: Uint8Array) => decodeImage(check, 'a.png', file);
const labels = (file: Uint8Array) => [...decodeLabels(check, 'a.png', file).labels];

describe('decodeImage', () => {
  test('reads RGB, drops alpha, spreads gray', () => {
    const rgb = encode({ width: 2, height: 1, channels: 3, depth: 8, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(picture(rgb)).toEqual({ width: 2, height: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), orientation: 1 });
    const rgba = encode({ width: 1, height: 1, channels: 4, depth: 8, data: Uint8Array.of(1, 2, 3, 100) });
    expect(picture(rgba).pixels).toEqual(Uint8Array.of(1, 2, 3));
    const gray = encode({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7, 9) });
    expect(picture(gray).pixels).toEqual(Uint8Array.of(7, 7, 7, 9, 9, 9));
  });

  test('scales 16 bits to 8', () => {
    const gray = encode({ width: 3, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0, 32896, 65535) });
    expect(picture(gray).pixels).toEqual(Uint8Array.of(0, 0, 0, 128, 128, 128, 255, 255, 255));
  });

  test('looks colors up in a palette, indices of a bit included', () => {
    // 3 x 2 pixels of one bit, rows from a byte of their own: 1 0 1, 0 0 1.
    const file = encode({
      width: 3,
      height: 2,
      channels: 1,
      depth: 1,
      data: Uint8Array.of(0b10100000, 0b00100000),
      palette: [
        [10, 20, 30],
        [40, 50, 60],
      ],
    });
    expect(labels(file)).toEqual([1, 0, 1, 0, 0, 1]);
    expect([...picture(file).pixels.subarray(0, 6)]).toEqual([40, 50, 60, 10, 20, 30]);
  });

  test('refuses a JPEG that claims more pixels than it has bits for', () => {
    const file = Uint8Array.from(encodeJpeg({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 4) }, 90).data);
    const frame = file.findIndex((byte, index) => byte === 0xff && file[index + 1] === 0xc0);
    file.set([0x23, 0x28, 0x23, 0x28], frame + 5); // 9000 x 9000
    expect(() => picture(file)).toThrow(/a\.png must be a whole JPEG file: maxResolutionInMP/);
  });

  test('reads JPEG', () => {
    const data = new Uint8Array(16 * 8 * 4).fill(200);
    const { width, height, pixels } = picture(encodeJpeg({ width: 16, height: 8, data }, 95).data);
    expect([width, height, pixels.length]).toEqual([16, 8, 384]);
    expect(Math.max(...pixels.map((level) => Math.abs(level - 200)))).toBeLessThan(4);
  });
});

describe('decodeLabels', () => {
  test('reads gray levels of 8 and 16 bits as they are', () => {
    expect(labels(encode({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7, 255) }))).toEqual([
      7, 255,
    ]);
    const wide = encode({ width: 2, height: 1, channels: 1, depth: 16, data: Uint16Array.of(300, 65535) });
    expect(labels(wide)).toEqual([300, 65535]);
  });

  test('refuses colors, other files, damaged ones and enormous ones by name', () => {
    const rgb = encode({ width: 1, height: 1, channels: 3, depth: 8, data: Uint8Array.of(1, 2, 3) });
    expect(() => labels(rgb)).toThrow(
      'a.png must be a PNG file of one channel, gray or with a palette, got "3 channels"',
    );
    expect(() => labels(new TextEncoder().encode('<html>'.repeat(9)))).toThrow('a.png must be a JPEG or PNG file');
    expect(() => labels(rgb.subarray(0, rgb.length - 20))).toThrow('a.png must be a whole PNG file');
    const broken = rgb.slice();
    broken[45]! ^= 255;
    expect(() => labels(broken)).toThrow('a.png must be a whole PNG file');
    const enormous = rgb.slice();
    enormous.set([0, 1, 0, 0, 0, 1, 0, 0], 16);
    expect(() => labels(enormous)).toThrow('a.png must be an image of at most 100000000 pixels, got "65536 x 65536"');
    expect(() => picture(Uint8Array.of(0xff, 0xd8, 0xff))).toThrow('a.png must be a whole JPEG file');
  });
});
