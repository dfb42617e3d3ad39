import { type Check, checker, isA, requireLongWork } from '@cnnviz/internal';
import type { Concept, ConceptData, ConceptImage, ConceptMap, ImageConcepts, ImageLabel } from './concepts.ts';
import { checkExifOrientation, decodeColorLabels, decodeImage, type ExifOrientation } from './decode-image.ts';
import { checkPath, namedFileReader, type ReadFile, type ReadNamedFile } from './files.ts';
import { isNumber, numberOf, parseTable, type Table } from './parse-table.ts';
import { checkVoidLabels, dropVoidLabels, voidLabelsHint } from './void-labels.ts';

/** Options of `openBroden`. */
export interface OpenBrodenOptions {
  /** Restricts the data to the images of a split, such as `train` or `val`. Default: all images. */
  split?: string;
  /** Labels besides 0 that stand for no concept, such as 255. They are read as 0. Default: none. */
  voidLabels?: readonly number[];
  /**
   * `apply`: photographs are turned by the EXIF orientation in their JPEG files. `ignore`: they stay as stored, for label maps
   * that were drawn on them that way. Default: `apply`, like browsers and most viewers.
   */
  exifOrientation?: ExifOrientation;
  /** Aborts reading over HTTP, also of images later on. */
  signal?: AbortSignal;
}

const check: Check = checker('@cnnviz/dissect', 'openBroden');

/**
 * Opens a data set in the format of Broden, the data set that network dissection was made for.
 *
 * `index.csv` lists images and their labels, with one column per category: numbers of concepts for the whole image, files of
 * label maps, several of either separated by `;`, or nothing. A map is a PNG file whose pixels are red + 256 · green. The
 * concepts are in `label.csv`. The primary category of a concept is the one that it covers most by the `c_*.csv` files, or the
 * last of equal ones. Images and maps are JPEG or PNG files in the folder `images`.
 *
 * Files are checked when they are read: tables by `openBroden`, an image and its maps by `read`.
 *
 * @param source Reads a file of the folder, in Node `(path) => readFile(join(folder, path))`; or the URL of the folder, whose
 *   query, such as a signature, is sent with each file. It is never asked for a path outside the folder.
 * @returns Data for `dissect`.
 * @throws RangeError if a number, a size or a path is outside its range; names the file and the row.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if a file cannot be read or has another format; names the file.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   2.1.
 *
 * @example
 * import { openBroden } from '@cnnviz/dissect';
 *
 * const files: Record<string, string> = {
 *   'category.csv': 'name,first,last,count,frequency\nscene,1,1,1,1\n',
 *   'label.csv': 'number,name,category,frequency,coverage,syns\n1,beach-s,scene(1),1,1,\n',
 *   'c_scene.csv': 'code,number,name,frequency,coverage\n1,1,beach-s,1,1\n',
 *   'index.csv': 'image,split,ih,iw,sh,sw,scene\na.jpg,train,224,224,112,112,1\n',
 * };
 * const data = await openBroden(async (path) => new TextEncoder().encode(files[path] ?? ''));
 * data.concepts; // [{ number: 1, name: 'beach-s', category: 'scene' }]
 */
export async function openBroden(
  source: ReadFile | string | URL,
  options: OpenBrodenOptions = {},
): Promise<ConceptData> {
  check.options(options);
  requireLongWork(check, { signal: options.signal });
  if (options.split !== undefined && typeof options.split !== 'string') {
    check.fail('type', 'split', 'the name of a split', options.split);
  }
  const exifOrientation = checkExifOrientation(check, options.exifOrientation);
  const access = typeof source === 'function' ? source : overHttp(source, options.signal);
  const read = namedFileReader(check, access, options.signal);
  const categories = await readCategories(read);
  const concepts = await readConcepts(read, categories);
  const { rows, imageSize, labelSize } = await readIndex(read, categories, options.split);
  const numbers = new Set(concepts.map(({ number }) => number));
  const voidLabels = checkVoidLabels(check, options.voidLabels, numbers);
  const dropVoid = (labels: Uint16Array, where: string) => {
    const unknown = dropVoidLabels(labels, voidLabels, numbers);
    if (unknown === -1) return labels;
    const label = labels[unknown]!;
    return check.failBecause(
      'range',
      `${where} must be 0 or numbers of label.csv, got ${label}; ${voidLabelsHint(label)}`,
    );
  };
  for (const row of rows) {
    row.imageLabels = row.imageLabels.filter(({ label }) => dropVoid(Uint16Array.of(label), row.where)[0] !== 0);
  }

  const readLabels = async (index: number): Promise<ImageConcepts> => {
    const row = rows[check.number('index', index, { integer: true, min: 0, max: rows.length - 1 })]!;
    const maps = await Promise.all(
      row.maps.map(async ({ category, path }): Promise<ConceptMap> => {
        const where = `${path} (${row.where})`;
        const labels = decodeColorLabels(check, where, await read(`images/${path}`, row.where), labelSize);
        return { category, labels: dropVoid(labels, where) };
      }),
    );
    return { name: row.image, maps, imageLabels: row.imageLabels.map((label) => ({ ...label })) };
  };
  return {
    concepts,
    categories,
    imageSize,
    labelSize,
    count: rows.length,
    readLabels,
    read: async (index): Promise<ConceptImage> => {
      const labels = await readLabels(index);
      const { image, where } = rows[index]!;
      const file = await read(`images/${image}`, where);
      const { pixels } = decodeImage(check, `${image} (${where})`, file, { size: imageSize, exifOrientation });
      return { ...labels, pixels, height: imageSize[0], width: imageSize[1] };
    },
  };
}

type Size = readonly [height: number, width: number];
function overHttp(source: string | URL, signal: AbortSignal | undefined): ReadFile {
  if (!isA('URL', source) && typeof source !== 'string') {
    return check.fail('type', 'source', 'a function that reads a file, or a URL', source);
  }
  const text = String(source);
  if (!/^https?:/.test(text) && typeof location === 'undefined') {
    check.fail('range', 'source', 'a URL of http or https, or a function that reads a file', text);
  }
  // A signed address has its signature after the path.
  const [, folder, query] = /^([^?#]*?)\/?(\?[^#]*)?(?:#.*)?$/s.exec(text)!;
  return async (path) => {
    const url = `${folder}/${path.split('/').map(encodeURIComponent).join('/')}${query ?? ''}`;
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  };
}

async function readTable(
  read: ReadNamedFile,
  path: string,
  required: readonly string[],
  where?: string,
): Promise<Table> {
  return parseTable(check, path, new TextDecoder().decode(await read(path, where)), required);
}

function integerOf(text: string, where: string, range: { min: number; max: number }): number {
  return check.number(where, numberOf(text), { integer: true, ...range });
}

async function readCategories(read: ReadNamedFile): Promise<string[]> {
  const { rows } = await readTable(read, 'category.csv', ['name']);
  const names = rows.map(({ cell }) => cell('name'));
  if (names.length === 0) check.failBecause('state', 'category.csv names no category');
  for (const [index, name] of names.entries()) {
    const { where } = rows[index]!;
    if (names.indexOf(name) !== index) check.failBecause('range', `${where}: category ${name} is there twice`);
    if (/\//.test(name)) check.fail('range', where, 'the name of a category, part of a file name', name);
    checkPath(check, where, `c_${name}.csv`);
  }
  return names;
}

async function readConcepts(read: ReadNamedFile, categories: readonly string[]): Promise<Concept[]> {
  const coverage = new Map<number, { category: string; most: number }>();
  for (const category of categories) {
    const { rows } = await readTable(read, `c_${category}.csv`, ['number', 'coverage']);
    for (const { cell, where } of rows) {
      const number = integerOf(cell('number'), `${where}: number`, { min: 0, max: 65535 });
      const covered = check.number(`${where}: coverage`, numberOf(cell('coverage')), { min: 0 });
      const most = coverage.get(number)?.most ?? Number.NEGATIVE_INFINITY;
      if (covered >= most) coverage.set(number, { category, most: covered });
    }
  }
  const concepts: Concept[] = [];
  const seen = new Set<number>();
  const { rows } = await readTable(read, 'label.csv', ['number', 'name']);
  for (const { cell, where } of rows) {
    const number = integerOf(cell('number'), `${where}: number`, { min: 0, max: 65535 });
    if (seen.has(number)) check.failBecause('range', `${where}: number ${number} is there twice`);
    seen.add(number);
    // Some files list 0, which is no concept.
    if (number === 0) continue;
    const primary = coverage.get(number);
    if (primary === undefined) {
      return check.failBecause('range', `${where}: number ${number} is in none of the files c_*.csv`);
    }
    concepts.push({ number, name: cell('name'), category: primary.category });
  }
  for (const number of coverage.keys()) {
    if (!seen.has(number) && number !== 0)
      check.failBecause('range', `number ${number} of the files c_*.csv is not in label.csv`);
  }
  return concepts;
}

interface IndexRow {
  image: string;
  where: string;
  maps: { category: string; path: string }[];
  imageLabels: ImageLabel[];
}

async function readIndex(
  read: ReadNamedFile,
  categories: readonly string[],
  split: string | undefined,
): Promise<{ rows: IndexRow[]; imageSize: Size; labelSize: Size }> {
  const sizes = ['ih', 'iw', 'sh', 'sw'] as const;
  const table = await readTable(read, 'index.csv', ['image', ...sizes, ...categories]);
  const rows: IndexRow[] = [];
  let first: { where: string; sizes: number[] } | undefined;
  for (const { cell, where } of table.rows) {
    if (split !== undefined && cell('split') !== split) continue;
    const own = sizes.map((name) => integerOf(cell(name), `${where}: ${name}`, { min: 1, max: largestSide }));
    first ??= { where, sizes: own };
    sizes.forEach((name, index) => {
      if (own[index] === first!.sizes[index]) return;
      check.failBecause(
        'range',
        `${where}: ${name} is ${own[index]}, but ${first!.sizes[index]} in ${first!.where}: all must be alike`,
      );
    });
    const row: IndexRow = {
      image: checkPath(check, `${where}: image`, cell('image')),
      where,
      maps: [],
      imageLabels: [],
    };
    for (const category of categories) {
      for (const token of cell(category).split(';')) {
        const part = token.trim();
        if (part === '' || missing.has(part.toLowerCase())) continue;
        if (isNumber(part)) {
          const label = integerOf(part, `${where}: ${category}`, { min: 0, max: 65535 });
          if (label !== 0) row.imageLabels.push({ category, label });
        } else {
          row.maps.push({ category, path: checkPath(check, `${where}: ${category}`, part) });
        }
      }
    }
    rows.push(row);
  }
  if (first === undefined) {
    return check.failBecause('range', `index.csv lists no image${split === undefined ? '' : ` of the split ${split}`}`);
  }
  const [ih, iw, sh, sw] = first.sizes as [number, number, number, number];
  return { rows, imageSize: [ih, iw], labelSize: [sh, sw] };
}

const largestSide = 8192;

/** What programs write into a cell that has no value. */
const missing = new Set(['nan', 'na', 'n/a', '<na>', 'none', 'null']);
