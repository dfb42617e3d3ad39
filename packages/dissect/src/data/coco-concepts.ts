import { type Check, checker, restoring } from '@cnnviz/internal';
import { rasterizeRunLengths, unpackRunLengths } from './coco-run-lengths.ts';
import type { Concept, ConceptData, ConceptMap, ImageConcepts } from './concepts.ts';
import {
  checkExifOrientation,
  type DecodedImage,
  decodeImage,
  type ExifOrientation,
  turnedHint,
} from './decode-image.ts';
import { checkPath, namedFileReader, type ReadFile } from './files.ts';
import { rasterizePolygon } from './rasterize-polygon.ts';
import { resizeImage } from './resize-image.ts';

/** The parts of a COCO annotation file that are read. */
export interface CocoAnnotations {
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string; readonly supercategory?: string }[];
  readonly annotations: readonly CocoAnnotation[];
}

/** One annotated object. */
export interface CocoAnnotation {
  readonly image_id: number;
  readonly category_id: number;
  /**
   * Polygons `[x1, y1, x2, y2, …]` in pixels of the image, or run lengths of a mask. `skipUnsegmented` decides about objects
   * without either, which have only a box.
   */
  readonly segmentation?: readonly (readonly number[])[] | CocoRunLengths | null | undefined;
}

/** A mask as run lengths. */
export interface CocoRunLengths {
  /** Run lengths down the columns, the first run outside; or the string that COCO packs them into. */
  readonly counts: readonly number[] | string;
  readonly size: readonly [height: number, width: number];
}

/** Options of `cocoConcepts`. */
export interface CocoConceptsOptions {
  /** Reads the images, by their `file_name`. */
  readFile: ReadFile;
  /** `[height, width]` that images are resized to, by averaging areas; the aspect may change. */
  imageSize: readonly [height: number, width: number];
  /** `[height, width]` of the label maps. Default: `imageSize`. */
  labelSize?: readonly [height: number, width: number];
  /** Maps a category of COCO, which becomes a concept, to the category of that concept. Default: `object` for all. */
  categoryOf?: (category: { name: string; supercategory?: string }) => string;
  /** Whether annotations without a segmentation are skipped. Default: `false`, they are refused. */
  skipUnsegmented?: boolean;
  /**
   * `apply`: photographs are turned by the EXIF orientation in their JPEG files. `ignore`: they stay as stored, for annotations
   * that were drawn on them that way. Default: `apply`, like browsers and most viewers.
   */
  exifOrientation?: ExifOrientation;
}

/**
 * Makes densely labeled images from annotations in COCO's format: polygons, or run lengths, packed or not.
 *
 * A pixel belongs to an object that covers its center. Where objects overlap, the smaller one is on top, and the others go to
 * further maps of the same category, so a pixel keeps each of its labels once. COCO's category ids become the numbers of the
 * concepts; an id of 0, which would mean no label, becomes the number after the largest id. Masks are made when an image is
 * read, and not kept.
 *
 * @param annotations The parsed JSON file.
 * @returns Data for `dissect`, which reads an image file when the image is asked for. `writeBroden` writes it in Broden's
 *   format.
 * @throws RangeError if an option or an annotation is outside its range, or a file name leads out of the folder.
 * @throws TypeError if an argument is of another kind.
 * @see https://cocodataset.org/#format-data
 *
 * @example
 * import { cocoConcepts } from '@cnnviz/dissect';
 *
 * const concepts = cocoConcepts(
 *   {
 *     images: [{ id: 7, file_name: 'a.jpg', width: 4, height: 4 }],
 *     categories: [{ id: 3, name: 'car' }],
 *     annotations: [{ image_id: 7, category_id: 3, segmentation: [[0, 0, 2, 0, 2, 4, 0, 4]] }],
 *   },
 *   { readFile: async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer()), imageSize: [4, 4] },
 * );
 * const { maps } = await concepts.readLabels!(0); // 3 in the left half
 */
export function cocoConcepts(annotations: CocoAnnotations, options: CocoConceptsOptions): ConceptData {
  const check = checker('@cnnviz/dissect', 'cocoConcepts');
  check.options(options);
  const read = namedFileReader(check, check.callable('readFile', options.readFile));
  const { imageSize, labelSize = imageSize, skipUnsegmented = false } = options;
  check.shape('imageSize', imageSize, 2);
  check.shape('labelSize', labelSize, 2);
  check.boolean('skipUnsegmented', skipUnsegmented);
  const exifOrientation = checkExifOrientation(check, options.exifOrientation);
  const { images, imageOf, concepts } = checkTables(check, annotations, options);
  const categories = [...new Set(concepts.map(({ concept }) => concept.category))];
  const conceptOf = new Map(concepts.map(({ id, concept }) => [id, concept]));
  const regions = restoring(check, 'annotations', () =>
    regionsByImage(check, annotations.annotations, imageOf, conceptOf, skipUnsegmented),
  );
  const imageAt = (index: number) =>
    images[check.number('index', index, { integer: true, min: 0, max: images.length - 1 })]!;

  const readLabels = async (index: number): Promise<ImageConcepts> => {
    const { id, file_name, width, height } = imageAt(index);
    const found = (regions.get(id) ?? []).map(({ concept, shape }) => {
      const mask = maskOf(shape, [height, width], labelSize);
      return { concept, mask, area: mask.reduce((sum, covered) => sum + covered, 0) };
    });
    // Smaller ones are on top; the order of equal ones is that of the file.
    found.sort((a, b) => a.area - b.area);
    const maps = categories.flatMap((category) => {
      const ofCategory = found.filter(({ concept }) => concept.category === category);
      return stack(category, ofCategory, labelSize);
    });
    return { name: file_name, maps, imageLabels: [] };
  };
  return {
    concepts: concepts.map(({ concept }) => concept),
    categories,
    imageSize,
    labelSize,
    count: images.length,
    readLabels,
    read: async (index) => {
      const { file_name: path, width, height } = imageAt(index);
      const image = decodeImage(check, path, await read(path), { exifOrientation });
      requireAnnotatedSize(check, path, image, [height, width]);
      const pixels = resizeImage(image.pixels, [height, width], imageSize);
      return { ...(await readLabels(index)), pixels, height: imageSize[0], width: imageSize[1] };
    },
  };
}

function requireAnnotatedSize(
  check: Check,
  path: string,
  { height, width, orientation }: DecodedImage,
  [rows, columns]: readonly [number, number],
): void {
  if (height === rows && width === columns) return;
  const hint = turnedHint(orientation, [height, width], [rows, columns]);
  check.failBecause(
    'range',
    `${path} must be an image of ${columns} x ${rows}, as annotated, got "${width} x ${height}"${hint}`,
  );
}

type CocoImage = CocoAnnotations['images'][number];

/** The images and the concepts of a file, with COCO's ids. */
function checkTables(check: Check, annotations: CocoAnnotations, options: CocoConceptsOptions) {
  const categoryOf = check.callable('categoryOf', options.categoryOf ?? (() => 'object'));
  for (const name of ['images', 'categories', 'annotations'] as const) {
    const list = annotations?.[name];
    // Spread, so that holes are looked at, too.
    const isList = Array.isArray(list) && [...list].every((each) => typeof each === 'object' && each !== null);
    if (!isList) check.fail('type', `annotations.${name}`, 'a list of objects', list);
  }
  const { images, categories } = annotations;
  for (const [index, { file_name, width, height }] of images.entries()) {
    checkPath(check, `annotations.images[${index}].file_name`, file_name);
    check.shape(`annotations.images[${index}] height and width`, [height, width]);
  }
  const imageOf = new Map(images.map((image) => [image.id, image]));
  if (imageOf.size < images.length) {
    const twice = images.findIndex(({ id }, index) => images.findIndex((other) => other.id === id) < index);
    check.fail('range', `annotations.images[${twice}].id`, 'an id of its own', images[twice]!.id);
  }
  const range = { integer: true, min: 0, max: 65535 };
  const ids = categories.map(({ id }, index) => check.number(`annotations.categories[${index}].id`, id, range));
  if (new Set(ids).size < ids.length) check.fail('range', 'annotations.categories', 'of different ids', ids);
  // 0 is no label.
  const instead = ids.reduce((a, b) => Math.max(a, b), 0) + 1;
  if (ids.includes(0)) check.number('the number of category 0, after all ids,', instead, { max: 65535 });
  const concepts = categories.map((category, index) => {
    const where = `annotations.categories[${index}]`;
    const { name: label, supercategory } = category;
    if (typeof label !== 'string') check.fail('type', `${where}.name`, 'a name', label);
    if (supercategory !== undefined && supercategory !== null && typeof supercategory !== 'string') {
      check.fail('type', `${where}.supercategory`, 'a name', supercategory);
    }
    const name = categoryOf(category);
    if (typeof name !== 'string' || name === '') check.fail('type', `categoryOf(${where})`, 'a name', name);
    const concept: Concept = { number: ids[index] || instead, name: label, category: name };
    return { id: ids[index]!, concept };
  });
  return { images, imageOf, concepts };
}

/** What covers an image, as compact as the file has it. */
interface Region {
  concept: Concept;
  shape: Shape;
}

type Shape = { polygons: Float64Array[] } | { packed: string } | { runs: Uint32Array };

function regionsByImage(
  check: Check,
  annotations: readonly CocoAnnotation[],
  imageOf: ReadonlyMap<number, CocoImage>,
  conceptOf: ReadonlyMap<number, Concept>,
  skipUnsegmented: boolean,
): Map<number, Region[]> {
  const regions = new Map<number, Region[]>();
  for (const [index, { image_id, category_id, segmentation }] of annotations.entries()) {
    const where = `annotations.annotations[${index}]`;
    const image = imageOf.get(image_id) ?? check.fail('range', `${where}.image_id`, 'the id of an image', image_id);
    const concept =
      conceptOf.get(category_id) ?? check.fail('range', `${where}.category_id`, 'the id of a category', category_id);
    if (isUnsegmented(segmentation)) {
      if (skipUnsegmented) continue;
      const received = segmentation === undefined ? 'none' : JSON.stringify(segmentation);
      check.failBecause(
        'type',
        `${where}.segmentation must be polygons or run lengths, got ${received}; skipUnsegmented: true leaves it out`,
      );
    }
    const shape = shapeOf(check, `${where}.segmentation`, segmentation!, [image.height, image.width]);
    const ofImage = regions.get(image_id) ?? [];
    regions.set(image_id, ofImage);
    ofImage.push({ concept, shape });
  }
  return regions;
}

const isUnsegmented = (segmentation: CocoAnnotation['segmentation']) =>
  segmentation === undefined ||
  segmentation === null ||
  (Array.isArray(segmentation) && segmentation.every((polygon) => Array.isArray(polygon) && polygon.length === 0));

function shapeOf(
  check: Check,
  where: string,
  segmentation: NonNullable<CocoAnnotation['segmentation']>,
  [height, width]: readonly [number, number],
): Shape {
  if (typeof segmentation === 'object' && 'counts' in segmentation) {
    const { counts, size } = segmentation;
    if (size?.[0] !== height || size[1] !== width) check.fail('range', `${where}.size`, `[${height}, ${width}]`, size);
    const isPacked = typeof counts === 'string';
    if (!isPacked && !Array.isArray(counts)) check.fail('type', `${where}.counts`, 'run lengths, or a string', counts);
    const runs = isPacked ? unpackRunLengths(counts) : counts;
    const total = runs.reduce((sum, run) => sum + run, 0);
    if (total !== height * width || runs.some((run) => !(Number.isInteger(run) && run >= 0))) {
      check.fail('range', `${where}.counts`, `runs that add up to ${height * width}`, total);
    }
    return isPacked ? { packed: counts } : { runs: Uint32Array.from(runs) };
  }
  if (!Array.isArray(segmentation)) check.fail('type', where, 'polygons or run lengths', segmentation);
  const polygons = (segmentation as readonly (readonly number[])[]).map((numbers, index) => {
    const isPolygon = Array.isArray(numbers) && numbers.length % 2 === 0 && numbers.every(Number.isFinite);
    if (!isPolygon || numbers.length < 6) {
      check.fail('range', `${where}[${index}]`, 'x and y of three corners or more', numbers);
    }
    return Float64Array.from(numbers);
  });
  return { polygons };
}

type Size = readonly [height: number, width: number];

function maskOf(shape: Shape, imageSize: Size, labelSize: Size): Uint8Array {
  const mask = new Uint8Array(labelSize[0] * labelSize[1]);
  if ('polygons' in shape) {
    for (const polygon of shape.polygons) rasterizePolygon(polygon, imageSize, mask, labelSize);
  } else {
    const runs = 'packed' in shape ? unpackRunLengths(shape.packed) : shape.runs;
    rasterizeRunLengths(runs, imageSize, mask, labelSize);
  }
  return mask;
}

/** As many maps as labels overlap: each label goes to the first map that is free at the pixel, and only once. */
function stack(
  category: string,
  regions: readonly { concept: Concept; mask: Uint8Array }[],
  [rows, columns]: Size,
): ConceptMap[] {
  const maps: ConceptMap[] = [];
  for (const { concept, mask } of regions) {
    const { number: label } = concept;
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) continue;
      let depth = 0;
      while (depth < maps.length && maps[depth]!.labels[pixel] !== 0 && maps[depth]!.labels[pixel] !== label) depth++;
      if (depth === maps.length) maps.push({ category, labels: new Uint16Array(rows * columns) });
      maps[depth]!.labels[pixel] = label;
    }
  }
  return maps;
}
