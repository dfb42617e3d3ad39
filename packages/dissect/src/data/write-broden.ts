import {
  type Check,
  checker,
  isA,
  type LongWork,
  reportProgress,
  requireLongWork,
  throwIfAborted,
} from '@cnnviz/internal';
import { encode } from 'fast-png';
import Papa from 'papaparse';
import { checkConceptData, checkConceptImage } from './check-concept-data.ts';
import type { Concept, ConceptData, ConceptImage } from './concepts.ts';
import type { WriteFile } from './files.ts';
import { withoutRepeats } from './label-slots.ts';
import { isPlainPath, numbered, uniquePaths } from './unique-paths.ts';

/** How much of a data set is written. */
export interface WriteBrodenProgress {
  /** Images that are written. */
  done: number;
  /** Images of the data. */
  total: number;
}

/** Options of `writeBroden`. */
export interface WriteBrodenOptions extends LongWork<WriteBrodenProgress> {
  /** Assigns each image to a split. Default: `train` for all. */
  splitOf?: (index: number) => 'train' | 'val';
}

/**
 * Writes densely labeled data as a folder in Broden's format, which NetDissect and `openBroden` read.
 *
 * The folder holds `index.csv`, `category.csv`, `label.csv` and a `c_<category>.csv` for each category. The images and their
 * label maps are PNG files in `images`, labels as red + 256 green. Numbers of concepts are kept. The name of an image becomes
 * its path if it is a valid path that no other file has, else the path is its index. No two paths differ only in case.
 *
 * @param data Densely labeled data. Names of categories consist of letters, digits, `_` and `-`, and differ in more than case,
 *   since each has a file.
 * @param writeFile Writes a file of the folder, and makes folders as needed.
 * @returns Resolves when everything is written.
 * @throws RangeError if a category cannot be a column, or a label has no concept; names the image.
 * @throws TypeError if an argument is of another kind.
 * @see https://github.com/CSAILVision/NetDissect, for the format.
 *
 * @example
 * import { conceptScenes, writeBroden } from '@cnnviz/dissect';
 *
 * const files = new Map<string, Uint8Array>();
 * await writeBroden(conceptScenes({ seed: 0, count: 3, size: 32 }), (path, bytes) => void files.set(path, bytes));
 * files.get('index.csv');
 */
export async function writeBroden(
  data: ConceptData,
  writeFile: WriteFile,
  options: WriteBrodenOptions = {},
): Promise<void> {
  const check = checker('@cnnviz/dissect', 'writeBroden');
  checkConceptData(check, 'data', data);
  check.callable('writeFile', writeFile);
  check.options(options);
  requireLongWork(check, options);
  const named = data.concepts.every((concept) => typeof concept === 'object' && concept !== null);
  if (!named) check.fail('type', 'data.concepts', 'a list of concepts', data.concepts);
  const splitOf = check.callable('splitOf', options.splitOf ?? (() => 'train'));
  const { categories, imageSize, labelSize, count } = data;
  checkCategories(check, categories);
  throwIfAborted(options);

  const tally = new Map<number, Map<string, Coverage>>(data.concepts.map(({ number }) => [number, new Map()]));
  const freePath = uniquePaths();
  const rows: (string | number)[][] = [];
  for (let index = 0; index < count; index++) {
    const image = checkConceptImage(check, await data.read(index), data, index);
    countLabels(check, image, data, tally);
    const path = freePath(pathsOf(image.name, index));
    await writeFile(`images/${path}`, encodeRgb(image.pixels, imageSize));
    const stem = path.replace(/\.png$/, '');
    const cells: string[] = [];
    for (const category of categories) {
      const cell: string[] = [];
      for (const { labels } of image.maps.filter((map) => map.category === category)) {
        const mapPath = freePath(numbered(`${stem}_${category}`, '.png'));
        await writeFile(`images/${mapPath}`, encodeLabelMap(labels, labelSize));
        cell.push(mapPath);
      }
      const whole = image.imageLabels.filter((label) => label.category === category).map(({ label }) => `${label}`);
      cells.push([...cell, ...whole].join(';'));
    }
    const split = check.oneOf(`splitOf(${index})`, splitOf(index), ['train', 'val']);
    rows.push([path, split, ...imageSize, ...labelSize, ...cells]);
    await reportProgress(options, { done: index + 1, total: count });
  }
  const encoder = new TextEncoder();
  const writeTable = async (path: string, header: readonly string[], lines: readonly (string | number)[][]) =>
    writeFile(path, encoder.encode(`${Papa.unparse([[...header], ...lines], { newline: '\n' })}\n`));
  await writeTable('index.csv', [...fixedColumns, ...categories], rows);
  await writeConceptTables(data, tally, writeTable);
}

const fixedColumns = ['image', 'split', 'ih', 'iw', 'sh', 'sw'];

/** How much of the data a concept covers in one category. */
interface Coverage {
  /** In how many images it is. */
  frequency: number;
  /** Shares of images that it covers, added up. */
  coverage: number;
}

/** Each pixel once in a category, however often it carries a label there. */
function countLabels(
  check: Check,
  image: ConceptImage,
  { categories, labelSize }: ConceptData,
  tally: Map<number, Map<string, Coverage>>,
): void {
  const pixels = labelSize[0] * labelSize[1];
  for (const [index, { category, labels }] of image.maps.entries()) {
    check.oneOf(`the category of map ${index} of ${image.name}`, category, categories);
    if (!isA('Uint16Array', labels)) check.fail('type', `map ${index} of ${image.name}`, 'a Uint16Array', labels);
    if (labels.length !== pixels) {
      check.fail('range', `map ${index} of ${image.name}`, `${labelSize.join(' x ')} labels`, labels);
    }
  }
  for (const { category } of image.imageLabels) {
    check.oneOf(`the category of a label of ${image.name}`, category, categories);
  }
  for (const category of categories) {
    const ofCategory = <T extends { category: string }>(labels: readonly T[]) =>
      labels.filter((each) => each.category === category);
    const { maps, image: whole } = withoutRepeats({
      maps: ofCategory(image.maps).map(({ labels }) => labels),
      image: ofCategory(image.imageLabels).map(({ label }) => label),
    });
    const counts = new Map<number, number>(whole.map((label) => [label, pixels]));
    for (const labels of maps) {
      for (const label of labels) if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    for (const [label, count] of counts) {
      const known =
        tally.get(label) ?? check.fail('range', `a label of ${image.name}`, 'the number of a concept', label);
      const before = known.get(category) ?? { frequency: 0, coverage: 0 };
      known.set(category, { frequency: before.frequency + 1, coverage: before.coverage + count / pixels });
    }
  }
}

type WriteTable = (
  path: string,
  header: readonly string[],
  lines: readonly (string | number)[][],
) => void | Promise<void>;

async function writeConceptTables(
  { concepts, categories }: ConceptData,
  tally: ReadonlyMap<number, ReadonlyMap<string, Coverage>>,
  writeTable: WriteTable,
): Promise<void> {
  const nowhere = { frequency: 0, coverage: 0 };
  const ofCategory = (category: string) =>
    concepts
      .filter((concept) => concept.category === category || tally.get(concept.number)!.has(category))
      .map((concept) => ({ concept, ...(tally.get(concept.number)!.get(category) ?? nowhere) }))
      .sort((a, b) => b.frequency - a.frequency || b.coverage - a.coverage || a.concept.number - b.concept.number);
  const summary: (string | number)[][] = [];
  for (const category of categories) {
    const members = ofCategory(category);
    const numbers = members.map(({ concept }) => concept.number);
    const lines = members.map(({ concept, frequency, coverage }, index) => [
      index + 1,
      concept.number,
      concept.name,
      frequency,
      coverage.toFixed(6),
    ]);
    await writeTable(`c_${category}.csv`, ['code', 'number', 'name', 'frequency', 'coverage'], lines);
    const images = members.reduce((sum, { frequency }) => sum + frequency, 0);
    const [first, last] = numbers.length === 0 ? [0, 0] : [smallest(numbers), largest(numbers)];
    summary.push([category, first, last, members.length, images]);
  }
  await writeTable('category.csv', ['name', 'first', 'last', 'count', 'frequency'], summary);
  const labels = [...concepts].sort((a, b) => a.number - b.number);
  const lines = labels.map((concept) => labelLine(concept, tally.get(concept.number)!));
  await writeTable('label.csv', ['number', 'name', 'category', 'frequency', 'coverage', 'syns'], lines);
}

const smallest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.min(a, b));
const largest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b));

/** The primary category first, as Broden lists the one with the largest coverage first. */
function labelLine(
  { number, name, category }: Concept,
  ofCategory: ReadonlyMap<string, Coverage>,
): (string | number)[] {
  const primary = ofCategory.get(category) ?? { frequency: 0, coverage: 0 };
  const others = [...ofCategory].filter(([other]) => other !== category);
  const all: (readonly [string, Coverage])[] = [[category, primary], ...others];
  const frequency = all.reduce((sum, [, each]) => sum + each.frequency, 0);
  const coverage = all.reduce((sum, [, each]) => sum + each.coverage, 0);
  const list = all.map(([each, { frequency: count }]) => `${each}(${count})`).join(';');
  return [number, name, list, frequency, coverage.toFixed(6), ''];
}

/** Its name without its suffix, where that is a plain path, then its index. */
function* pathsOf(name: string, index: number): Generator<string> {
  const path = name.replace(/\.(jpe?g|png)$/i, '');
  if (isPlainPath(path)) yield `${path}.png`;
  yield* numbered(`image-${index}`, '.png');
}

function checkCategories(check: Check, categories: readonly string[]): void {
  for (const category of categories) {
    if (typeof category !== 'string' || !/^[\w-]+$/.test(category) || fixedColumns.includes(category)) {
      check.fail('range', 'data.categories', `letters, digits, _ and -, none of ${fixedColumns}`, category);
    }
  }
  const files = new Map<string, string>();
  for (const category of categories) {
    const other = files.get(category.toLowerCase());
    if (other !== undefined) {
      check.fail('range', 'data.categories', 'names that differ in more than small and capital letters', [
        other,
        category,
      ]);
    }
    files.set(category.toLowerCase(), category);
  }
}

type Size = readonly [height: number, width: number];

function encodeRgb(pixels: Uint8Array, [height, width]: Size): Uint8Array {
  return encode({ width, height, channels: 3, depth: 8, data: pixels });
}

function encodeLabelMap(labels: Uint16Array, size: Size): Uint8Array {
  const pixels = new Uint8Array(labels.length * 3);
  for (const [pixel, label] of labels.entries()) {
    pixels[3 * pixel] = label % 256;
    pixels[3 * pixel + 1] = Math.floor(label / 256);
  }
  return encodeRgb(pixels, size);
}
