import { type Check, describeValue } from '@cnnviz/internal';
import { type DecodedPng, decode as decodePng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { decodeInterlacedPng, isInterlaced, type PngSamples } from './decode-interlaced-png.ts';
import { exifOrientation, orient } from './exif-orientation.ts';

/** Larger ones are refused before anything is allocated for them. */
const largestImage = 100e6;

export interface DecodedImage {
  height: number;
  width: number;
  /** `[height, width, 3]`, RGB, 0 to 255. */
  pixels: Uint8Array;
  /** The EXIF orientation that it was turned by, 1 if it was not. */
  orientation: number;
}

export interface DecodedLabels {
  height: number;
  width: number;
  /** `[height, width]`. */
  labels: Uint16Array;
}

/** Whether a photograph is turned as its JPEG file says, or left as it is stored. */
export type ExifOrientation = 'apply' | 'ignore';

export function checkExifOrientation(check: Check, value: ExifOrientation | undefined): ExifOrientation {
  return check.oneOf('exifOrientation', value ?? 'apply', ['apply', 'ignore']);
}

export interface DecodeImageOptions {
  /** The `[height, width]` that it has to have, if that is known. */
  size?: Size;
  /** Default: `apply`. */
  exifOrientation?: ExifOrientation;
}

/**
 * Decodes a photograph from a JPEG or a PNG file: turned as its EXIF orientation says, as browsers show it; gray is spread
 * over RGB, palettes are looked up, transparency is dropped.
 */
export function decodeImage(
  check: Check,
  path: string,
  file: Uint8Array,
  options: DecodeImageOptions = {},
): DecodedImage {
  if (file[0] === 0xff && file[1] === 0xd8) return ofJpeg(check, path, file, options);
  const { width, height, palette, channels, depth, samples } = decode(check, path, file, options.size);
  const full = depth === 16 ? 257 : 255 / (2 ** depth - 1);
  const pixels = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const sample = samples[pixel * channels + (channels < 3 ? 0 : channel)]!;
      const level = palette ? (palette[sample]?.[channel] ?? 0) : depth === 16 ? sample / full : sample * full;
      pixels[3 * pixel + channel] = Math.round(level);
    }
  }
  return { width, height, pixels, orientation: 1 };
}

/** A label map from a PNG file of one channel: the gray level, of up to 16 bits, or the index into its palette. */
export function decodeLabels(check: Check, path: string, file: Uint8Array): DecodedLabels {
  const png = decode(check, path, file);
  if (png.channels !== 1) {
    check.fail('range', path, 'a PNG file of one channel, gray or with a palette', `${png.channels} channels`);
  }
  return { width: png.width, height: png.height, labels: Uint16Array.from(png.samples) };
}

/** Labels of up to 16 bits from a PNG file of 8-bit RGB: red + 256 green, as Broden has them. */
export function decodeColorLabels(check: Check, path: string, file: Uint8Array, size: Size): Uint16Array {
  const { samples: data, channels, depth } = decode(check, path, file, size);
  if (channels < 3 || depth !== 8) {
    check.fail('range', path, 'a PNG file of 8-bit RGB', `${channels} channels of ${depth} bits`);
  }
  const labels = new Uint16Array(size[0] * size[1]);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const [red, green, blue] = [data[pixel * channels]!, data[pixel * channels + 1]!, data[pixel * channels + 2]!];
    if (blue !== 0) check.fail('range', path, 'red + 256 green, without blue', `blue ${blue} at pixel ${pixel}`);
    labels[pixel] = red + 256 * green;
  }
  return labels;
}

type Size = readonly [height: number, width: number];

function ofJpeg(
  check: Check,
  path: string,
  file: Uint8Array,
  { size, exifOrientation: wanted = 'apply' }: DecodeImageOptions,
): DecodedImage {
  let decoded: Omit<DecodedImage, 'orientation'>;
  try {
    // Each block of 8 x 8 pixels is a bit or more: a file that claims more of them must not take their memory.
    const bound = size === undefined ? largestImage : Math.max(1e6, size[0] * size[1]);
    const most = Math.min(bound, 8 * 64 * file.length);
    const limits = { maxResolutionInMP: most / 1e6, maxMemoryUsageInMB: 2048 };
    const { width, height, data } = decodeJpeg(file, { useTArray: true, formatAsRGBA: false, ...limits });
    decoded = { width, height, pixels: data };
  } catch (error) {
    return check.failBecause('state', `${path} must be a whole JPEG file: ${(error as Error).message}`);
  }
  const orientation = wanted === 'apply' ? exifOrientation(file) : 1;
  const oriented = orient(decoded.pixels, [decoded.height, decoded.width], orientation);
  if (size !== undefined) requireSize(check, path, [oriented.height, oriented.width], size, orientation);
  return { ...oriented, orientation };
}

function requireSize(check: Check, path: string, [height, width]: Size, size: Size, orientation = 1): void {
  if (height === size[0] && width === size[1]) return;
  const hint = turnedHint(orientation, [height, width], size);
  check.failBecause('range', `${path} must have ${size.join(' x ')} pixels, it has ${height} x ${width}${hint}`);
}

/** What an error adds on an image that would have the size if it were left as it is stored. */
export function turnedHint(orientation: number, [height, width]: Size, size: Size): string {
  const wouldFit = orientation >= 5 && height === size[1] && width === size[0];
  if (!wouldFit) return '';
  return ` since its EXIF orientation is ${orientation}; exifOrientation: 'ignore' leaves it as stored`;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function decode(check: Check, path: string, file: Uint8Array, size?: Size): PngSamples {
  if (file.length < 33 || signature.some((byte, index) => file[index] !== byte)) {
    const start = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    check.fail('range', path, 'a JPEG or PNG file', `one that starts with ${start}`);
  }
  const header = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  if (size !== undefined) requireSize(check, path, [height, width], size);
  if (width * height > largestImage) {
    check.fail('range', path, `an image of at most ${largestImage} pixels`, `${width} x ${height}`);
  }
  try {
    if (isInterlaced(file)) return decodeInterlacedPng(file);
    const png = decodePng(file, { checkCrc: true });
    return { ...png, samples: samplesOf(png) };
  } catch (error) {
    return check.failBecause('state', `${path} must be a whole PNG file: ${describeValue((error as Error).message)}`);
  }
}

/** One number a sample; the decoder leaves those of less than 8 bits packed, each row from a byte of its own. */
function samplesOf({ data, width, height, channels, depth }: DecodedPng): ArrayLike<number> {
  if (depth >= 8) return data;
  const perByte = 8 / depth;
  const bytesPerRow = Math.ceil(width / perByte);
  const samples = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const byte = data[row * bytesPerRow + Math.floor(column / perByte)]!;
      const shift = 8 - depth * ((column % perByte) + 1);
      samples[row * width + column] = (byte >> shift) & (2 ** depth - 1);
    }
  }
  return samples;
}
