import { type Check, checker, type LongWork, reportProgress, throwIfAborted } from '@cnnviz/internal';
import { encode } from 'fast-png';
import Papa from 'papaparse';
import type { Concept, ConceptData, ConceptImage } from './concepts.ts';
import type { WriteFile } from './files.ts';

export interface WriteBrodenOptions extends LongWork<{ images: number; of: number }> {
  /** Which part of the data an image belongs to. Default: `train` for all. */
  splitOf?: (index: number) => 'train' | 'val';
}

/**
 * Writes densely labelled data as a folder in Broden's format, which NetDissect and `openBroden` read.
 *
 * The folder holds `index.csv`, `category.csv`, `label.csv`, a `c_<category>.csv` for each category, and in `images` the
 * images and their label maps as PNG files, labels as red + 256 green. Numbers of concepts stay what they are. An image
 * keeps its name as its path where it can be one, else it is called by its index.
 *
 * @param data Densely labelled data; names of categories are letters, digits, `_` and `-`.
 * @param writeFile Writes a file of the folder, and makes folders as needed.
 * @throws RangeError if the data have a category that cannot be a column, or a label without a concept; names the image.
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
  check.callable('writeFile', writeFile);
  if (!Array.isArray(data?.concepts)) check.fail('type', 'data', 'densely labelled data', data);
  const splitOf = check.callable('splitOf', options.splitOf ?? (() => 'train'));
  const { categories, imageSize, labelSize, count } = data;
  for (const category of categories) {
    if (!/^[\w-]+$/.test(category) || fixedColumns.includes(category)) {
      check.fail('range', 'data.categories', `letters, digits, _ and -, none of ${fixedColumns}`, category);
    }
  }
  throwIfAborted(options);

  const tally = new Map<number, Map<string, Coverage>>(data.concepts.map(({ number }) => [number, new Map()]));
  const taken = new Set<string>();
  const rows: (string | number)[][] = [];
  for (let index = 0; index < count; index++) {
    const image = await data.read(index);
    countLabels(check, image, tally);
    const path = pathOf(image.name, index, taken);
    await writeFile(`images/${path}.png`, encodeRgb(image.pixels, imageSize));
    const cells: string[] = [];
    for (const category of categories) {
      const maps = image.maps.filter((map) => map.category === category);
      const inCell = maps.map((_, order) => `${path}_${category}${order === 0 ? '' : `_${order + 1}`}.png`);
      for (const [order, { labels }] of maps.entries()) {
        await writeFile(`images/${inCell[order]}`, encodeLabelMap(labels, labelSize));
      }
      const whole = image.imageLabels.filter((label) => label.category === category).map(({ label }) => `${label}`);
      cells.push([...inCell, ...whole].join(';'));
    }
    rows.push([`${path}.png`, splitOf(index), ...imageSize, ...labelSize, ...cells]);
    await reportProgress(options, { images: index + 1, of: count });
  }
  const encoder = new TextEncoder();
  const writeTable = async (path: string, header: readonly string[], lines: readonly (string | number)[][]) =>
    writeFile(path, encoder.encode(`${Papa.unparse([[...header], ...lines], { newline: '\n' })}\n`));
  await writeTable('index.csv', [...fixedColumns, ...categories], rows);
  await writeConceptTables(data, tally, writeTable);
}

const fixedColumns = ['image', 'split', 'ih', 'iw', 'sh', 'sw'];

/** Of a concept in one category. */
interface Coverage {
  /** In how many images it is. */
  frequency: number;
  /** Shares of images that it covers, added up. */
  coverage: number;
}

function countLabels(check: Check, image: ConceptImage, tally: Map<number, Map<string, Coverage>>): void {
  const shares = new Map<string, Map<number, number>>();
  const add = (category: string, label: number, share: number) => {
    const ofCategory = shares.get(category) ?? new Map<number, number>();
    shares.set(category, ofCategory);
    ofCategory.set(label, (ofCategory.get(label) ?? 0) + share);
  };
  for (const { category, labels } of image.maps) {
    const counts = new Map<number, number>();
    for (const label of labels) if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const [label, pixels] of counts) add(category, label, pixels / labels.length);
  }
  for (const { category, label } of image.imageLabels) add(category, label, 1);
  for (const [category, ofCategory] of shares) {
    for (const [label, share] of ofCategory) {
      const known =
        tally.get(label) ?? check.fail('range', `a label of ${image.name}`, 'the number of a concept', label);
      const before = known.get(category) ?? { frequency: 0, coverage: 0 };
      known.set(category, { frequency: before.frequency + 1, coverage: before.coverage + share });
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

/** The name without its suffix, where it is a plain path that no other image has. */
function pathOf(name: string, index: number, taken: Set<string>): string {
  const path = name.replace(/\.(jpe?g|png)$/i, '');
  const isPath = path.length <= 150 && path.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));
  const chosen = isPath && !taken.has(path.toLowerCase()) ? path : `image-${index}`;
  taken.add(chosen.toLowerCase());
  return chosen;
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
