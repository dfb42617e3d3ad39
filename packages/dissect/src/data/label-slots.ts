import { type Check, isA } from '@cnnviz/internal';
import type { Concept, ImageConcepts } from './concepts.ts';
import { requireList } from './require-lists.ts';

/** The labels of one image as slots: 1 + the index of the concept, 0 for none. */
export interface ImageSlots {
  /** One a label map, a slot a pixel. */
  maps: Uint16Array[];
  /** Slots that the whole image has. */
  image: number[];
  /** Slots that any pixel has, rising. */
  present: number[];
  /** For each slot, how many pixels have it. */
  truth: Uint32Array;
  /** For each category, whether a concept of it is present. */
  isPresent: boolean[];
}

/** How often a pixel counts that carries a concept in several maps, or in a map and as its whole image does. */
export type RepeatedLabels = 'once' | 'netdissect';

export interface LabelSlotsOptions {
  concepts: readonly Concept[];
  categories: readonly string[];
  labelSize: readonly [height: number, width: number];
  repeatedLabels?: RepeatedLabels | undefined;
}

export interface LabelSlots {
  concepts: Concept[];
  categories: string[];
  repeatedLabels: RepeatedLabels;
  /** For each slot, the index of the primary category of its concept. */
  categoryOf: Uint8Array;
  /** The slot of a number; `where` is for the error if it is no concept's. */
  slotOf(label: number, where: string): number;
  /** The slots of an image. */
  of(image: ImageConcepts): ImageSlots;
}

/** Checks concepts, and gives each a place in tables, so that labels of images can be counted. */
export function labelSlots(check: Check, options: LabelSlotsOptions): LabelSlots {
  const { concepts, categories } = checkConcepts(check, options);
  const [height, width] = check.shape('labelSize', options.labelSize, 2);
  const repeatedLabels = checkRepeatedLabels(check, options.repeatedLabels);
  const slots = new Uint16Array(65536);
  const categoryOf = new Uint8Array(concepts.length + 1);
  concepts.forEach(({ number, category }, index) => {
    slots[number] = index + 1;
    categoryOf[index + 1] = categories.indexOf(category);
  });

  const slotOf = (label: number, where: string): number => {
    const slot = slots[label] ?? 0;
    if (label !== 0 && slot === 0) check.fail('range', where, '0 or numbers of concepts', label);
    return slot;
  };
  const slotsOf = (labels: Uint16Array, where: string): Uint16Array => {
    if (!isA('Uint16Array', labels)) check.fail('type', where, 'a Uint16Array', labels);
    if (labels.length !== height * width) check.fail('range', where, `${height} x ${width} labels`, labels);
    const found = new Uint16Array(labels.length);
    for (let pixel = 0; pixel < labels.length; pixel++) {
      const label = labels[pixel]!;
      const slot = slots[label]!;
      if (slot === 0 && label !== 0) slotOf(label, where);
      found[pixel] = slot;
    }
    return found;
  };
  const of = ({ name, maps, imageLabels }: ImageConcepts): ImageSlots => {
    const all = {
      maps: maps.map(({ labels }, map) => slotsOf(labels, `map ${map} of ${name}`)),
      image: imageLabels.map(({ label }) => slotOf(label, `the labels of ${name}`)),
    };
    const { maps: slotMaps, image } = repeatedLabels === 'once' ? withoutRepeats(all) : all;
    const truth = new Uint32Array(concepts.length + 1);
    for (const slots of slotMaps) for (let pixel = 0; pixel < slots.length; pixel++) truth[slots[pixel]!]!++;
    for (const slot of image) truth[slot]! += height * width;
    truth[0] = 0;
    const present: number[] = [];
    const isPresent = categories.map(() => false);
    truth.forEach((pixels, slot) => {
      if (pixels === 0) return;
      present.push(slot);
      isPresent[categoryOf[slot]!] = true;
    });
    return { maps: slotMaps, image, present, truth, isPresent };
  };
  return { concepts, categories, repeatedLabels, categoryOf, slotOf, of };
}

function checkRepeatedLabels(check: Check, value: RepeatedLabels | undefined): RepeatedLabels {
  return check.oneOf('repeatedLabels', value ?? 'once', ['once', 'netdissect']);
}

/** The labels of an image, each at most once at a pixel: where a label comes again, it is 0 in a map, or left out. */
export function withoutRepeats({
  maps,
  image,
}: Pick<ImageSlots, 'maps' | 'image'>): Pick<ImageSlots, 'maps' | 'image'> {
  const whole = new Set(image);
  const own = maps.map((map, index) => {
    const before = maps.slice(0, index);
    if (whole.size === 0 && before.length === 0) return map;
    return map.map((label, pixel) => (whole.has(label) || before.some((other) => other[pixel] === label) ? 0 : label));
  });
  return { maps: own, image: [...whole] };
}

/**
 * Counts into `shared`, a number a slot and all 0, at how many of `pixels` each slot is. `clearShared` makes it 0 again.
 */
export function countShared(
  pixels: Uint32Array,
  start: number,
  end: number,
  slots: ImageSlots,
  shared: Uint32Array,
): void {
  for (const map of slots.maps) for (let index = start; index < end; index++) shared[map[pixels[index]!]!]!++;
  for (const slot of slots.image) shared[slot]! += end - start;
}

export function clearShared({ present }: ImageSlots, shared: Uint32Array): void {
  shared[0] = 0;
  for (const slot of present) shared[slot] = 0;
}

function checkConcepts(check: Check, { concepts, categories }: LabelSlotsOptions) {
  if (!Array.isArray(categories) || categories.length === 0 || categories.length > 255) {
    return check.fail('range', 'categories', '1 to 255 names', categories);
  }
  if (new Set(categories).size !== categories.length) check.fail('range', 'categories', 'different names', categories);
  if (!Array.isArray(concepts) || concepts.length === 0) check.fail('type', 'concepts', 'a list of concepts', concepts);
  requireList(check, 'concepts', concepts);
  const numbers = new Set<number>();
  for (const { number, name, category } of concepts as readonly Concept[]) {
    if (typeof name !== 'string') check.fail('type', 'the name of a concept', 'a text', name);
    check.number(`the number of concept ${JSON.stringify(name)}`, number, { integer: true, min: 1, max: 65535 });
    if (numbers.has(number)) check.failBecause('range', `two concepts have the number ${number}`);
    numbers.add(number);
    check.oneOf(`the category of concept ${JSON.stringify(name)}`, category, categories as readonly string[]);
  }
  return {
    categories: [...(categories as readonly string[])],
    concepts: (concepts as readonly Concept[]).map(({ number, name, category }) => ({ number, name, category })),
  };
}
