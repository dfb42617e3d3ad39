import { type Check, checker } from '@cnnviz/internal';
import type { Concept, ConceptData, ConceptMap, ImageConcepts } from './concepts.ts';
import { checkExifOrientation, decodeImage, decodeLabels, type ExifOrientation } from './decode-image.ts';
import { namedFileReader, type ReadFile } from './files.ts';
import { numberOf, parseTable } from './parse-table.ts';
import { resizeImage, resizeLabels } from './resize-image.ts';
import { checkVoidLabels, dropVoidLabels, voidLabelsHint } from './void-labels.ts';

/** Options of `folderConcepts`. */
export interface FolderConceptsOptions {
  /** Paths of the images, JPEG or PNG, in the order of their indices. */
  images: readonly string[];
  /** `[height, width]` that images are resized to, by averaging areas; the aspect may change. */
  imageSize: readonly [height: number, width: number];
  /** `[height, width]` that label maps are resized to, by the label at each center. Default: `imageSize`. */
  labelSize?: readonly [height: number, width: number];
  /**
   * Paths of the label maps of an image: PNG files of one channel, gray or with a palette, that hold numbers of concepts
   * of any categories, 0 for none. Default: one, `labels/a/b.png` for the image `images/a/b.jpg`.
   */
  labelMapsOf?: (image: string) => readonly string[];
  /** Numbers of the concepts of a whole image, such as its scene. Default: none. */
  imageLabelsOf?: (image: string) => readonly number[];
  /**
   * Labels besides 0 that stand for no concept, such as the 255 around the objects of PASCAL VOC. They are read as 0.
   * Default: none.
   */
  voidLabels?: readonly number[];
  /**
   * `apply`: photographs are turned by the EXIF orientation in their JPEG files. `ignore`: they stay as stored, for label maps
   * that were drawn on them that way. Default: `apply`, like browsers and most viewers.
   */
  exifOrientation?: ExifOrientation;
  /** Path of the table of concepts, CSV with the columns number, name and category. Default: `names.csv`. */
  names?: string;
}

/**
 * Makes densely labeled images from a folder of images, a folder of label maps and a table of names.
 *
 * @param readFile Reads a file of the folder, in Node or in the browser.
 * @returns Data for `dissect`, which reads files when an image is asked for. `writeBroden` writes it in Broden's format.
 * @throws RangeError if an option or a value in a file is outside its range; names the file, row or pixel.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if a file cannot be read or has another format; names the file.
 * @see http://host.robots.ox.ac.uk/pascal/VOC, whose label maps are of this kind.
 *
 * @example
 * ```ts no-run
 * import { readFile } from 'node:fs/promises';
 * import { folderConcepts } from '@cnnviz/dissect';
 *
 * const concepts = await folderConcepts((path) => readFile(`my-data/${path}`), {
 *   images: ['images/1.jpg', 'images/2.jpg'], // labels/1.png, labels/2.png and names.csv beside them
 *   imageSize: [224, 224],
 *   labelSize: [112, 112],
 * });
 * ```
 */
export async function folderConcepts(readFile: ReadFile, options: FolderConceptsOptions): Promise<ConceptData> {
  const check = checker('@cnnviz/dissect', 'folderConcepts');
  const read = namedFileReader(check, check.callable('readFile', readFile));
  check.options(options);
  const { images, imageSize, labelSize = imageSize, names = 'names.csv' } = options;
  const isPaths = isListOfPaths(images) && images.length > 0;
  if (!isPaths) check.fail('type', 'images', 'paths of images', images);
  if (typeof names !== 'string') check.fail('type', 'names', 'the path of a table', names);
  check.shape('imageSize', imageSize, 2);
  check.shape('labelSize', labelSize, 2);
  const exifOrientation = checkExifOrientation(check, options.exifOrientation);
  const labelMapsOf = check.callable('labelMapsOf', options.labelMapsOf ?? besideImages);
  const imageLabelsOf = check.callable('imageLabelsOf', options.imageLabelsOf ?? (() => []));
  const concepts = readNames(check, names, await read(names));
  const categoryOf = new Map(concepts.map(({ number, category }) => [number, category]));
  const voidLabels = checkVoidLabels(check, options.voidLabels, categoryOf);
  const imageOf = (index: number) =>
    images[check.number('index', index, { integer: true, min: 0, max: images.length - 1 })]!;

  const mapsOf = async (image: string, size: readonly [number, number] | null): Promise<ConceptMap[]> => {
    const paths = labelMapsOf(image);
    if (!isListOfPaths(paths)) check.fail('type', `labelMapsOf(${JSON.stringify(image)})`, 'a list of paths', paths);
    const maps: ConceptMap[] = [];
    for (const path of paths) {
      const { labels, height, width } = decodeLabels(check, path, await read(path));
      // A difference of a pixel comes from rounding.
      if (size !== null && Math.abs(height * size[1] - width * size[0]) > Math.max(...size) + Math.max(height, width)) {
        check.fail('range', path, `a map of the aspect of ${image}, ${size[1]} x ${size[0]}`, `${width} x ${height}`);
      }
      const unknown = dropVoidLabels(labels, voidLabels, categoryOf);
      if (unknown !== -1) {
        const where = `${path} at row ${Math.floor(unknown / width)}, column ${unknown % width}`;
        const label = labels[unknown]!;
        check.failBecause(
          'range',
          `${where} must be 0 or a number of ${names}, got ${label}; ${voidLabelsHint(label)}`,
        );
      }
      maps.push(...byCategory(resizeLabels(labels, [height, width], labelSize), categoryOf));
    }
    return maps;
  };
  const labelsOf = async (image: string, size: readonly [number, number] | null): Promise<ImageConcepts> => {
    const maps = await mapsOf(image, size);
    const labels = imageLabelsOf(image);
    if (!Array.isArray(labels)) {
      check.fail('type', `imageLabelsOf(${JSON.stringify(image)})`, 'a list of numbers', labels);
    }
    const imageLabels = labels
      .filter((label) => !voidLabels.has(label))
      .map((label) => {
        const category = categoryOf.get(label);
        if (category !== undefined) return { label, category };
        return check.fail('range', `the label of ${image}`, `a number of ${names}`, label);
      });
    return { name: image, maps, imageLabels };
  };

  return {
    concepts,
    categories: [...new Set(concepts.map(({ category }) => category))],
    imageSize,
    labelSize,
    count: images.length,
    read: async (index) => {
      const path = imageOf(index);
      const { pixels, height, width } = decodeImage(check, path, await read(path), { exifOrientation });
      const labels = await labelsOf(path, [height, width]);
      const resized = resizeImage(pixels, [height, width], imageSize);
      return { ...labels, pixels: resized, height: imageSize[0], width: imageSize[1] };
    },
    readLabels: async (index) => labelsOf(imageOf(index), null),
  };
}

const isListOfPaths = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => typeof path === 'string');

const besideImages = (image: string) => [image.replace(/^images\//, 'labels/').replace(/\.[^./]*$/, '.png')];

function readNames(check: Check, path: string, bytes: Uint8Array): Concept[] {
  const { rows } = parseTable(check, path, new TextDecoder().decode(bytes), ['number', 'name', 'category']);
  if (rows.length === 0) check.failBecause('state', `${path} names no concept`);
  const numbers = new Set<number>();
  return rows.map(({ cell, where }) => {
    const range = { integer: true, min: 1, max: 65535 };
    const number = check.number(`${where}: number`, numberOf(cell('number')), range);
    if (numbers.has(number)) check.fail('range', `${where}: number`, 'a number of its own', number);
    numbers.add(number);
    const [name, category] = [cell('name'), cell('category')];
    if (name === '') check.fail('range', `${where}: name`, 'a name', name);
    if (category === '') check.fail('range', `${where}: category`, 'a category', category);
    return { number, name, category };
  });
}

/** One map for each category that the labels are of. */
function byCategory(labels: Uint16Array, categoryOf: ReadonlyMap<number, string>): ConceptMap[] {
  const maps = new Map<string, Uint16Array>();
  for (const [pixel, label] of labels.entries()) {
    if (label === 0) continue;
    const category = categoryOf.get(label)!;
    const map = maps.get(category) ?? new Uint16Array(labels.length);
    maps.set(category, map);
    map[pixel] = label;
  }
  return Array.from(maps, ([category, map]) => ({ category, labels: map }));
}
