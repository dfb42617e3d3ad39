import { crc32, deflateSync } from 'node:zlib';
import { checker } from '@cnnviz/internal';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { decodeImage, decodeLabels } from './decode-image.ts';
import { decodeInterlacedPng } from './decode-interlaced-png.ts';

const check = checker('@cnnviz/dissect', 'test');

interface Picture {
  width: number;
  height: number;
  depth: 1 | 2 | 4 | 8 | 16;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  colorType: 0 | 2 | 3 | 4 | 6;
  samples: number[];
  palette?: number[][];
  /** The filter of line n is `filters[n % filters.length]`. */
  filters?: number[];
}

/** In which pass each pixel of a block of 8 x 8 comes, as the specification draws it. */
const passOf = [
  [1, 6, 4, 6, 2, 6, 4, 6],
  [7, 7, 7, 7, 7, 7, 7, 7],
  [5, 6, 5, 6, 5, 6, 5, 6],
  [7, 7, 7, 7, 7, 7, 7, 7],
  [3, 6, 4, 6, 3, 6, 4, 6],
  [7, 7, 7, 7, 7, 7, 7, 7],
  [5, 6, 5, 6, 5, 6, 5, 6],
  [7, 7, 7, 7, 7, 7, 7, 7],
];
const channelsOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function encodeInterlaced({ width, height, depth, colorType, samples, palette, filters = [0] }: Picture): Uint8Array {
  const channels = channelsOf[colorType];
  const bytes: number[] = [];
  let line = 0;
  for (let pass = 1; pass <= 7; pass++) {
    let above: number[] = [];
    for (let row = 0; row < height; row++) {
      const columns = Array.from({ length: width }, (_, column) => column).filter(
        (column) => passOf[row % 8]![column % 8] === pass,
      );
      if (columns.length === 0) continue;
      const bits = columns
        .flatMap((column) => samples.slice((row * width + column) * channels, (row * width + column + 1) * channels))
        .map((sample) => sample.toString(2).padStart(depth, '0'))
        .join('');
      const packed = bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
      const filter = filters[line++ % filters.length]!;
      const back = Math.max(1, (channels * depth) / 8);
      bytes.push(filter);
      packed.forEach((byte, index) => {
        const [a, b, c] = [packed[index - back] ?? 0, above[index] ?? 0, above[index - back] ?? 0];
        const paeth = [a, b, c].sort((x, y) => Math.abs(a + b - c - x) - Math.abs(a + b - c - y))[0]!;
        bytes.push((byte - [0, a, b, Math.floor((a + b) / 2), paeth][filter]!) & 255);
      });
      above = packed;
    }
  }
  const uint32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const chunk = (type: string, content: Iterable<number>) => {
    const body = [...new TextEncoder().encode(type), ...content];
    return [...uint32(body.length - 4), ...body, ...uint32(crc32(Uint8Array.from(body)))];
  };
  const data = [...deflateSync(Uint8Array.from(bytes))];
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...uint32(width), ...uint32(height), depth, colorType, 0, 0, 1]),
    ...chunk('tEXt', new TextEncoder().encode('Comment\0interlaced')),
    ...(palette === undefined ? [] : chunk('PLTE', palette.flat())),
    ...chunk('IDAT', data.slice(0, 3)),
    ...chunk('IDAT', data.slice(3)),
    ...chunk('IEND', []),
  ]);
}

const kinds: [Picture['colorType'], Picture['depth']][] = [
  ...([1, 2, 4, 8, 16] as const).map((depth): [0, typeof depth] => [0, depth]),
  ...([1, 2, 4, 8] as const).map((depth): [3, typeof depth] => [3, depth]),
  ...([2, 4, 6] as const).flatMap((type): [typeof type, 8 | 16][] => [
    [type, 8],
    [type, 16],
  ]),
];

describe('interlaced PNG files', () => {
  test.each(kinds)('of color type %d and %d bits decode as they were encoded', (colorType, depth) => {
    const picture = fc.record({ width: fc.integer({ min: 1, max: 19 }), height: fc.integer({ min: 1, max: 19 }) });
    const pictures = picture.chain(({ width, height }) => {
      const length = width * height * channelsOf[colorType];
      return fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        samples: fc.array(fc.integer({ min: 0, max: 2 ** depth - 1 }), { minLength: length, maxLength: length }),
        filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 }),
      });
    });
    const property = fc.property(pictures, (picture) => {
      const decoded = decodeInterlacedPng(encodeInterlaced({ ...picture, depth, colorType }));
      expect({ ...decoded, samples: [...(decoded.samples as Uint8Array)] }).toEqual({
        width: picture.width,
        height: picture.height,
        channels: channelsOf[colorType],
        depth,
        samples: picture.samples,
      });
    });
    fc.assert(property, { numRuns: 40 });
  });

  test('are labels and photographs like files that are not interlaced', () => {
    const picture = { width: 5, height: 3, depth: 4, colorType: 3 } as const;
    const samples = [1, 0, 2, 2, 0, 1, 1, 1, 2, 2, 0, 0, 0, 1, 1];
    const palette = [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 7],
    ];
    const file = encodeInterlaced({ ...picture, samples, palette });
    expect([...decodeLabels(check, 'a.png', file).labels]).toEqual(samples);
    const plain = encode({
      ...{ width: 5, height: 3, channels: 1, depth: 4 },
      data: Uint8Array.of(0x10, 0x22, 0x00, 0x11, 0x12, 0x20, 0x00, 0x01, 0x10),
      palette: palette as [number, number, number][],
    });
    expect([...decodeLabels(check, 'a.png', plain).labels]).toEqual(samples);
    expect(decodeImage(check, 'a.png', file)).toEqual(decodeImage(check, 'a.png', plain));
  });

  test('are refused where they are damaged', () => {
    const file = encodeInterlaced({ width: 9, height: 9, depth: 2, colorType: 0, samples: Array(81).fill(3) });
    for (let length = 33; length < file.length; length++) {
      expect(() => decodeLabels(check, 'a.png', file.subarray(0, length))).toThrow('a.png must be a whole PNG file');
    }
    for (let place = 33; place < file.length; place++) {
      const damaged = file.slice();
      damaged[place]! ^= 0x10;
      expect(() => decodeLabels(check, 'a.png', damaged)).toThrow('a.png must be a whole PNG file');
    }
  });
});
