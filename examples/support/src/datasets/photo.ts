import { readFile } from 'node:fs/promises';
import { checker } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import jpeg from 'jpeg-js';
import { decodeWholePng } from './whole-png.ts';

/** Pixels on the host: RGB, 8 bits a channel, row by row. */
interface Pixels {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/**
 * Reads a photograph, scaled so that its short side fills the square and cut to its center.
 *
 * @param path A JPEG file, or a PNG file of 8 bits a channel.
 * @param options.size Side of the square.
 * @returns A picture `[size, size, 3]` in [0, 1]. The caller disposes.
 * @throws Error that names the file if it is missing, damaged or of another format.
 */
export async function readPhoto(path: string, options: { size: number }): Promise<Tensor3D> {
  const check = checker('@cnnviz/example-support', 'readPhoto');
  const size = check.number('size', options.size, { integer: true, min: 1 });
  const file = await readFile(path).catch((error: Error) => {
    throw new Error(`${path}: expected a photograph, found ${error.message}`, { cause: error });
  });
  const { width, height, rgb } = decodePhoto(file, path);
  return tf.tidy(() => {
    const side = Math.min(width, height);
    const picture = tf.div(tf.tensor3d(rgb, [height, width, 3], 'float32'), 255) as Tensor3D;
    const square = tf.slice(
      picture,
      [Math.floor((height - side) / 2), Math.floor((width - side) / 2), 0],
      [side, side, 3],
    );
    return side === size ? square : tf.image.resizeBilinear(square, [size, size], false, true);
  });
}

function decodePhoto(file: Uint8Array, path: string): Pixels {
  try {
    if (file[0] === 0xff && file[1] === 0xd8) {
      const options = { useTArray: true, formatAsRGBA: false, maxResolutionInMP: mostMegapixels(file) } as const;
      const { width, height, data } = jpeg.decode(file, options);
      return { width, height, rgb: data };
    }
    if (file[0] === 0x89 && file[1] === 0x50) {
      const { width, height, data, channels, depth } = decodeWholePng(file);
      if (depth !== 8) throw new Error(`${depth} bits a channel`);
      return { width, height, rgb: rgbOf(data, channels) };
    }
  } catch (error) {
    throw new Error(`${path}: expected a JPEG or PNG file, found a damaged one: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const start = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new Error(`${path}: expected a JPEG or PNG file, found one that starts with ${start}`);
}

/** Each block of 8 x 8 pixels is a bit or more: a file that claims more of them is damaged, and must not take their memory. */
function mostMegapixels(file: Uint8Array): number {
  return Math.min(100, (8 * 64 * file.length) / 1e6);
}

/** Drops alpha and spreads gray over three channels. */
function rgbOf(data: ArrayLike<number>, channels: number): Uint8Array {
  const count = data.length / channels;
  return Uint8Array.from({ length: count * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return data[pixel * channels + (channels >= 3 ? i % 3 : 0)]!;
  });
}
