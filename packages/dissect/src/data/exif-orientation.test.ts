import { checker } from '@cnnviz/internal';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode-image.ts';
import { exifOrientation, orient } from './exif-orientation.ts';
import { folderConcepts } from './folder-concepts.ts';

const check = checker('@cnnviz/dissect', 'test');

type Side = 'top' | 'bottom' | 'left' | 'right';

/** On which side of the picture the first stored row and the first stored column are, as the standard lists them. */
const firstRowAndColumn: readonly (readonly [number, Side, Side])[] = [
  [1, 'top', 'left'],
  [2, 'top', 'right'],
  [3, 'bottom', 'right'],
  [4, 'bottom', 'left'],
  [5, 'left', 'top'],
  [6, 'right', 'top'],
  [7, 'right', 'bottom'],
  [8, 'left', 'bottom'],
];

/** `[height][width]` blocks of 8 x 8 pixels, each of a gray level of its own. */
const visual = [
  [0, 50, 100],
  [150, 200, 250],
];

function storedFor(row0: Side, column0: Side): number[][] {
  const isTurned = row0 === 'left' || row0 === 'right';
  const [rows, columns] = isTurned ? [3, 2] : [2, 3];
  const stored = Array.from({ length: rows }, () => new Array<number>(columns));
  const along = (side: Side, index: number) =>
    ({ top: { y: index }, bottom: { y: 1 - index }, left: { x: index }, right: { x: 2 - index } })[side];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const { x, y } = { x: 0, y: 0, ...along(row0, row), ...along(column0, column) };
      stored[row]![column] = visual[y]![x]!;
    }
  }
  return stored;
}

/** Blocks as pixels of some channels. */
function pixelsOf(blocks: number[][], channels: number): { data: Uint8Array; height: number; width: number } {
  const [height, width] = [8 * blocks.length, 8 * blocks[0]!.length];
  const data = new Uint8Array(height * width * channels);
  for (let place = 0; place < data.length; place++) {
    const pixel = Math.floor(place / channels);
    data[place] = blocks[Math.floor(pixel / width / 8)]![Math.floor((pixel % width) / 8)]!;
  }
  return { data, height, width };
}

/** The segment of a JPEG file that holds one entry, after one that is no orientation. */
function exifSegment(value: number, { isLittle = true, type = 3, tag = 0x0112 } = {}): number[] {
  const short = (number: number) => (isLittle ? [number & 255, number >> 8] : [number >> 8, number & 255]);
  const long = (number: number) => (isLittle ? [...short(number), 0, 0] : [0, 0, ...short(number)]);
  const make = [...short(0x010f), ...short(2), ...long(2), 0x41, 0, 0, 0];
  const orientation = [...short(tag), ...short(type), ...long(1), ...short(value), 0, 0];
  const tiff = [...(isLittle ? 'II' : 'MM')].map((letter) => letter.charCodeAt(0));
  tiff.push(...short(42), ...long(8), ...short(2), ...make, ...orientation, ...long(0));
  const content = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  return [0xff, 0xe1, 0, content.length + 2, ...content];
}

function jpegOf(blocks: number[][], segment: number[] = []): Uint8Array {
  const plain = encodeJpeg(pixelsOf(blocks, 4), 100).data;
  return Uint8Array.from([...plain.subarray(0, 2), ...segment, ...plain.subarray(2)]);
}

describe('orientation', () => {
  test.each(firstRowAndColumn)('%d has the first row %s and the first column %s', (orientation, row0, column0) => {
    const stored = pixelsOf(storedFor(row0, column0), 3);
    const { data, height, width } = pixelsOf(visual, 3);
    expect(orient(stored.data, [stored.height, stored.width], orientation)).toEqual({ pixels: data, height, width });
    for (const isLittle of [true, false]) {
      const file = jpegOf(storedFor(row0, column0), exifSegment(orientation, { isLittle }));
      const image = decodeImage(check, 'a.jpg', file);
      expect([image.height, image.width]).toEqual([16, 24]);
      expect(Math.max(...image.pixels.map((level, index) => Math.abs(level - data[index]!)))).toBeLessThan(4);
      const ignored = decodeImage(check, 'a.jpg', file, { exifOrientation: 'ignore' });
      expect([ignored.height, ignored.width]).toEqual([stored.height, stored.width]);
    }
  });

  test('is 1 where a file does not say, or not as it has to', () => {
    const orientationOf = (segment: number[]) => exifOrientation(jpegOf(visual, segment));
    expect(orientationOf([])).toBe(1);
    expect(orientationOf(exifSegment(6))).toBe(6);
    expect(orientationOf(exifSegment(0))).toBe(1);
    expect(orientationOf(exifSegment(9))).toBe(1);
    expect(orientationOf(exifSegment(6, { type: 4 }))).toBe(1);
    expect(orientationOf(exifSegment(6, { tag: 0x0113 }))).toBe(1);
    // Other segments and fill bytes come before, such as an XMP packet, which has the same marker.
    expect(orientationOf([0xff, 0xe1, 0, 6, 0x68, 0x74, 0x74, 0x70, 0xff, 0xff, ...exifSegment(8)])).toBe(8);
  });

  test('never fails on a file that is cut short', () => {
    const file = jpegOf(visual, exifSegment(6));
    for (let length = 2; length < 80; length++) expect([1, 6]).toContain(exifOrientation(file.subarray(0, length)));
    for (let byte = 2; byte < 50; byte++) {
      const damaged = file.slice();
      damaged[byte]! ^= 0xff;
      expect(exifOrientation(damaged)).toBeLessThanOrEqual(8);
    }
  });

  test('is applied to the photographs of a folder, so that label maps lie on them', async () => {
    const labels = encodePng({ width: 3, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 0, 1, 0, 0, 0) });
    const files: Record<string, Uint8Array> = {
      'names.csv': new TextEncoder().encode('number,name,category\n1,sky,object\n'),
      'images/a.jpg': jpegOf(storedFor('right', 'top'), exifSegment(6)),
      'labels/a.png': labels,
    };
    const options = { images: ['images/a.jpg'], imageSize: [2, 3], labelSize: [2, 3] } as const;
    const { pixels } = await (await folderConcepts(async (path) => files[path]!, options)).read(0);
    // The level of the pixel that carries the label.
    expect(Math.abs(pixels[3 * 2]! - 100)).toBeLessThan(4);
    const stored = await folderConcepts(async (path) => files[path]!, { ...options, exifOrientation: 'ignore' });
    await expect(stored.read(0)).rejects.toThrow('labels/a.png must be a map of the aspect of images/a.jpg, 16 x 24');
    await expect(
      folderConcepts(async (path) => files[path]!, { ...options, exifOrientation: 'left' as never }),
    ).rejects.toThrow('exifOrientation must be one of "apply", "ignore", got "left"');
  });
});
