import { type Check, checker, restoring } from '@cnnviz/internal';
import { maskOfRunLengths, unpackRunLengths } from './coco-run-lengths.ts';
import type { ConceptData, ConceptMap } from './concepts.ts';
import { decodeImage } from './decode-image.ts';
import { checkPath, type ReadFile } from './files.ts';
import { resizeImage } from './resize-image.ts';
import { isInside } from './shape.ts';

/** What is read of a COCO annotation file. */
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

export interface CocoAnnotation {
  readonly image_id: number;
  readonly category_id: number;
  /** Polygons `[x1, y1, x2, y2, …]` in pixels of the image, or run lengths of a mask. */
  readonly segmentation: readonly (readonly number[])[] | CocoRunLengths;
}

export interface CocoRunLengths {
  /** Down the columns, the first of them outside; or the string that COCO packs them into. */
  readonly counts: readonly number[] | string;
  readonly size: readonly [height: number, width: number];
}

export interface CocoConceptsOptions {
  /** Gives the images, by their `file_name`. */
  readFile: ReadFile;
  /** `[height, width]` that images are brought to, by averaging areas; the aspect may change. */
  imageSize: readonly [height: number, width: number];
  /** `[height, width]` of the label maps. Default: `imageSize`. */
  labelSize?: readonly [height: number, width: number];
  /** The category of concepts that one of COCO's categories becomes part of. Default: `object` for all. */
  categoryOf?: (category: { name: string; supercategory?: string }) => string;
}

/**
 * Densely labelled images from annotations in COCO's format: polygons, or run lengths, packed or not.
 *
 * A pixel is inside what covers its centre. Where objects overlap, the smaller one is on top and the others go to further
 * maps of the same category, so that a pixel holds each of its labels once. COCO's category ids are the numbers of the
 * concepts.
 *
 * @param annotations The parsed JSON file.
 * @returns Densely labelled data that read an image file when an image is asked for. Write it as Broden with
 *   `writeBroden`.
 * @throws RangeError if an option or an annotation is out of range, or a file name leads out of the folder.
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
  const readFile = check.callable('readFile', options.readFile);
  const { imageSize, labelSize = imageSize } = options;
  check.shape('imageSize', imageSize, 2);
  check.shape('labelSize', labelSize, 2);
  const categoryOf = check.callable('categoryOf', options.categoryOf ?? (() => 'object'));
  for (const name of ['images', 'categories', 'annotations'] as const) {
    const list = annotations?.[name];
    // Spread, so that holes are looked at, too.
    const isList = Array.isArray(list) && [...list].every((each) => typeof each === 'object' && each !== null);
    if (!isList) check.fail('type', `annotations.${name}`, 'a list of objects', list);
  }
  const { images } = annotations;
  for (const [index, { file_name, width, height }] of images.entries()) {
    checkPath(check, `annotations.images[${index}].file_name`, file_name);
    check.shape(`annotations.images[${index}] height and width`, [height, width]);
  }
  const concepts = annotations.categories.map((category, index) => ({
    number: check.number(`annotations.categories[${index}].id`, category.id, { integer: true, min: 1, max: 65535 }),
    name: category.name,
    category: categoryOf(category),
  }));
  const conceptOf = new Map(concepts.map((concept) => [concept.number, concept]));
  if (conceptOf.size < concepts.length)
    check.fail('range', 'annotations.categories', 'of different ids', [...conceptOf.keys()]);
  const regions = restoring(check, 'annotations', () => regionsByImage(check, annotations, new Set(conceptOf.keys())));
  const imageOf = (index: number) =>
    images[check.number('index', index, { integer: true, min: 0, max: images.length - 1 })]!;

  const readLabels = async (index: number) => {
    const { id, file_name, width, height } = imageOf(index);
    const found = (regions.get(id) ?? []).map(({ label, covers }) => {
      const mask = rasterize(covers, [height, width], labelSize);
      return { label, mask, area: mask.reduce((sum, covered) => sum + covered, 0) };
    });
    // Smaller ones are on top; the order of equal ones is that of the file.
    found.sort((a, b) => a.area - b.area);
    const maps = [...new Set(concepts.map(({ category }) => category))].flatMap((category) =>
      stack(
        category,
        found.filter(({ label }) => conceptOf.get(label)!.category === category),
        labelSize,
      ),
    );
    return { name: file_name, maps, imageLabels: [] };
  };
  return {
    concepts,
    categories: [...new Set(concepts.map(({ category }) => category))],
    imageSize,
    labelSize,
    count: images.length,
    readLabels,
    read: async (index) => {
      const { file_name: path, width, height } = imageOf(index);
      const decoded = decodeImage(check, path, await readFile(path));
      if (decoded.width !== width || decoded.height !== height) {
        check.fail(
          'range',
          path,
          `an image of ${width} x ${height}, as annotated`,
          `${decoded.width} x ${decoded.height}`,
        );
      }
      const pixels = resizeImage(decoded.pixels, [height, width], imageSize);
      return { ...(await readLabels(index)), pixels, height: imageSize[0], width: imageSize[1] };
    },
  };
}

/** Whether a region covers a point, in pixels of the image. */
type Covers = (x: number, y: number) => boolean;

function regionsByImage(
  check: Check,
  { images, annotations }: CocoAnnotations,
  labels: ReadonlySet<number>,
): Map<number, { label: number; covers: Covers }[]> {
  const imageOf = new Map(images.map((image) => [image.id, image]));
  const regions = new Map<number, { label: number; covers: Covers }[]>();
  for (const [index, { image_id, category_id, segmentation }] of annotations.entries()) {
    const where = `annotations.annotations[${index}]`;
    const image = imageOf.get(image_id) ?? check.fail('range', `${where}.image_id`, 'the id of an image', image_id);
    if (!labels.has(category_id)) check.fail('range', `${where}.category_id`, 'the id of a category', category_id);
    const covers = coversOf(check, `${where}.segmentation`, segmentation, [image.height, image.width]);
    const ofImage = regions.get(image_id) ?? [];
    regions.set(image_id, ofImage);
    ofImage.push({ label: category_id, covers });
  }
  return regions;
}

function coversOf(
  check: Check,
  where: string,
  segmentation: CocoAnnotation['segmentation'],
  [height, width]: readonly [number, number],
): Covers {
  if ('counts' in segmentation) {
    const { counts, size } = segmentation;
    if (size?.[0] !== height || size[1] !== width) check.fail('range', `${where}.size`, `[${height}, ${width}]`, size);
    const runs = typeof counts === 'string' ? unpackRunLengths(counts) : counts;
    const total = runs.reduce((sum, run) => sum + run, 0);
    if (total !== height * width || runs.some((run) => !(run >= 0))) {
      check.fail('range', `${where}.counts`, `runs that add up to ${height * width}`, total);
    }
    let mask: Uint8Array | undefined;
    return (x, y) => {
      mask ??= maskOfRunLengths(runs, height, width);
      return mask[Math.floor(y) * width + Math.floor(x)] === 1;
    };
  }
  if (!Array.isArray(segmentation)) check.fail('type', where, 'polygons or run lengths', segmentation);
  const shapes = segmentation.map((numbers, index) => {
    const isPolygon = Array.isArray(numbers) && numbers.length % 2 === 0 && numbers.every(Number.isFinite);
    if (!isPolygon || numbers.length < 6)
      check.fail('range', `${where}[${index}]`, 'x and y of three corners or more', numbers);
    const corners = Array.from({ length: numbers.length / 2 }, (_, corner): [number, number] => [
      numbers[2 * corner]!,
      numbers[2 * corner + 1]!,
    ]);
    return { polygon: corners };
  });
  return (x, y) => shapes.some((shape) => isInside(shape, x, y));
}

function rasterize(
  covers: Covers,
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const y = ((row + 0.5) * height) / rows;
    for (let column = 0; column < columns; column++) {
      if (covers(((column + 0.5) * width) / columns, y)) mask[row * columns + column] = 1;
    }
  }
  return mask;
}

/** As many maps as labels overlap: each label goes to the first map that is free at the pixel, and only once. */
function stack(
  category: string,
  regions: readonly { label: number; mask: Uint8Array }[],
  [rows, columns]: readonly [number, number],
): ConceptMap[] {
  const maps: ConceptMap[] = [];
  for (const { label, mask } of regions) {
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
