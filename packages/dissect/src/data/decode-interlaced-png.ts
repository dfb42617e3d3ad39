import { unzlibSync } from 'fflate';

/** The pixels of a PNG file. */
export interface PngSamples {
  width: number;
  height: number;
  /** 1 gray or an index into the palette, 2 gray and alpha, 3 RGB, 4 RGB and alpha. */
  channels: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  depth: number;
  palette?: readonly (readonly number[])[];
  /** `[height, width, channels]`. */
  samples: ArrayLike<number>;
}

/** For each of the seven passes: first row and column, and how many rows and columns apart. */
const passes = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const;

/** By the number of the color type. */
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Whether a PNG file comes in seven passes. */
export const isInterlaced = (file: Uint8Array) => file[28] === 1;

/**
 * Decodes an interlaced PNG file, of any depth.
 *
 * @param file Starts as a PNG file does, with a header.
 * @throws Error if the file is damaged.
 * @see "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, sections 8.1 and 9.
 */
export function decodeInterlacedPng(file: Uint8Array): PngSamples {
  const { header, palette, data } = chunksOf(file);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const depth = header.getUint8(8);
  const channels = channelsOf[header.getUint8(9)];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth) || (depth < 8 && channels > 1)) {
    throw new Error(`there is no color type ${header.getUint8(9)} of ${depth} bits`);
  }
  const reduced = passes.flatMap(([top, left, down, across]) => {
    const [rows, columns] = [Math.ceil((height - top) / down), Math.ceil((width - left) / across)];
    return rows < 1 || columns < 1 ? [] : [{ top, left, down, across, rows, columns }];
  });
  const bytesPerRow = (columns: number) => Math.ceil((columns * channels * depth) / 8);
  const length = reduced.reduce((sum, { rows, columns }) => sum + rows * (1 + bytesPerRow(columns)), 0);
  const inflated = unzlibSync(data, { out: new Uint8Array(length) });
  if (inflated.length !== length) throw new Error(`it has ${inflated.length} bytes of pixels instead of ${length}`);
  const samples = new (depth === 16 ? Uint16Array : Uint8Array)(height * width * channels);
  let start = 0;
  for (const { top, left, down, across, rows, columns } of reduced) {
    const stride = bytesPerRow(columns);
    const bytesPerPixel = Math.max(1, (channels * depth) / 8);
    let previous: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < rows; row++) {
      const line = inflated.subarray(start + 1, start + 1 + stride);
      unfilter(inflated[start]!, line, previous, bytesPerPixel);
      for (let column = 0; column < columns; column++) {
        const to = ((top + row * down) * width + left + column * across) * channels;
        for (let channel = 0; channel < channels; channel++) {
          samples[to + channel] = sampleAt(line, column * channels + channel, depth);
        }
      }
      previous = line;
      start += 1 + stride;
    }
  }
  return { width, height, channels, depth, ...(palette === undefined ? {} : { palette }), samples };
}

function chunksOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  let palette: number[][] | undefined;
  for (let place = 8; ; ) {
    if (place + 12 > file.length) throw new Error('it ends early');
    const length = view.getUint32(place);
    const end = place + 8 + length;
    if (end + 4 > file.length) throw new Error('it ends early');
    const type = String.fromCharCode(...file.subarray(place + 4, place + 8));
    if (crc32(file.subarray(place + 4, end)) !== view.getUint32(end)) {
      throw new Error(`the checksum of ${type} is wrong`);
    }
    const content = file.subarray(place + 8, end);
    if (type === 'PLTE') {
      palette = Array.from({ length: Math.floor(length / 3) }, (_, index) => [
        ...content.subarray(3 * index, 3 * index + 3),
      ]);
    }
    if (type === 'IDAT') parts.push(content);
    if (type === 'IEND') break;
    place = end + 4;
  }
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    data.set(part, filled);
    filled += part.length;
  }
  return { header: new DataView(file.buffer, file.byteOffset + 16, 13), palette, data };
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Undoes the filter of a line, in place: the difference to the byte to the left, above, their mean or the nearest of three. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, bytesPerPixel: number): void {
  if (filter > 4) throw new Error(`there is no filter ${filter}`);
  for (let index = 0; index < line.length; index++) {
    const left = line[index - bytesPerPixel] ?? 0;
    const up = above[index]!;
    if (filter === 1) line[index]! += left;
    else if (filter === 2) line[index]! += up;
    else if (filter === 3) line[index]! += (left + up) >> 1;
    else if (filter === 4) line[index]! += nearest(left, up, above[index - bytesPerPixel] ?? 0);
  }
}

/** Paeth's predictor. */
function nearest(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : upLeft;
}

function sampleAt(line: Uint8Array, index: number, depth: number): number {
  if (depth === 16) return 256 * line[2 * index]! + line[2 * index + 1]!;
  if (depth === 8) return line[index]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
