import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LongWork } from '@cnnviz/internal';
import { cacheFolder } from './cache-folder.ts';
import { type DownloadProgress, download } from './download.ts';
import { parseIdx } from './idx.ts';
import type { DataSet, ImageSet } from './image-set.ts';
import { readMaybeGzipped } from './maybe-gzipped.ts';

const classes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;

/** Its authors' repository. */
const source = 'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion';

const debianFolder = '/usr/share/datasets/fashion-mnist';

/**
 * The four files. `bytes` and `sha256` are of the gzip file, taken from files whose MD5 is the one that the authors'
 * README states; `content` is the SHA-256 of what is inside, which repackagers such as Debian leave alone.
 */
const files = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    shape: [60_000, 28, 28],
    bytes: 26_421_880,
    sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    content: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    shape: [60_000],
    bytes: 29_515,
    sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
    content: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    shape: [10_000, 28, 28],
    bytes: 4_422_102,
    sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    content: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    shape: [10_000],
    bytes: 5_148,
    sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
    content: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
} as const;

type FashionFile = (typeof files)[keyof typeof files];

export interface FashionMnistOptions extends LongWork<DownloadProgress> {
  /** Where the four IDX files are, gzip or not; nothing is downloaded then. Default: Debian's folder, else the cache. */
  folder?: string;
  /** Where downloads are kept. Default: `fashion-mnist` in `cacheFolder()`. */
  cache?: string;
  /** A mirror of the four gzip files. Default: the authors' repository. */
  source?: string;
}

/**
 * Fashion-MNIST: 60,000 + 10,000 photographs of clothes, 28x28 gray, light on black, as its authors split them.
 *
 * Found in `folder`; else where Debian's package `dataset-fashion-mnist` puts it; else in the cache, to which what is
 * missing (30 MB in all) is downloaded.
 *
 * @throws Error that names the file if one is missing, damaged or not Fashion-MNIST's (MNIST's files are named alike).
 * @see Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", 2017.
 */
export async function fashionMnist(options: FashionMnistOptions = {}): Promise<DataSet> {
  const folder = options.folder ?? (await debianOrCache(options));
  const [trainImages, trainLabels, testImages, testLabels] = [
    await readFashionFile(folder, files.trainImages),
    await readFashionFile(folder, files.trainLabels),
    await readFashionFile(folder, files.testImages),
    await readFashionFile(folder, files.testLabels),
  ];
  const setOf = (images: Uint8Array, labels: Uint8Array): ImageSet => ({
    name: 'Fashion-MNIST',
    images,
    labels,
    shape: [28, 28, 1],
    classes,
    bounds: [0, 1],
  });
  return { train: setOf(trainImages, trainLabels), test: setOf(testImages, testLabels) };
}

async function debianOrCache(options: FashionMnistOptions): Promise<string> {
  if (Object.values(files).every((file) => existsSync(pathIn(debianFolder, file)))) return debianFolder;
  const cache = options.cache ?? join(cacheFolder(), 'fashion-mnist');
  await fillFashionCache(cache, options);
  return cache;
}

/** Downloads those of the four files that a folder lacks. */
export async function fillFashionCache(folder: string, options: FashionMnistOptions): Promise<void> {
  for (const file of Object.values(files)) {
    if (existsSync(pathIn(folder, file))) continue;
    const url = `${options.source ?? source}/${file.name}.gz`;
    await download({ url, bytes: file.bytes, sha256: file.sha256 }, join(folder, `${file.name}.gz`), options);
  }
}

/** The gzip file, or the plain one where only that exists. */
function pathIn(folder: string, { name }: FashionFile): string {
  const plain = join(folder, name);
  return existsSync(plain) && !existsSync(`${plain}.gz`) ? plain : `${plain}.gz`;
}

async function readFashionFile(folder: string, file: FashionFile): Promise<Uint8Array> {
  const path = pathIn(folder, file);
  const content = await readMaybeGzipped(path);
  const { data, shape } = parseIdx(content, path);
  if (!(data instanceof Uint8Array) || shape.join() !== file.shape.join()) {
    throw new Error(
      `${path}: expected uint8 [${file.shape.join(', ')}], found ${typeName(data)} [${shape.join(', ')}]`,
    );
  }
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== file.content) {
    throw new Error(`${path}: expected Fashion-MNIST's content with SHA-256 ${file.content}, found ${found}`);
  }
  return data;
}

function typeName(data: ArrayBufferView): string {
  return data.constructor.name.replace('Array', '').toLowerCase();
}
