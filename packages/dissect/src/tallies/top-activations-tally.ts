import { type Check, checker, isA, requireSavedState, restoring } from '@cnnviz/internal';
import { unitMaxima } from './unit-maxima.ts';
import { requireFiniteActivations } from './unit-thresholds.ts';

/** An image that drives a unit, and where. */
export interface TopActivation {
  /** Index of the image. */
  image: number;
  /** Row of the position in the layer's map. */
  row: number;
  /** Column of the position in the layer's map. */
  column: number;
  activation: number;
}

/** The images that drive each unit most. Plain JSON. */
export interface TopActivations {
  /** Images kept per unit. */
  perUnit: number;
  /** How many images were seen. */
  images: number;
  /**
   * The records of each unit, strongest first, each image once, at the position that drives the unit most. If activations are
   * equal, the first image and position (row by row) come first. Empty if no image was seen.
   */
  units: TopActivation[][];
}

/** Saved top activations. Plain JSON. */
export interface TopActivationsState extends TopActivations {
  kind: 'TopActivationsTally';
  version: 1;
}

/** Options of `TopActivationsTally`. */
export interface TopActivationsTallyOptions {
  /** Units of the layer. */
  units: number;
  /** Images kept per unit. Default: 10. */
  perUnit?: number;
}

/** Kind and version that saved top activations begin with. */
export const topActivationsFormat = { kind: 'TopActivationsTally', version: 1 } as const;

const check: Check = checker('@cnnviz/dissect', 'TopActivationsTally');

/**
 * Keeps the images that drive each unit of a layer most: what `topActivations` finds, from activations that are already on
 * the host. Any split of the images, merged in any order, gives the same.
 *
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
 *   https://arxiv.org/abs/1311.2901, figure 2.
 *
 * @example
 * import { TopActivationsTally } from '@cnnviz/dissect';
 *
 * const tally = new TopActivationsTally({ units: 2, perUnit: 1 });
 * tally.add(0, Float32Array.of(1, 5, 3, 2), [1, 2]); // a map of 1 x 2 positions
 * tally.add(1, Float32Array.of(0, 6, 0, 7), [1, 2]);
 * tally.result().units[1]; // [{ image: 1, row: 0, column: 1, activation: 7 }]
 */
export class TopActivationsTally {
  readonly #perUnit: number;
  readonly #units: TopActivation[][];
  #images = 0;

  constructor(options: TopActivationsTallyOptions) {
    const { units, perUnit = 10 } = check.options(options);
    check.number('units', units, { integer: true, min: 1 });
    this.#perUnit = check.number('perUnit', perUnit, { integer: true, min: 1 });
    this.#units = Array.from({ length: units }, () => []);
  }

  /** Resumes from what `state()` gave. */
  static from(state: TopActivationsState): TopActivationsTally {
    requireSavedState(check, state, topActivationsFormat, 'state');
    return restoring(check, 'state', () => {
      const tally = new TopActivationsTally({ units: state.units.length, perUnit: state.perUnit });
      tally.#take(state);
      return tally;
    });
  }

  /** How many images were added. */
  get images(): number {
    return this.#images;
  }

  /** Units of the layer. */
  get units(): number {
    return this.#units.length;
  }

  /**
   * Adds the maps of one image.
   *
   * @param image Its index among all images.
   * @param activations `[height, width, units]`, row by row, as in a tensor.
   * @param mapSize `[height, width]`.
   * @param maxima The largest activation of each unit, if known. Activations are then neither searched for it nor checked for
   *   being finite.
   */
  add(image: number, activations: Float32Array, mapSize: readonly [number, number], maxima?: Float32Array): void {
    const units = this.units;
    check.number('image', image, { integer: true, min: 0 });
    const [height, width] = check.shape('mapSize', mapSize, 2);
    if (!isA('Float32Array', activations)) check.fail('type', 'activations', 'a Float32Array', activations);
    if (maxima !== undefined && (!isA('Float32Array', maxima) || maxima.length !== units)) {
      check.fail('type', 'maxima', `a Float32Array of ${units} numbers`, maxima);
    }
    if (activations.length !== height * width * units || activations.length === 0) {
      check.fail('range', 'activations', `maps [${height}, ${width}, ${units}]`, activations);
    }
    if (maxima === undefined) requireFiniteActivations(check, image, activations, units);
    const largest = maxima ?? unitMaxima(activations, units);
    for (let unit = 0; unit < units; unit++) {
      // No -0, which JSON does not keep.
      const activation = largest[unit]! + 0;
      if (!this.#isTop(unit, image, activation)) continue;
      let place = unit;
      while (place < activations.length && activations[place] !== activation) place += units;
      if (place >= activations.length) check.fail('range', 'maxima', 'the largest activations', activation);
      const position = (place - unit) / units;
      this.#insert(unit, { image, row: Math.floor(position / width), column: position % width, activation });
    }
    this.#images++;
  }

  /** Adds the records of another tally with the same options and other images. */
  merge(other: TopActivationsTally): void {
    if (!(other instanceof TopActivationsTally)) check.fail('type', 'other', 'a TopActivationsTally', other);
    const { perUnit, units } = other.result();
    if (perUnit !== this.#perUnit || units.length !== this.units) {
      check.failBecause(
        'state',
        `cannot merge tallies with different options: ${this.units} units with ${this.#perUnit} images each and ${units.length} with ${perUnit}`,
      );
    }
    this.#take(other.result());
  }

  /** Returns what drives each unit most of what was added so far, as a copy. */
  result(): TopActivations {
    return {
      perUnit: this.#perUnit,
      images: this.#images,
      units: this.#units.map((records) => records.map((record) => ({ ...record }))),
    };
  }

  /** Returns the records, as plain JSON. */
  state(): TopActivationsState {
    return { ...topActivationsFormat, ...this.result() };
  }

  #take({ images, units }: TopActivations): void {
    for (const [unit, records] of units.entries()) {
      for (const record of records) {
        if (this.#isTop(unit, record.image, record.activation)) this.#insert(unit, { ...record });
      }
    }
    this.#images += images;
  }

  #isTop(unit: number, image: number, activation: number): boolean {
    const last = this.#units[unit]![this.#perUnit - 1];
    return last === undefined || comesBefore(image, activation, last);
  }

  #insert(unit: number, record: TopActivation): void {
    const records = this.#units[unit]!;
    const place = records.findIndex((other) => comesBefore(record.image, record.activation, other));
    records.splice(place === -1 ? records.length : place, 0, record);
    if (records.length > this.#perUnit) records.pop();
  }
}

const comesBefore = (image: number, activation: number, other: TopActivation) =>
  activation > other.activation || (activation === other.activation && image < other.image);

export function isTop(value: unknown): value is TopActivations {
  const top = value as Partial<TopActivations> | null;
  return (
    typeof top === 'object' &&
    top !== null &&
    Number.isInteger(top.perUnit) &&
    Number.isInteger(top.images) &&
    Array.isArray(top.units) &&
    top.units.every((records) => Array.isArray(records))
  );
}
