import { type Check, checker, createRandom, requireSavedState, restoring } from '@cnnviz/internal';
import { checkImageConcepts } from '../data/check-concept-data.ts';
import type { Concept, ImageConcepts } from '../data/concepts.ts';
import {
  clearShared,
  countShared,
  type ImageSlots,
  type LabelSlots,
  labelSlots,
  type RepeatedLabels,
} from '../data/label-slots.ts';
import { requireList } from '../data/require-lists.ts';
import { countsOfText, textOfCounts } from './counts-text.ts';
import { DissectionTally, iouOf } from './dissection-tally.ts';
import { requireMasks, type UnitMasks } from './unit-masks.ts';

/** Options of `ChanceTally`. */
export interface ChanceTallyOptions {
  /** Units of the layer. */
  units: number;
  /** Those of `ConceptData`. */
  concepts: readonly Concept[];
  /** Those of `ConceptData`. */
  categories: readonly string[];
  /** `[height, width]` of the label maps. */
  labelSize: readonly [height: number, width: number];
  /** How often labels are exchanged. Takes 4 · permutations · units · concepts bytes. Default: 99. */
  permutations?: number;
  /** Seed of the exchanges, a whole number >= 0. Default: 0. */
  seed?: number;
  /** How repeated labels count, as in `DissectionTally`. Default: `once`. */
  repeatedLabels?: RepeatedLabels;
}

/** One image: where units fire, and what is labeled. */
export interface LabeledMasks {
  /** Index of the image among all. */
  image: number;
  concepts: ImageConcepts;
  masks: UnitMasks;
}

/** A saved tally. Plain JSON. */
export interface ChanceTallyState {
  kind: 'ChanceTally';
  version: 1;
  options: Required<ChanceTallyOptions>;
  images: number;
  /** Pixels of all labels, which no count exceeds. */
  pixels: number;
  /** `[units, concepts, permutations]`: 32-bit whole numbers in base64. */
  intersection: string;
}

const format = { kind: 'ChanceTally', version: 1 } as const;

const check: Check = checker('@cnnviz/dissect', 'ChanceTally');

/**
 * Counts where the masks of units agree with labels by chance, by comparing them with the labels of other images.
 *
 * The images of a group exchange their labels at random with others that carry concepts of the same primary categories. This
 * changes neither the number of pixels of a concept nor the number of pixels of a unit that count for its category, only how
 * many of them coincide, and so the IoU. If a unit's masks have nothing to do with the labels, every exchange is as likely as
 * the true assignment, whatever the groups are. In larger and more varied groups, fewer images keep their own labels.
 *
 * All counts are sums, and the exchanges of a group depend only on the seed and its images. Tallies of groups, merged in any
 * order, equal the tally of all.
 *
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005, https://doi.org/10.1007/b138696,
 *   chapter 3.
 *
 * @example
 * import { ChanceTally, DissectionTally } from '@cnnviz/dissect';
 *
 * const concepts = [{ number: 1, name: 'sky', category: 'object' }];
 * const options = { units: 1, concepts, categories: ['object'], labelSize: [1, 3] } as const;
 * const chance = new ChanceTally({ ...options, permutations: 99, seed: 0 });
 * const tally = new DissectionTally(options);
 * const group = [0, 1, 2].map((image) => ({
 *   image,
 *   concepts: { name: `${image}`, maps: [{ category: 'object', labels: new Uint16Array(3).fill(1, image, image + 1) }], imageLabels: [] },
 *   masks: { units: 1, starts: Uint32Array.of(0, 1), pixels: Uint32Array.of(image) },
 * }));
 * chance.add(group);
 * for (const { image, concepts, masks } of group) tally.add(image, concepts, masks);
 * tally.result()[0]?.best?.iou; // 1
 * chance.result(tally)[0]; // 99 numbers: 1 if by chance every image kept its labels, else 0.2 or 0
 */
export class ChanceTally {
  readonly #options: Required<ChanceTallyOptions>;
  readonly #slots: LabelSlots;
  readonly #intersection: Uint32Array;
  readonly #firstSeed: number;
  #images = 0;
  #pixels = 0;

  constructor(options: ChanceTallyOptions) {
    check.options(options);
    const units = check.number('units', options.units, { integer: true, min: 1 });
    const permutations = check.number('permutations', options.permutations ?? 99, { integer: true, min: 1 });
    const seed = check.seed('seed', options.seed ?? 0);
    const { labelSize } = options;
    this.#slots = labelSlots(check, options);
    const { concepts, categories, repeatedLabels } = this.#slots;
    this.#options = { units, concepts, categories, labelSize, permutations, seed, repeatedLabels };
    this.#intersection = new Uint32Array(units * concepts.length * permutations);
    this.#firstSeed = createRandom(seed).integer(2 ** 32);
  }

  /** Resumes from what `state()` gave. */
  static from(state: ChanceTallyState): ChanceTally {
    requireSavedState(check, state, format, 'state');
    return restoring(check, 'state', () => {
      const counts = countsOfText(state.intersection);
      const { units, concepts, permutations } = state.options;
      // Before room is made for as many.
      const expected = units * concepts.length * permutations;
      if (counts.length !== expected)
        check.failBecause('state', `intersection must have ${expected} counts, got ${counts.length}`);
      const tally = new ChanceTally(state.options);
      tally.#take(state, counts);
      return tally;
    });
  }

  /** All options, with defaults filled in. */
  get options(): Readonly<Required<ChanceTallyOptions>> {
    return this.#options;
  }

  /** How many images were added. */
  get images(): number {
    return this.#images;
  }

  /**
   * Exchanges labels within a group of images, in any order. A group should have dozens of images or more: a single one has
   * nothing to exchange.
   */
  add(group: readonly LabeledMasks[]): void {
    const { units } = this.#options;
    requireList(check, 'group', group);
    const labeled = group.map(({ image, concepts, masks }): Labeled => {
      check.number('image', image, { integer: true, min: 0 });
      checkImageConcepts(check, concepts, image);
      requireMasks(check, masks, units, this.#options.labelSize);
      return { image, masks, slots: this.#slots.of(concepts) };
    });
    this.#addPixels(labeled.reduce((sum, { slots }) => sum + this.#pixelsOf(slots), 0));
    const alike = new Map<string, Labeled[]>();
    for (const each of labeled.sort((a, b) => a.image - b.image)) {
      const kind = kindOf(each.slots);
      alike.set(kind, [...(alike.get(kind) ?? []), each]);
    }
    for (const images of alike.values()) this.#exchange(images);
    this.#images += group.length;
  }

  #exchange(images: readonly Labeled[]): void {
    if (images[0]!.slots.present.length === 0) return;
    const random = createRandom(this.#firstSeed + images[0]!.image);
    const indices = [...images.keys()];
    /** For each image and each other one, the permutations that give it the labels of that one. */
    const exchanges = indices.map(() => indices.map((): number[] => []));
    for (let permutation = 0; permutation < this.#options.permutations; permutation++) {
      random.permutation(images.length).forEach((other, index) => {
        exchanges[index]![other]!.push(permutation);
      });
    }
    const shared = new Uint32Array(this.#options.concepts.length + 1);
    for (const index of indices) {
      for (const other of indices) {
        const permutations = exchanges[index]![other]!;
        if (permutations.length > 0) this.#addPair(images[index]!.masks, images[other]!.slots, permutations, shared);
      }
    }
  }

  #addPair(masks: UnitMasks, slots: ImageSlots, permutations: readonly number[], shared: Uint32Array): void {
    const { units, concepts, permutations: count } = this.#options;
    for (let unit = 0; unit < units; unit++) {
      const [start, end] = [masks.starts[unit]!, masks.starts[unit + 1]!];
      if (start === end) continue;
      countShared(masks.pixels, start, end, slots, shared);
      for (const slot of slots.present) {
        const pixels = shared[slot]!;
        if (pixels === 0) continue;
        const first = (unit * concepts.length + slot - 1) * count;
        for (const permutation of permutations) this.#intersection[first + permutation]! += pixels;
      }
      clearShared(slots, shared);
    }
  }

  /** Adds the counts of another tally with the same options and other images. */
  merge(other: ChanceTally): void {
    if (!(other instanceof ChanceTally)) check.fail('type', 'other', 'a ChanceTally', other);
    this.#take({ options: other.#options, images: other.#images, pixels: other.#pixels }, other.#intersection);
  }

  #take(
    { options, images, pixels }: Pick<ChanceTallyState, 'options' | 'images' | 'pixels'>,
    intersection: Uint32Array,
  ): void {
    const names = ['units', 'concepts', 'categories', 'labelSize', 'permutations', 'seed', 'repeatedLabels'] as const;
    for (const name of names) {
      if (JSON.stringify(options[name]) !== JSON.stringify(this.#options[name])) {
        check.failBecause('state', `cannot merge tallies with different ${name}`);
      }
    }
    if (intersection.length !== this.#intersection.length) {
      check.failBecause(
        'state',
        `intersection must have ${this.#intersection.length} counts, got ${intersection.length}`,
      );
    }
    this.#addPixels(check.number('pixels', pixels, { integer: true, min: 0 }));
    for (let index = 0; index < intersection.length; index++) this.#intersection[index]! += intersection[index]!;
    this.#images += check.number('images', images, { integer: true, min: 0 });
  }

  /**
   * Returns the best IoU of each unit over all concepts in each permutation: `[units][permutations]`.
   *
   * @param tally The tally of the same images with their own labels.
   */
  result(tally: DissectionTally): number[][] {
    const { units, concepts, permutations } = this.#options;
    if (!(tally instanceof DissectionTally)) check.fail('type', 'tally', 'a DissectionTally', tally);
    if (tally.images !== this.#images) {
      check.failBecause('state', `tally must have the same ${this.#images} images, got ${tally.images}`);
    }
    const { repeatedLabels } = tally.options;
    if (repeatedLabels !== this.#options.repeatedLabels) {
      check.failBecause(
        'state',
        `tally must have repeatedLabels ${this.#options.repeatedLabels}, got ${repeatedLabels}`,
      );
    }
    return Array.from({ length: units }, (_, unit) => {
      const best = new Array<number>(permutations).fill(0);
      concepts.forEach(({ number }, concept) => {
        const { truth, activation } = tally.match(unit, number);
        const first = (unit * concepts.length + concept) * permutations;
        for (let permutation = 0; permutation < permutations; permutation++) {
          const intersection = this.#intersection[first + permutation]!;
          const iou = iouOf({ truth, activation, intersection });
          if (iou > best[permutation]!) best[permutation] = iou;
        }
      });
      return best;
    });
  }

  /** Returns all counts, as plain JSON. The same for the same groups in any order. */
  state(): ChanceTallyState {
    return {
      ...format,
      options: structuredClone(this.#options),
      images: this.#images,
      pixels: this.#pixels,
      intersection: textOfCounts(this.#intersection),
    };
  }

  #pixelsOf({ maps, image }: ImageSlots): number {
    const [height, width] = this.#options.labelSize;
    return (maps.length + image.length) * height * width;
  }

  #addPixels(pixels: number): void {
    if (this.#pixels + pixels >= 2 ** 32) check.failBecause('state', 'cannot count labels of more than 2^32 pixels');
    this.#pixels += pixels;
  }
}

interface Labeled {
  image: number;
  masks: UnitMasks;
  slots: ImageSlots;
}

/** Images of the same kind carry concepts of the same primary categories. */
export function kindOf({ isPresent }: ImageSlots): string {
  return isPresent.map(Number).join('');
}
