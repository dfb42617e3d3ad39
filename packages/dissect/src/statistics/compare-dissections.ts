import { type Check, checker } from '@cnnviz/internal';
import { requireList, requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import type { DissectionStatistics } from './dissection-statistics.ts';
import { uniqueDetectors } from './unique-detectors.ts';

/** One of the dissections to compare. No two may have the same layer, network and training. */
export interface ComparedDissection {
  dissection: Dissection;
  /** Name of the network. Default: empty. */
  network?: string;
  /** How, on what or for how long it was trained. Default: empty. */
  training?: string;
  /** Its `dissectionStatistics`. */
  statistics?: DissectionStatistics;
}

/** The dissection that a row is about. */
export interface DissectionNames {
  network: string;
  training: string;
  layer: string;
}

/** The row of one layer. */
export interface LayerComparison extends DissectionNames {
  images: number;
  units: number;
  /** Units whose best concept is above the limit. */
  detectors: number;
  /** Their share of all units. */
  detectorShare: number;
  /** As in `uniqueDetectors`. */
  uniquePerCategory: number;
  /** As in `uniqueDetectors`. */
  uniqueBestLabels: number;
  /** Mean over all units of the best IoU. */
  meanIou: number;
  /** Units that stand out from chance; null without statistics that have a chance level. */
  aboveChance: number | null;
}

/** The row of one layer and category, as in `CategoryDetectors`; zeros if no unit matches. */
export interface CategoryComparison extends DissectionNames {
  category: string;
  units: number;
  uniquePerCategory: number;
  detectors: number;
  uniqueBestLabels: number;
}

/** The row of one layer and a concept that some unit of it detects. */
export interface ConceptComparison extends DissectionNames {
  concept: string;
  category: string;
  /** Units for which it is the best concept of its category, above the limit. */
  units: number;
  /** Units for which it is the best concept of all, above the limit. */
  detectors: number;
  /** The best IoU that any unit has with it. */
  iou: number;
}

/** Tidy tables, with one row per observation. Plain JSON. */
export interface DissectionComparison {
  iouLimit: number;
  /** The categories of all dissections, in order of appearance. */
  categories: string[];
  layers: LayerComparison[];
  categoryDetectors: CategoryComparison[];
  /** Concepts with most detectors first. */
  conceptDetectors: ConceptComparison[];
}

/**
 * Compares what several layers, networks or ways of training detect.
 *
 * @param dissections The dissections, in the order of tables and charts.
 * @param options `iouLimit`: a unit is a detector if its best IoU is above this. Default: that of the dissections.
 * @returns Tidy tables with one row per layer, per layer and category, and per layer and concept. Plain data.
 * @throws RangeError if two dissections have the same names, or their limits differ and none is given.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, figures
 *   5, 7 and 8.
 *
 * @example
 * import { compareDissections, conceptScenes, dissectLayers } from '@cnnviz/dissect';
 *
 * const dissections = await dissectLayers({
 *   probe: (images) => ({ pixels: images, halves: tf.avgPool(images, 2, 2, 'valid') }),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: { pixels: 'half-pixel', halves: 'half-pixel' },
 * });
 * const { layers } = compareDissections(dissections.map((dissection) => ({ dissection, network: 'colors' })));
 * layers.map(({ layer, detectors }) => [layer, detectors]);
 */
export function compareDissections(
  dissections: readonly ComparedDissection[],
  options: { iouLimit?: number } = {},
): DissectionComparison {
  return compareWith(checker('@cnnviz/dissect', 'compareDissections'), dissections, options);
}

/** `compareDissections` for a function whose errors are its own. */
export function compareWith(
  check: Check,
  dissections: readonly ComparedDissection[],
  options: { iouLimit?: number } = {},
): DissectionComparison {
  requireList(check, 'dissections', dissections, 'a list of dissections');
  check.options(options);
  if (dissections.length === 0) check.fail('range', 'dissections', 'at least one', dissections);
  const given = dissections;
  for (const [index, { dissection, network, training, statistics }] of given.entries()) {
    for (const [name, value] of Object.entries({ network, training })) {
      const isName = value === undefined || value === null || typeof value === 'string';
      if (!isName) check.fail('type', `dissections[${index}].${name}`, 'a name', value);
    }
    if (statistics !== undefined && statistics !== null) {
      const { aboveChance } = check.options(statistics, `dissections[${index}].statistics`);
      if (aboveChance !== null) check.number(`dissections[${index}].statistics.aboveChance`, aboveChance, { min: 0 });
    }
    requireLists(check, `dissections[${index}].dissection`, dissection, ['units', 'categories']);
  }
  const names = given.map(({ network = '', training = '', dissection: { layer } }) => ({ network, training, layer }));
  const keys = names.map((each) => JSON.stringify(Object.values(each)));
  keys.forEach((key, index) => {
    if (keys.indexOf(key) !== index) {
      check.failBecause(
        'range',
        `two dissections are of ${key}: give each a network, a training or a layer of its own`,
      );
    }
  });
  const limits = [...new Set(given.map(({ dissection }) => dissection.iouLimit))];
  if (options.iouLimit === undefined && limits.length > 1) {
    check.failBecause('range', `the dissections have the limits ${limits.join(', ')}: say which one by iouLimit`);
  }
  const iouLimit = check.number('iouLimit', options.iouLimit ?? limits[0], { min: 0, max: 1 });
  const categories = [...new Set(given.flatMap(({ dissection }) => dissection.categories))];

  const layers = given.map(({ dissection: { units, images }, statistics }, index): LayerComparison => {
    const counts = uniqueDetectors(units, { iouLimit });
    const { detectors, uniquePerCategory, uniqueBestLabels } = counts;
    return {
      ...names[index]!,
      images,
      units: units.length,
      detectors,
      detectorShare: units.length === 0 ? 0 : detectors / units.length,
      uniquePerCategory,
      uniqueBestLabels,
      meanIou: units.length === 0 ? 0 : units.reduce((sum, { best }) => sum + (best?.iou ?? 0), 0) / units.length,
      aboveChance: statistics?.aboveChance ?? null,
    };
  });
  const categoryDetectors = given.flatMap(({ dissection }, index) => {
    const counts = uniqueDetectors(dissection.units, { iouLimit }).categories;
    return categories.map((category): CategoryComparison => {
      const none = { units: 0, uniquePerCategory: 0, detectors: 0, uniqueBestLabels: 0 };
      return { ...names[index]!, category, ...none, ...counts.find((each) => each.category === category) };
    });
  });
  const conceptDetectors = given.flatMap(({ dissection }, index) =>
    detectedConcepts(dissection, iouLimit).map((row): ConceptComparison => ({ ...names[index]!, ...row })),
  );
  return { iouLimit, categories, layers, categoryDetectors, conceptDetectors };
}

type DetectedConcept = Omit<ConceptComparison, keyof DissectionNames>;

function detectedConcepts({ units }: Dissection, iouLimit: number): DetectedConcept[] {
  const found = new Map<string, DetectedConcept>();
  for (const { best, byCategory } of units) {
    for (const { concept, iou } of byCategory) {
      if (!(iou > iouLimit)) continue;
      const key = JSON.stringify([concept.category, concept.name]);
      const { name, category } = concept;
      const row = found.get(key) ?? { concept: name, category, units: 0, detectors: 0, iou: 0 };
      found.set(key, row);
      row.units++;
      row.iou = Math.max(row.iou, iou);
      if (best?.concept.category === category) row.detectors++;
    }
  }
  return [...found.values()].sort(
    (a, b) => b.detectors - a.detectors || b.units - a.units || (a.concept < b.concept ? -1 : 1),
  );
}
