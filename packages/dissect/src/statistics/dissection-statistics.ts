import { checker } from '@cnnviz/internal';
import type { Concept } from '../data/concepts.ts';
import { requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import { bootstrapIntervals } from './bootstrap-intervals.ts';
import { chanceLevel } from './chance-level.ts';
import { type Dependence, falseDiscoveryRate } from './false-discovery-rate.ts';

/** Options of `dissectionStatistics`. */
export interface DissectionStatisticsOptions {
  /** Number of resampled data sets for intervals. Default: 1000. */
  resamples?: number;
  /** Level of the intervals, between 0 and 1. Default: 0.95. */
  level?: number;
  /** Seed of the resampling, a whole number >= 0. Default: 0. */
  seed?: number;
  /** Expected share of false discoveries among the units listed as above chance. Default: 0.05. */
  falseDiscoveryRate?: number;
  /** How the p-values of units may depend on each other; see `falseDiscoveryRate`. Default: `'positive'`. */
  dependence?: Dependence;
}

/** How far the IoU of a unit can be trusted. */
export interface UnitStatistics {
  /** Index of the unit. */
  unit: number;
  /** Its best concept; null if it shares no pixel with any. */
  concept: Concept | null;
  /** The IoU with that concept. */
  iou: number;
  /** Whether the IoU is above the limit of the dissection. */
  isDetector: boolean;
  /** Interval of the IoU over images; `null` without `imageCounts` or without a concept. */
  interval: readonly [low: number, high: number] | null;
  /** The best IoU by chance; `null` without the option `chance` of `dissect`. */
  chance: UnitChance | null;
  /** The smallest false discovery rate at which the unit is listed: its p-value, adjusted for the number of units. */
  adjustedP: number | null;
  /** Whether `adjustedP` is at most the rate. */
  isAboveChance: boolean | null;
}

/** The best IoU that a unit reaches on the labels of other images. */
export interface UnitChance {
  /** Mean over the permutations. */
  mean: number;
  /** Exceeded by 5 % of the permutations. */
  upper: number;
  /** How often chance does as well as the unit, counting the unit itself: (1 + as good ones) / (1 + permutations). */
  p: number;
}

/** How far a dissection can be trusted. Plain JSON. */
export interface DissectionStatistics {
  layer: string;
  resamples: number;
  /** Level of the intervals. */
  level: number;
  /** 0 without a chance level. */
  permutations: number;
  falseDiscoveryRate: number;
  dependence: Dependence;
  /** Units above the IoU limit. */
  detectors: number;
  /** Units that stand out from chance at the rate; `null` without a chance level. */
  aboveChance: number | null;
  /** In the order of the dissection. */
  units: UnitStatistics[];
}

/**
 * Computes how far a dissection can be trusted: for each unit an interval of its IoU, the IoU that it would reach by chance,
 * and whether it belongs on a list of detectors with few false ones.
 *
 * Intervals need `dissect` with `keepImages`, chance levels need `chance`; without them they are `null`.
 * `bootstrapIntervals`, `chanceLevel` and `falseDiscoveryRate` explain each part, and can be called separately.
 *
 * @returns Plain data.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, https://doi.org/10.1201/9780429246593, chapter 13.
 * @see Phipson, Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics and Molecular
 *   Biology 9, 2010, https://doi.org/10.2202/1544-6115.1585.
 *
 * @example
 * import { conceptScenes, dissect, dissectionStatistics } from '@cnnviz/dissect';
 *
 * const dissection = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 12, size: 16 }),
 *   upsampling: 'half-pixel',
 *   keepImages: true,
 *   chance: { permutations: 99 },
 * });
 * const { units } = dissectionStatistics(dissection, { resamples: 100 });
 * const { interval, chance, isAboveChance } = units[0]!;
 */
export function dissectionStatistics(
  dissection: Dissection,
  options: DissectionStatisticsOptions = {},
): DissectionStatistics {
  const check = checker('@cnnviz/dissect', 'dissectionStatistics');
  requireLists(check, 'dissection', dissection, ['units', 'concepts', 'imageCounts']);
  check.options(options);
  const { resamples = 1000, level = 0.95, seed = 0, dependence = 'positive' } = options;
  check.number('resamples', resamples, { integer: true, min: 1 });
  check.number('level', level, { above: 0, below: 1 });
  check.seed('seed', seed);
  const rate = check.number('falseDiscoveryRate', options.falseDiscoveryRate ?? 0.05, { above: 0, below: 1 });
  check.oneOf('dependence', dependence, ['positive', 'any']);

  const isKept = dissection.imageCounts.length > 0;
  const intervals = isKept ? bootstrapIntervals(dissection, { resamples, level, seed }) : null;
  const levels = dissection.chance === null ? null : chanceLevel(dissection);
  const discoveries =
    levels === null
      ? null
      : falseDiscoveryRate(
          levels.map(({ p }) => p),
          { rate, dependence },
        );
  const units = dissection.units.map(
    ({ unit, best, isDetector }, index): UnitStatistics => ({
      unit,
      concept: best?.concept ?? null,
      iou: best?.iou ?? 0,
      isDetector,
      interval: intervals?.[index] ?? null,
      chance: levels?.[index] ?? null,
      adjustedP: discoveries?.adjusted[index] ?? null,
      isAboveChance: discoveries?.isDiscovery[index] ?? null,
    }),
  );
  return {
    layer: dissection.layer,
    resamples,
    level,
    permutations: dissection.chance?.permutations ?? 0,
    falseDiscoveryRate: rate,
    dependence,
    detectors: units.filter(({ isDetector }) => isDetector).length,
    aboveChance: discoveries === null ? null : units.filter(({ isAboveChance }) => isAboveChance).length,
    units,
  };
}
