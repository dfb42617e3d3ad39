import { checker, restoring } from '@cnnviz/internal';
import { requireList } from '../data/require-lists.ts';

/** What the counts need to know of a unit; part of `UnitMatches`. */
export interface DetectorUnit {
  /** Its best concept of each category. */
  byCategory: readonly { concept: { name: string; category: string }; iou: number }[];
  /** Its best concept of all. */
  best: { concept: { name: string; category: string }; iou: number } | null;
}

/** How many units detect something, and how many different things. */
export interface UniqueDetectors {
  /** Units whose best concept is above the limit. */
  detectors: number;
  /**
   * Distinct concepts of each category that are the best of that category for some unit and above the limit, summed over the
   * categories. The paper's figures and NetDissect's MATLAB plots call these unique detectors. One unit may count in several
   * categories.
   */
  uniquePerCategory: number;
  /** Distinct concepts that are the best of all for some detector. NetDissect's report calls these unique detectors. */
  uniqueBestLabels: number;
  categories: CategoryDetectors[];
}

/** The counts of one category. */
export interface CategoryDetectors {
  category: string;
  /** Units whose best concept of this category is above the limit, including detectors of another category. */
  units: number;
  /** Their distinct concepts, of which the total `uniquePerCategory` is the sum. */
  uniquePerCategory: number;
  /** Detectors whose best concept of all is of this category. */
  detectors: number;
  /** Their distinct concepts, of which the total `uniqueBestLabels` is the sum. */
  uniqueBestLabels: number;
}

/**
 * Counts how many units of a layer detect something, and how many different things they detect. NetDissect's programs call two
 * different counts unique detectors, which cannot be compared with each other; both are here.
 *
 * @param units The units of a dissection or of a `DissectionTally`.
 * @param options `iouLimit`: a unit detects a concept if the IoU is above this. Default: 0.04, as in the paper.
 * @returns The counts of all units, and those of each category with a match, in alphabetical order. Plain data.
 * @throws RangeError if `iouLimit` is outside [0, 1].
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
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
