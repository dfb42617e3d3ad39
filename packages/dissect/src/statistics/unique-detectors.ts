import { checker, restoring } from '@cnnviz/internal';
import { requireList } from '../data/require-lists.ts';

/** What the counts need to know of a unit; `UnitMatches` has it. */
export interface DetectorUnit {
  /** Its best concept of each category. */
  byCategory: readonly { concept: { name: string; category: string }; iou: number }[];
  /** Its best concept of all. */
  best: { concept: { name: string; category: string }; iou: number } | null;
}

export interface UniqueDetectors {
  /** Units whose best concept is above the limit. */
  detectors: number;
  /**
   * Distinct concepts of each category that are some unit's best of the category and above the limit, summed over the
   * categories: what the paper's figures and NetDissect's MATLAB plots call unique detectors. One unit may count in
   * several categories.
   */
  uniquePerCategory: number;
  /** Distinct concepts that are some detector's best of all: what NetDissect's report calls unique detectors. */
  uniqueBestLabels: number;
  categories: CategoryDetectors[];
}

export interface CategoryDetectors {
  category: string;
  /** Units whose best concept of this category is above the limit, detectors of another category too. */
  units: number;
  /** Their distinct concepts, what `uniquePerCategory` sums. */
  uniquePerCategory: number;
  /** Detectors whose best concept of all is of this category. */
  detectors: number;
  /** Their distinct concepts, what `uniqueBestLabels` sums. */
  uniqueBestLabels: number;
}

/**
 * How many units of a layer detect something, and how many different things they detect, by both counts that
 * NetDissect's programs call unique detectors: they differ, and are not comparable.
 *
 * @param units What `dissect` or a `DissectionTally` gives.
 * @returns Counts, with those of each category that has a match, in alphabetical order.
 * @throws RangeError if `iouLimit` is outside [0, 1].
 *
 * @example
 * import { uniqueDetectors } from '@cnnviz/dissect';
 *
 * const sky = { concept: { name: 'sky', category: 'object' }, iou: 0.2 };
 * const blue = { concept: { name: 'blue', category: 'color' }, iou: 0.1 };
 * const counts = uniqueDetectors([{ best: sky, byCategory: [blue, sky] }]);
 * counts.uniquePerCategory; // 2
 * counts.uniqueBestLabels; // 1
 */
export function uniqueDetectors(units: readonly DetectorUnit[], options: { iouLimit?: number } = {}): UniqueDetectors {
  const check = checker('@cnnviz/dissect', 'uniqueDetectors');
  requireList(check, 'units', units);
  const { iouLimit = 0.04 } = check.options(options);
  check.number('iouLimit', iouLimit, { min: 0, max: 1 });
  return restoring(check, 'units', () => countUnique(units, iouLimit));
}

function countUnique(units: readonly DetectorUnit[], iouLimit: number): UniqueDetectors {
  const inCategory = new Map<string, Found>();
  const best = new Map<string, Found>();
  for (const unit of units) {
    for (const { concept, iou } of unit.byCategory) {
      const found = inCategory.get(concept.category) ?? { units: 0, names: new Set() };
      inCategory.set(concept.category, found);
      if (iou > iouLimit) addUnit(found, concept.name);
    }
    if (unit.best === null || !(unit.best.iou > iouLimit)) continue;
    const { name, category } = unit.best.concept;
    const found = best.get(category) ?? { units: 0, names: new Set() };
    best.set(category, addUnit(found, name));
  }
  const names = new Set([...inCategory.keys(), ...best.keys()]);
  const categories = [...names].sort().map((category) => ({
    category,
    units: inCategory.get(category)?.units ?? 0,
    uniquePerCategory: inCategory.get(category)?.names.size ?? 0,
    detectors: best.get(category)?.units ?? 0,
    uniqueBestLabels: best.get(category)?.names.size ?? 0,
  }));
  const sum = (count: (each: CategoryDetectors) => number) =>
    categories.reduce((total, each) => total + count(each), 0);
  return {
    detectors: sum(({ detectors }) => detectors),
    uniquePerCategory: sum(({ uniquePerCategory }) => uniquePerCategory),
    uniqueBestLabels: sum(({ uniqueBestLabels }) => uniqueBestLabels),
    categories,
  };
}

interface Found {
  units: number;
  names: Set<string>;
}

function addUnit(found: Found, name: string): Found {
  found.units++;
  found.names.add(name);
  return found;
}
