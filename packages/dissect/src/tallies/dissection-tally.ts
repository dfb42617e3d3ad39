import { type Check, checker, requireSavedState, restoring } from '@cnnviz/internal';
import { checkImageConcepts } from '../data/check-concept-data.ts';
import type { Concept, ImageConcepts } from '../data/concepts.ts';
import { clearShared, countShared, type LabelSlots, labelSlots, type RepeatedLabels } from '../data/label-slots.ts';
import { requireMasks, type UnitMasks } from './unit-masks.ts';

/** Options of `DissectionTally`. */
export interface DissectionTallyOptions {
  /** Units of the layer. */
  units: number;
  /** Those of `ConceptData`. */
  concepts: readonly Concept[];
  /** Those of `ConceptData`. */
  categories: readonly string[];
  /** `[height, width]` of the label maps. */
  labelSize: readonly [height: number, width: number];
  /**
   * Whether the counts of each image are kept besides their sums, for intervals over images. Takes some kilobytes per image:
   * about 20 for SqueezeNet's last 512 units on photographs with two label maps. Default: false.
   */
  keepImages?: boolean;
  /**
   * How a pixel counts that carries a concept more than once: in several maps, or in a map and by a label of the whole image.
   * `once`, or `netdissect`: as often as it carries the concept, like NetDissect, which can give an IoU above 1. Default:
   * `once`.
   */
  repeatedLabels?: RepeatedLabels;
}

/** The pixel counts of one image, for the concepts and units that have pixels on it. */
export interface ImageCounts {
  /** Index of the image. */
  image: number;
  /** Numbers of the image's concepts, in the order of all concepts. */
  labels: number[];
  /** How many pixels carry each of them. */
  truth: number[];
  /** Units that fire, rising. */
  units: number[];
  /** On how many pixels each of them fires. */
  activation: number[];
  /** Pixels that unit `units[u]` and concept `labels[l]` share: `[units, labels]`, row by row. */
  intersection: number[];
}

/** A saved tally. Plain JSON. */
export interface DissectionTallyState {
  kind: 'DissectionTally';
  version: 1;
  options: Required<DissectionTallyOptions>;
  images: number;
  /** Pixels of each concept, in the order of the options. */
  truth: number[];
  /** `[units, categories]`. */
  activation: number[];
  /** `[units, concepts]`. */
  intersection: number[];
  imageCounts: ImageCounts[];
}

/** How well a unit's masks fit a concept, in pixels over the data set. */
export interface ConceptMatch {
  concept: Concept;
  /** Pixels that carry the concept. */
  truth: number;
  /** Pixels where the unit fires, on images that carry a concept of the same primary category. */
  activation: number;
  /** Pixels that do both. */
  intersection: number;
  /** intersection / (truth + activation - intersection), 0 for 0 / 0; at most 1 if pixels count once. */
  iou: number;
}

/** What a unit detects. */
export interface UnitMatches {
  /** Index of the unit. */
  unit: number;
  /** The best concept of all; null if the unit shares no pixel with any. */
  best: ConceptMatch | null;
  /** Whether the best IoU is above the limit. */
  isDetector: boolean;
  /** The best concept of each category that has one sharing a pixel with the unit, in the order of the categories. */
  byCategory: ConceptMatch[];
}

const format = { kind: 'DissectionTally', version: 1 } as const;

const check: Check = checker('@cnnviz/dissect', 'DissectionTally');

/**
 * Counts where the masks of units and the labels of images agree.
 *
 * A label of a whole image counts for all of its pixels; 0 is no label. A pixel that carries a concept more than once counts
 * once for it unless `repeatedLabels` says otherwise; NetDissect counts it as often as it carries the concept. The IoU of unit
 * u and concept l is t / (a + g - t), where t is the number of pixels that both have, g the number of pixels of l, and a the
 * number of pixels where u fires on images that carry any concept of the primary category of l. NetDissect keeps 2048 counts
 * per image; here nothing is left out.
 *
 * All counts are sums. Tallies of parts of the data, merged in any order, equal the tally of the whole.
 *
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { DissectionTally } from '@cnnviz/dissect';
 *
 * const concepts = [{ number: 1, name: 'sky', category: 'object' }];
 * const tally = new DissectionTally({ units: 1, concepts, categories: ['object'], labelSize: [2, 2] });
 * const labels = { name: 'a.jpg', maps: [{ category: 'object', labels: Uint16Array.of(1, 1, 0, 0) }], imageLabels: [] };
 * const masks = { units: 1, starts: Uint32Array.of(0, 3), pixels: Uint32Array.of(0, 1, 2) };
 * tally.add(0, labels, masks);
 * tally.result()[0]?.best?.iou; // 2 / 3
 */
export class DissectionTally {
  readonly #options: Required<DissectionTallyOptions>;
  readonly #slots: LabelSlots;
  readonly #truth: Float64Array;
  readonly #activation: Float64Array;
  readonly #intersection: Float64Array;
  readonly #imageCounts = new Map<number, ImageCounts>();
  #images = 0;

  constructor(options: DissectionTallyOptions) {
    check.options(options);
    const units = check.number('units', options.units, { integer: true, min: 1 });
    const keepImages = check.boolean('keepImages', options.keepImages ?? false);
    this.#slots = labelSlots(check, options);
    const { concepts, categories, repeatedLabels } = this.#slots;
    this.#options = { units, concepts, categories, labelSize: options.labelSize, keepImages, repeatedLabels };
    this.#truth = new Float64Array(concepts.length);
    this.#activation = new Float64Array(units * categories.length);
    this.#intersection = new Float64Array(units * concepts.length);
  }

  /** Resumes from what `state()` gave. */
  static from(state: DissectionTallyState): DissectionTally {
    requireSavedState(check, state, format, 'state');
    return restoring(check, 'state', () => {
      const { units, concepts } = state.options;
      // Before room is made for as many.
      requireCounts(state.intersection, units * concepts.length, 'intersection');
      const tally = new DissectionTally(state.options);
      tally.#take(state);
      return tally;
    });
  }

  /** All options, with defaults filled in. */
  get options(): Readonly<Required<DissectionTallyOptions>> {
    return this.#options;
  }

  /** How many images were added. */
  get images(): number {
    return this.#images;
  }

  /** The counts of each image in the order of their indices; empty without `keepImages`. */
  get imageCounts(): ImageCounts[] {
    return [...this.#imageCounts.values()].sort((a, b) => a.image - b.image);
  }

  /**
   * Counts one image.
   *
   * @param image Its index among all images.
   */
  add(image: number, concepts: ImageConcepts, masks: UnitMasks): void {
    const { units, keepImages } = this.#options;
    check.number('image', image, { integer: true, min: 0 });
    checkImageConcepts(check, concepts, image);
    requireMasks(check, masks, units, this.#options.labelSize);
    if (this.#imageCounts.has(image)) check.failBecause('state', `image ${image} was already added`);
    const slots = this.#slots.of(concepts);
    const { present, truth, isPresent } = slots;

    const conceptCount = this.#truth.length;
    const categoryCount = isPresent.length;
    const kept: ImageCounts = {
      image,
      labels: present.map((slot) => this.#options.concepts[slot - 1]!.number),
      truth: present.map((slot) => truth[slot]!),
      units: [],
      activation: [],
      intersection: [],
    };
    for (const slot of present) this.#truth[slot - 1]! += truth[slot]!;

    const { pixels } = masks;
    const shared = new Uint32Array(conceptCount + 1);
    for (let unit = 0; unit < units; unit++) {
      const [start, end] = [masks.starts[unit]!, masks.starts[unit + 1]!];
      if (start === end) continue;
      const fired = end - start;
      countShared(pixels, start, end, slots, shared);
      for (let category = 0; category < categoryCount; category++) {
        if (isPresent[category]) this.#activation[unit * categoryCount + category]! += fired;
      }
      for (const slot of present) this.#intersection[unit * conceptCount + slot - 1]! += shared[slot]!;
      if (keepImages) {
        kept.units.push(unit);
        kept.activation.push(fired);
        for (const slot of present) kept.intersection.push(shared[slot]!);
      }
      clearShared(slots, shared);
    }
    this.#images++;
    if (keepImages) this.#imageCounts.set(image, kept);
  }

  /** Adds the counts of another tally with the same options and other images. */
  merge(other: DissectionTally): void {
    if (!(other instanceof DissectionTally)) check.fail('type', 'other', 'a DissectionTally', other);
    this.#take(other.state());
  }

  #take(state: DissectionTallyState): void {
    const names = ['units', 'concepts', 'categories', 'labelSize', 'keepImages', 'repeatedLabels'] as const;
    for (const name of names) {
      if (JSON.stringify(state.options[name]) !== JSON.stringify(this.#options[name])) {
        check.failBecause('state', `cannot merge tallies with different ${name}`);
      }
    }
    for (const { image } of state.imageCounts) {
      if (this.#imageCounts.has(image)) check.failBecause('state', `image ${image} is in both tallies`);
    }
    addTo(this.#truth, state.truth, 'truth');
    addTo(this.#activation, state.activation, 'activation');
    addTo(this.#intersection, state.intersection, 'intersection');
    this.#images += check.number('images', state.images, { integer: true, min: 0 });
    for (const counts of state.imageCounts) this.#imageCounts.set(counts.image, counts);
  }

  /**
   * Returns what each unit detects by what was added so far. If IoUs are equal, the first concept of a category and the last
   * category win, as in NetDissect.
   *
   * @param options `iouLimit`: a unit is a detector if its best IoU is above this. Default: 0.04, as in the paper.
   */
  result(options: { iouLimit?: number } = {}): UnitMatches[] {
    const { iouLimit = 0.04 } = check.options(options);
    check.number('iouLimit', iouLimit, { min: 0, max: 1 });
    return Array.from({ length: this.#options.units }, (_, unit) => {
      const bestOf: (ConceptMatch | undefined)[] = this.#options.categories.map(() => undefined);
      for (let concept = 0; concept < this.#truth.length; concept++) {
        const match = this.match(unit, this.#options.concepts[concept]!.number);
        const category = this.#slots.categoryOf[concept + 1]!;
        if (match.iou > (bestOf[category]?.iou ?? 0)) bestOf[category] = match;
      }
      const byCategory = bestOf.filter((match) => match !== undefined);
      const best = byCategory.reduce<ConceptMatch | null>(
        (best, match) => (best === null || match.iou >= best.iou ? match : best),
        null,
      );
      return { unit, best, isDetector: best !== null && best.iou > iouLimit, byCategory };
    });
  }

  /**
   * Returns how well a unit fits a concept.
   *
   * @param label Number of the concept.
   */
  match(unit: number, label: number): ConceptMatch {
    const { units, concepts } = this.#options;
    check.number('unit', unit, { integer: true, min: 0, max: units - 1 });
    if (typeof label !== 'number') check.fail('type', 'label', 'the number of a concept', label);
    const slot = this.#slots.slotOf(label, 'label');
    if (slot === 0) check.fail('range', 'label', 'the number of a concept', label);
    const truth = this.#truth[slot - 1]!;
    const activation = this.#activation[unit * this.#options.categories.length + this.#slots.categoryOf[slot]!]!;
    const intersection = this.#intersection[unit * concepts.length + slot - 1]!;
    const iou = iouOf({ truth, activation, intersection });
    return { concept: concepts[slot - 1]!, truth, activation, intersection, iou };
  }

  /** Returns all counts, as plain JSON. The same for the same images in any order. */
  state(): DissectionTallyState {
    return {
      ...format,
      options: structuredClone(this.#options),
      images: this.#images,
      truth: [...this.#truth],
      activation: [...this.#activation],
      intersection: [...this.#intersection],
      imageCounts: this.imageCounts,
    };
  }
}

/**
 * Computes the intersection over union of pixel counts.
 *
 * @param counts Pixels of the concept, pixels of the unit, and pixels that both share.
 * @returns intersection / (truth + activation - intersection); 0 if there are no pixels.
 * @throws RangeError if a count is negative.
 * @throws TypeError if a count is no number.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   2.2.
 *
 * @example
 * import { intersectionOverUnion } from '@cnnviz/dissect';
 *
 * intersectionOverUnion({ truth: 4, activation: 3, intersection: 2 }); // 0.4
 */
export function intersectionOverUnion(counts: { truth: number; activation: number; intersection: number }): number {
  const check = checker('@cnnviz/dissect', 'intersectionOverUnion');
  const { truth, activation, intersection } = check.options(counts, 'counts');
  check.number('counts.truth', truth, { min: 0 });
  check.number('counts.activation', activation, { min: 0 });
  check.number('counts.intersection', intersection, { min: 0 });
  return iouOf(counts);
}

/** `intersectionOverUnion` without checks. */
export function iouOf(counts: { truth: number; activation: number; intersection: number }): number {
  const union = counts.truth + counts.activation - counts.intersection;
  return union === 0 ? 0 : counts.intersection / union;
}

function addTo(sums: Float64Array, counts: readonly number[], name: string): void {
  requireCounts(counts, sums.length, name);
  counts.forEach((count, index) => {
    sums[index]! += check.number(name, count, { integer: true, min: 0 });
  });
}

function requireCounts(counts: readonly number[], expected: number, name: string): void {
  if (counts?.length === expected) return;
  check.failBecause('state', `${name} must have ${expected} counts, got ${counts?.length}`);
}
