import { type Check, checker, createRandom, failNotFinite, isA, requireSavedState, restoring } from '@cnnviz/internal';
import { floatsOfText, textOfFloats } from './float32-text.ts';
import { LargestValues } from './largest-values.ts';

/** Options of `UnitThresholds`. */
export interface UnitThresholdsOptions {
  /** Units of the layer. */
  units: number;
  /** Activations per unit over all images, including those of other machines: images times positions of the map. */
  expected: number;
  /**
   * Share of a unit's activations that do not exceed its threshold. Default: 0.995, as in the paper. NetDissect's program
   * reads a table of 1000 entries, which makes it 1 - 5 / 999.
   */
  quantile?: number;
  /**
   * Bytes that may be used. If they do not suffice, positions are sampled: each position of each image is taken or not,
   * for all units alike. Default: 200,000,000.
   */
  memory?: number;
  /** Seed of the sampled positions, a whole number >= 0. Default: 0. */
  seed?: number;
}

/** Saved thresholds. Plain JSON. */
export interface UnitThresholdsState {
  kind: 'UnitThresholds';
  version: 1;
  options: Required<UnitThresholdsOptions>;
  /** Activations per unit so far. */
  added: number;
  /** How many of them were sampled. */
  sampled: number;
  /** The largest activations of each unit, falling: float32 numbers in base64. */
  largest: string[];
}

/** What `UnitThresholds` finds. */
export interface UnitThresholdsResult {
  /** One per unit, float32 like activations. */
  thresholds: Float32Array;
  /**
   * How far the share of a unit's activations that do not exceed its threshold may be from the quantile: no further with a
   * probability of 0.99. 0 if nothing had to be sampled.
   */
  rankError: number;
}

const format = { kind: 'UnitThresholds', version: 1 } as const;

const check: Check = checker('@cnnviz/dissect', 'UnitThresholds');

/**
 * Finds, for each unit of a layer, the activation that only a small share of all positions of all images exceeds.
 *
 * The quantile is numpy's and R's default, linear between order statistics. Its rank from above is known beforehand, so it
 * suffices to keep that many of the largest activations: the result is exact with (1 - quantile) · expected numbers per
 * unit. If these do not fit, the same is done with a sample of the positions. The sample of an image depends only on its
 * number and the seed, so any split of the images, merged in any order, gives the same to the bit.
 *
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   2.2.
 *
 * @example
 * import { UnitThresholds } from '@cnnviz/dissect';
 *
 * const maps = probe(images);
 * const [count, height, width, units] = maps.shape;
 * const activations = await maps.data<'float32'>();
 * const thresholds = new UnitThresholds({ units, expected: count * height * width });
 * for (let image = 0; image < count; image++) {
 *   const size = height * width * units;
 *   thresholds.add(image, activations.subarray(image * size, (image + 1) * size));
 * }
 * thresholds.result().thresholds; // Float32Array(6)
 */
export class UnitThresholds {
  readonly #options: Required<UnitThresholdsOptions>;
  readonly #largest: LargestValues[];
  /** For each unit, a number up to which activations can no longer change its threshold; side by side for the inner loop. */
  readonly #bounds: Float32Array;
  readonly #rate: number;
  readonly #firstSeed: number;
  #added = 0;
  #sampled = 0;

  constructor(options: UnitThresholdsOptions) {
    check.options(options);
    const units = check.number('units', options.units, { integer: true, min: 1 });
    const expected = check.number('expected', options.expected, { integer: true, min: 1 });
    const quantile = check.number('quantile', options.quantile ?? 0.995, { min: 0, below: 1 });
    const memory = check.number('memory', options.memory ?? 200e6, { min: 1 });
    const seed = check.seed('seed', options.seed ?? 0);
    this.#options = { units, expected, quantile, memory, seed };
    // Half as many again as needed are held at times, 4 bytes each.
    const perUnit = Math.max(64, Math.floor(memory / (units * 4 * 1.5)));
    const needed = rankFromAbove(expected, quantile) + 1;
    this.#rate = needed <= perUnit ? 1 : perUnit / needed;
    const sample = expected * this.#rate;
    // The sample's size is random; eight deviations more never come.
    const slack = this.#rate === 1 ? 0 : Math.ceil(8 * Math.sqrt(sample) * (1 - quantile)) + 1;
    const capacity = Math.min(needed, rankFromAbove(Math.ceil(sample), quantile) + 1 + slack);
    this.#largest = Array.from({ length: units }, () => new LargestValues(capacity));
    this.#bounds = new Float32Array(units).fill(Number.NEGATIVE_INFINITY);
    this.#firstSeed = createRandom(seed).integer(2 ** 32);
  }

  /** Resumes from what `state()` gave. */
  static from(state: UnitThresholdsState): UnitThresholds {
    requireSavedState(check, state, format, 'state');
    return restoring(check, 'state', () => {
      // Before room is made for as many.
      if (state.largest.length !== state.options.units) {
        check.failBecause(
          'state',
          `there are activations of ${state.largest.length} units, not ${state.options.units}`,
        );
      }
      const thresholds = new UnitThresholds(state.options);
      thresholds.#take(state.added, state.sampled, state.largest.map(floatsOfText));
      return thresholds;
    });
  }

  /** For each unit, a lower bound of its threshold, which rises as images are added. */
  get lowerBounds(): Float32Array {
    // Of a quantile between two of the largest, the threshold is not below the lower one only.
    return this.#bounds;
  }

  /**
   * Adds the maps of one image.
   *
   * @param image Its index among all images.
   * @param activations `[height, width, units]`, row by row, as in a tensor.
   */
  add(image: number, activations: Float32Array): void {
    const { units, expected } = this.#options;
    check.number('image', image, { integer: true, min: 0, max: 2 ** 52 });
    if (!isA('Float32Array', activations)) check.fail('type', 'activations', 'a Float32Array', activations);
    const positions = activations.length / units;
    if (!Number.isInteger(positions)) {
      check.fail('range', 'activations', `maps of ${units} units, [h, w, ${units}]`, activations);
    }
    if (this.#added + positions > expected) {
      check.failBecause('state', `expected ${expected} activations per unit in all, image ${image} exceeds that`);
    }
    requireFiniteActivations(check, image, activations, units);
    const isSampled = this.#rate === 1 ? undefined : this.#sampleOf(image, positions);
    const bounds = this.#bounds;
    for (let position = 0; position < positions; position++) {
      if (isSampled?.[position] === 0) continue;
      this.#sampled++;
      const start = position * units;
      for (let unit = 0; unit < units; unit++) {
        const activation = activations[start + unit]!;
        if (!(activation > bounds[unit]!)) continue;
        const largest = this.#largest[unit]!;
        // No -0: it would be as large as 0, and which of the two is kept would depend on the order.
        largest.push(activation + 0);
        bounds[unit] = largest.bound;
      }
    }
    this.#added += positions;
  }

  /** Adds the activations of another instance with the same options and other images. */
  merge(other: UnitThresholds): void {
    if (!(other instanceof UnitThresholds)) check.fail('type', 'other', 'a UnitThresholds', other);
    const [ours, theirs] = [this.#options, other.#options];
    for (const name of ['units', 'expected', 'quantile', 'memory', 'seed'] as const) {
      if (ours[name] !== theirs[name]) {
        check.failBecause('state', `cannot merge different options: ${name} is ${ours[name]} and ${theirs[name]}`);
      }
    }
    this.#take(
      other.#added,
      other.#sampled,
      other.#largest.map((values) => values.sorted()),
    );
  }

  #take(added: number, sampled: number, largest: readonly Float32Array[]): void {
    const { units, expected } = this.#options;
    check.number('added', added, { integer: true, min: 0 });
    check.number('sampled', sampled, { integer: true, min: 0, max: added });
    if (largest.length !== units) check.failBecause('state', `cannot merge ${largest.length} units with ${units}`);
    if (this.#added + added > expected) {
      check.failBecause(
        'state',
        `expected ${expected} activations per unit in all, merging makes it ${this.#added + added}`,
      );
    }
    largest.forEach((values, unit) => {
      for (const value of values) this.#largest[unit]!.push(value);
      this.#bounds[unit] = this.#largest[unit]!.bound;
    });
    this.#added += added;
    this.#sampled += sampled;
  }

  /** Returns the thresholds of what was added so far. */
  result(): UnitThresholdsResult {
    const { quantile, expected } = this.#options;
    const count = this.#sampled;
    if (count === 0) check.failBecause('state', `no activations were added, expected ${expected} per unit`);
    const rank = (count - 1) * quantile;
    const below = Math.floor(rank);
    const thresholds = Float32Array.from(this.#largest, (values) => {
      const falling = values.sorted();
      const [lower, upper] = [falling[count - 1 - below], falling[Math.max(0, count - 2 - below)]!];
      if (lower === undefined) return check.failBecause('state', `a sample of ${count} activations is too large`);
      return lower + (rank - below) * (upper - lower);
    });
    const deviation = Math.sqrt((quantile * (1 - quantile) * (1 - this.#rate)) / count);
    return { thresholds, rankError: this.#rate === 1 ? 0 : normalQuantileOf99 * deviation + 1 / count };
  }

  /** Returns all that was added, as plain JSON. The same for the same images in any order. */
  state(): UnitThresholdsState {
    return {
      ...format,
      options: { ...this.#options },
      added: this.#added,
      sampled: this.#sampled,
      largest: this.#largest.map((values) => textOfFloats(values.sorted())),
    };
  }

  #sampleOf(image: number, positions: number): Uint8Array {
    const random = createRandom(this.#firstSeed + image);
    return Uint8Array.from({ length: positions }, () => (random.uniform() < this.#rate ? 1 : 0));
  }
}

/** How many of `count` values are at least as large as the lower neighbor of the quantile. */
const rankFromAbove = (count: number, quantile: number) => count - Math.floor((count - 1) * quantile);

/** A normally distributed number is within so many standard deviations with a probability of 0.99. */
const normalQuantileOf99 = 2.5758;

/** Throws on NaN or infinite activations, and names the unit and the image. */
export function requireFiniteActivations(check: Check, image: number, activations: Float32Array, units: number): void {
  let zero = 0;
  for (let index = 0; index < activations.length; index++) zero += activations[index]! * 0;
  if (zero === 0) return;
  const index = activations.findIndex((activation) => !Number.isFinite(activation));
  failNotFinite(check, 'activations', {
    got: activations[index]!,
    where: `from unit ${index % units} on image ${image}`,
  });
}
