import { checker } from '@cnnviz/internal';
import type { Concept } from '../data/concepts.ts';
import { requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import { bootstrapIntervals } from './bootstrap-intervals.ts';
import { chanceLevel } from './chance-level.ts';
import { type Dependence, falseDiscoveryRate } from './false-discovery-rate.ts';

export interface DissectionStatisticsOptions {
  /** Resampled data sets, for intervals. Default: 1000. */
  resamples?: number;
  /** Between 0 and 1, of the intervals. Default: 0.95. */
  level?: number;
  /** Decides the resampled data sets. A whole number >= 0. Default: 0. */
  seed?: number;
  /** The share of false ones that the list of units above chance may have, expected. Default: 0.05. */
  falseDiscoveryRate?: number;
  /** What the p-values of units may have to do with each other; see `falseDiscoveryRate`. Default: `'positive'`. */
  dependence?: Dependence;
}

/** How sure the IoU of a unit is. */
export interface UnitStatistics {
  unit: number;
  /** Its best concept; none where it shares no pixel with any. */
  concept: Concept | null;
  /** The IoU with it. */
  iou: number;
  /** Above the limit, as `dissect` says. */
  isDetector: boolean;
  /** Of the IoU, over images; `null` without `imageCounts` or without a concept. */
  interval: readonly [low: number, high: number] | null;
  /** What the best IoU would be by chance; `null` where `dissect` was not asked for it. */
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
  /** What 5 % of the permutations exceed. */
  upper: number;
  /** How often chance does as well as the unit, the unit itself counted: (1 + as good ones) / (1 + permutations). */
  p: number;
}

/** Plain JSON. */
export interface DissectionStatistics {
  layer: string;
  resamples: number;
  level: number;
  /** 0 where there is no chance level. */
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
 * How far a dissection can be trusted: for each unit an interval of its IoU, the IoU that chance would give it, and
 * whether it belongs to a list of detectors with few false ones.
 *
 * The intervals need `dissect` with `keepImages`, the chance level with `chance`; what was not asked for is `null`.
 * `bootstrapIntervals`, `chanceLevel` and `falseDiscoveryRate` say what each is, and are there on their own.
 *
 * @returns Plain data.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
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
