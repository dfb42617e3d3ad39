import type { Dissection } from '../src/dissection/dissection.ts';
import type { ConceptMatch } from '../src/tallies/dissection-tally.ts';

/** Name, category and IoU of the best concept of a category. */
export type HandmadeMatch = readonly [name: string, category: string, iou: number];

/** A dissection for tests, of units with these best concepts of their categories. */
export function handmadeDissection(
  units: readonly (readonly HandmadeMatch[])[],
  change: Partial<Dissection> = {},
): Dissection {
  const numbers = new Map(
    [...new Set(units.flat().map(([name]) => name))].sort().map((name, index) => [name, index + 1]),
  );
  const matchOf = ([name, category, iou]: HandmadeMatch): ConceptMatch => ({
    concept: { number: numbers.get(name)!, name, category },
    truth: 100,
    activation: 100,
    intersection: (200 * iou) / (1 + iou),
    iou,
  });
  return {
    layer: 'conv5',
    images: 10,
    quantile: 0.995,
    rankError: 0,
    iouLimit: 0.04,
    repeatedLabels: 'once',
    mapSize: [2, 2],
    labelSize: [4, 4],
    concepts: [...new Map(units.flat().map((match) => [match[0], matchOf(match).concept])).values()],
    categories: ['color', 'object'],
    units: units.map((matches, unit) => {
      const byCategory = matches.map(matchOf);
      const best = byCategory.reduce<ConceptMatch | null>((a, b) => (a !== null && a.iou > b.iou ? a : b), null);
      return { unit, best, isDetector: (best?.iou ?? 0) > 0.04, byCategory, threshold: 1, topImages: [] };
    }),
    imageCounts: [],
    chance: null,
    ...change,
  };
}
