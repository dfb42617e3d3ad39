import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdx } from './idx.ts';

function idxFile(type: number, shape: number[], body: number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...body]);
}

describe('parseIdx', () => {
  it('reads bytes, first axis slowest', () => {
    const { shape, data } = parseIdx(idxFile(8, [2, 1, 3], [1, 2, 3, 253, 254, 255]), 'f');
    expect(shape).toEqual([2, 1, 3]);
    expect(data).toEqual(Uint8Array.of(1, 2, 3, 253, 254, 255));
  });

  it.each([
    ['int8', 9, [0xff, 0x7f], Int8Array.of(-1, 127)],
    ['int16', 11, [0xff, 0xfe, 0x01, 0x00], Int16Array.of(-2, 256)],
    ['int32', 12, [0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0], Int32Array.of(-3, 65536)],
    ['float32', 13, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], Float32Array.of(1.5, -2)],
    ['float64', 14, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], Float64Array.of(1.5, -2)],
  ])('reads big-endian %s', (_, type, body, expected) => {
    expect(parseIdx(idxFile(type, [2], body), 'f').data).toEqual(expected);
  });

  it('reads a view that starts inside a larger buffer', () => {
    const file = idxFile(12, [1], [0, 0, 0, 7]);
    const larger = new Uint8Array(file.length + 3);
    larger.set(file, 3);
    expect(parseIdx(larger.subarray(3), 'f').data).toEqual(Int32Array.of(7));
  });

  it('returns what was written, whatever the shape', () => {
    const arrays = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return fc.tuple(fc.constant(shape), fc.uint8Array({ minLength: length, maxLength: length }));
    });
    fc.assert(
      fc.property(arrays, ([shape, data]) => {
        expect(parseIdx(idxFile(8, shape, [...data]), 'f')).toEqual({ shape, data });
      }),
    );
  });

  it.each([
    ['nothing', new Uint8Array(), 'expected an IDX header of 4 bytes, found 0 bytes'],
    [
      'a PNG file',
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
      'expected an IDX file, which starts with 00 00, found the bytes 89 50 4e 47',
    ],
    [
      'an unknown type',
      idxFile(10, [1], [0]),
      'expected an IDX type of 08, 09, 0b, 0c, 0d or 0e, found the bytes 00 00 0a 01',
    ],
    ['no axes', Uint8Array.of(0, 0, 8, 0), 'expected an IDX array of rank 1 or more, found rank 0'],
    ['a cut header', idxFile(8, [2, 2], []).subarray(0, 9), 'expected an IDX header of 12 bytes, found 9 bytes'],
    ['a cut body', idxFile(8, [2, 2], [1, 2, 3]), 'expected 16 bytes for uint8 [2, 2], found 15 bytes'],
    ['too much', idxFile(11, [1], [1, 2, 3]), 'expected 10 bytes for int16 [1], found 11 bytes'],
  ])('rejects %s, naming the file', (_, file, message) => {
    expect(() => parseIdx(file, 'data/train')).toThrow(`data/train: ${message}`);
  });
});
