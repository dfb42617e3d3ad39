import { checker, createRandom, restoring } from '@cnnviz/internal';
import { requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import { quantileOf } from './quantile-of.ts';

/** Options of `bootstrapIntervals`. */
export interface BootstrapIntervalsOptions {
  /** Number of resampled data sets. Default: 1000, as percentiles need. */
  resamples?: number;
  /** Level of the intervals, between 0 and 1. Default: 0.95. */
  level?: number;
  /** Seed of the resampling, a whole number >= 0. Default: 0. */
  seed?: number;
}

/**
 * Computes how far the IoU of each unit with its best concept may be off because the images are only a sample.
 *
 * Data sets of the same number of images are drawn from the images with replacement. The interval holds the middle 95 % of the
 * IoUs on them. Images are drawn as a whole, since pixels of one image depend on each other. The concept and the unit's
 * threshold stay the same. Since the concept was chosen as the best one on the same images, its IoU is somewhat too high, and
 * so is the interval; `chanceLevel` shows by how much it can be.
 *
 * Takes about resamples · units · (images on which the unit fires or that carry its concept) additions.
 *
 * @param dissection A dissection with the option `keepImages`.
 * @returns `[low, high]` per unit, `null` for a unit without a concept.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if the dissection has no counts of its images.
 * @see Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, https://doi.org/10.1201/9780429246593, chapter 13.
 *
 * @example
 * import { bootstrapIntervals, conceptScenes, dissect } from '@cnnviz/dissect';
 *
 * const dissection = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: 'half-pixel',
 *   keepImages: true,
 * });
 * const [low, high] = bootstrapIntervals(dissection, { resamples: 200 })[0]!;
 */
export function bootstrapIntervals(
  dissection: Pick<Dissection, 'units' | 'imageCounts' | 'concepts' | 'images'>,
  options: BootstrapIntervalsOptions = {},
): ([low: number, high: number] | null)[] {
  const check = checker('@cnnviz/dissect', 'bootstrapIntervals');
  requireLists(check, 'dissection', dissection, ['units', 'concepts', 'imageCounts']);
  check.number('dissection.images', dissection.images, { integer: true, min: 1 });
  check.options(options);
  const resamples = check.number('resamples', options.resamples ?? 1000, { integer: true, min: 1 });
  const level = check.number('level', options.level ?? 0.95, { above: 0, below: 1 });
  const random = createRandom(check.seed('seed', options.seed ?? 0));
  const { units, images, imageCounts } = dissection;
  if (imageCounts.length !== images) {
    check.failBecause(
      'state',
      `the dissection has the counts of ${imageCounts.length} of its ${images} images: dissect with keepImages`,
    );
  }

  const summands = restoring(check, 'dissection', () => summandsOfUnits(dissection));
  const ious = units.map(() => new Float64Array(resamples));
  // Some resamples at a time, so that what is read and written in the inner loop lies side by side.
  const weights = new Float64Array(images * blockSize);
  const [intersections, unions] = [new Float64Array(blockSize), new Float64Array(blockSize)];
  for (let start = 0; start < resamples; start += blockSize) {
    const size = Math.min(blockSize, resamples - start);
    weights.fill(0);
    for (let resample = 0; resample < size; resample++) {
      for (let drawn = 0; drawn < images; drawn++) weights[random.integer(images) * blockSize + resample]!++;
    }
    summands.forEach(({ rows, intersection, union }, unit) => {
      intersections.fill(0);
      unions.fill(0);
      for (let index = 0; index < rows.length; index++) {
        const first = rows[index]! * blockSize;
        const [both, either] = [intersection[index]!, union[index]!];
        for (let resample = 0; resample < blockSize; resample++) {
          const weight = weights[first + resample]!;
          intersections[resample]! += weight * both;
          unions[resample]! += weight * either;
        }
      }
      for (let resample = 0; resample < size; resample++) {
        const union = unions[resample]!;
        ious[unit]![start + resample] = union === 0 ? 0 : intersections[resample]! / union;
      }
    });
  }
  return units.map(({ best }, unit) => {
    if (best === null) return null;
    const rising = ious[unit]!.sort();
    return [quantileOf(rising, (1 - level) / 2), quantileOf(rising, (1 + level) / 2)];
  });
}

const blockSize = 64;

/** What images add to the intersection and the union of a unit and its best concept; images not listed add nothing. */
interface Summands {
  rows: number[];
  intersection: number[];
  union: number[];
}

function summandsOfUnits({
  units,
  imageCounts,
  concepts,
}: Pick<Dissection, 'units' | 'imageCounts' | 'concepts'>): Summands[] {
  const summands = units.map((): Summands => ({ rows: [], intersection: [], union: [] }));
  const categoryOf = new Map(concepts.map(({ number, category }) => [number, category]));
  const unitsOf = new Map<number, number[]>();
  units.forEach(({ best }, unit) => {
    if (best !== null) unitsOf.set(best.concept.number, [...(unitsOf.get(best.concept.number) ?? []), unit]);
  });
  imageCounts.forEach((counts, row) => {
    const columns = new Map(counts.labels.map((label, column) => [label, column]));
    const present = new Set(counts.labels.map((label) => categoryOf.get(label)));
    const fires = new Set(counts.units);
    const add = (unit: number, intersection: number, union: number) => {
      const { rows, ...sums } = summands[unit]!;
      rows.push(row);
      sums.intersection.push(intersection);
      sums.union.push(union);
    };
    counts.units.forEach((unit, index) => {
      const concept = units[unit]!.best?.concept;
      if (concept === undefined || !present.has(concept.category)) return;
      const column = columns.get(concept.number);
      const truth = column === undefined ? 0 : counts.truth[column]!;
      const both = column === undefined ? 0 : counts.intersection[index * counts.labels.length + column]!;
      add(unit, both, truth + counts.activation[index]! - both);
    });
    counts.labels.forEach((label, column) => {
      for (const unit of unitsOf.get(label) ?? []) if (!fires.has(unit)) add(unit, 0, counts.truth[column]!);
    });
  });
  return summands;
}
