import { runsOfPixels } from './mask-runs.ts';
import {
  type TopActivation,
  type TopActivations,
  type TopActivationsState,
  TopActivationsTally,
  type TopActivationsTallyOptions,
} from './top-activations-tally.ts';
import type { UnitMasks } from './unit-masks.ts';

/** An image that drives a unit, and where the unit fires on it. */
export interface TopImage extends TopActivation {
  /**
   * The unit's mask at the resolution of the labels, as run lengths: row by row, outside and inside by turns, the first run
   * outside. `maskOfRuns` decodes it.
   */
  mask: number[];
}

/** Saved top images: a part of `DissectionState`. Plain JSON. */
export interface TopImagesState {
  top: TopActivationsState;
  /** The masks that are known so far. */
  masks: { unit: number; image: number; mask: number[] }[];
}

/** Collects the images that drive the units of a layer most: first among activations, then their masks. */
export class TopImages {
  readonly #tally: TopActivationsTally;
  /** For each image, the units that it is a top image of; made when the first masks come. */
  #unitsOf: Map<number, number[]> | null = null;
  readonly #masks: Map<number, number[]>[];

  constructor(options: TopActivationsTallyOptions | TopActivationsTally) {
    this.#tally = options instanceof TopActivationsTally ? options : new TopActivationsTally(options);
    this.#masks = Array.from({ length: this.#tally.units }, () => new Map());
  }

  /** Resumes from what `state()` gave. */
  static from({ top, masks }: TopImagesState): TopImages {
    const images = new TopImages(TopActivationsTally.from(top));
    for (const { unit, image, mask } of masks) images.#masks[unit]!.set(image, mask);
    return images;
  }

  /** Adds the maps of one image, like `TopActivationsTally.add`. */
  add(...image: Parameters<TopActivationsTally['add']>): void {
    this.#tally.add(...image);
  }

  /** Keeps the masks of those units that the image is a top image of, once all images were added. */
  addMasks(image: number, masks: UnitMasks, [height, width]: readonly [number, number]): void {
    this.#unitsOf ??= unitsOfImages(this.#tally.result());
    for (const unit of this.#unitsOf.get(image) ?? []) {
      const inside = masks.pixels.subarray(masks.starts[unit]!, masks.starts[unit + 1]!);
      this.#masks[unit]!.set(image, runsOfPixels(inside, height * width));
    }
  }

  /** The top images of each unit, strongest first. */
  result(): TopImage[][] {
    return this.#tally
      .result()
      .units.map((records, unit) =>
        records.map((record) => ({ ...record, mask: this.#masks[unit]!.get(record.image) ?? [] })),
      );
  }

  state(): TopImagesState {
    const masks = this.#masks.flatMap((ofUnit, unit) =>
      Array.from(ofUnit, ([image, mask]) => ({ unit, image, mask: [...mask] })),
    );
    return { top: this.#tally.state(), masks };
  }
}

function unitsOfImages({ units }: TopActivations): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [unit, records] of units.entries()) {
    for (const { image } of records) found.set(image, [...(found.get(image) ?? []), unit]);
  }
  return found;
}
