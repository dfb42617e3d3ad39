import { existsSync } from 'node:fs';
import type { ConceptScenes, Dissection } from '@cnnviz/dissect';
import { isListOf, readJson, writeWhole } from '@cnnviz/example-support';
import type { DissectedEpoch } from './experiment.ts';
import { layerNames } from './scene-network.ts';

/**
 * What a file holds, or else what `compute` gives, which is then written there.
 *
 * @throws Error that names the file if it holds something else.
 */
export async function remember<T>(
  path: string,
  isWhole: (kept: unknown) => boolean,
  compute: () => Promise<T>,
): Promise<T> {
  if (existsSync(path)) {
    const kept = await readJson(path);
    if (isWhole(kept)) return kept as T;
    throw new Error(`${path}: expected what this example kept there, found something else: remove it`);
  }
  const value = await compute();
  await writeWhole(path, JSON.stringify(value));
  return value;
}

export const isShare = (kept: unknown): boolean => typeof kept === 'number' && kept >= 0 && kept <= 1;

/** Whether something is the dissection of all layers after an epoch, on these scenes. */
export const isDissectedEpoch = (epoch: number, scenes: ConceptScenes) => (kept: unknown) => {
  const { epoch: found, dissections } = (kept ?? {}) as Partial<DissectedEpoch>;
  return (
    found === epoch &&
    Array.isArray(dissections) &&
    dissections.length === layerNames.length &&
    layerNames.every((layer, index) => isDissection(dissections[index], layer, scenes))
  );
};

function isDissection(found: Dissection | null | undefined, layer: string, scenes: ConceptScenes): boolean {
  const same = (ours: unknown, theirs: unknown) => JSON.stringify(ours) === JSON.stringify(theirs);
  const isSize = (size: unknown) => Number.isInteger(size) && 0 < Number(size) && Number(size) <= scenes.imageSize[0];
  return (
    found?.layer === layer &&
    found.images === scenes.count &&
    [found.quantile, found.rankError, found.iouLimit].every(Number.isFinite) &&
    isListOf(found.mapSize, isSize) &&
    found.mapSize.length === 2 &&
    same(found.labelSize, scenes.labelSize) &&
    same(found.concepts, scenes.concepts) &&
    same(found.categories, scenes.categories) &&
    same(found.imageCounts, []) &&
    isListOf(found.units, (unit, index) => unit?.unit === index && isUnit(unit, scenes)) &&
    found.units.length > 0 &&
    (found.chance === null || isChance(found.chance, found.units.length))
  );
}

function isUnit(unit: Dissection['units'][number], { concepts, categories }: ConceptScenes): boolean {
  const isMatch = (match: typeof unit.best) =>
    concepts.some(({ number, name, category }) => {
      const concept = match?.concept;
      return concept?.number === number && concept.name === name && concept.category === category;
    }) && [match!.truth, match!.activation, match!.intersection, match!.iou].every(Number.isFinite);
  return (
    (unit.best === null ? unit.isDetector === false : typeof unit.isDetector === 'boolean' && isMatch(unit.best)) &&
    isListOf(unit.byCategory, isMatch) &&
    unit.byCategory.length <= categories.length &&
    Number.isFinite(unit.threshold) &&
    isListOf(
      unit.topImages,
      (top) =>
        [top?.image, top?.row, top?.column].every(Number.isSafeInteger) &&
        Number.isFinite(top.activation) &&
        isListOf(top.mask, Number.isSafeInteger),
    )
  );
}

function isChance(chance: Dissection['chance'] | undefined, units: number): boolean {
  const { permutations = 0, seed, ious } = chance ?? {};
  const isRow = (row: unknown) =>
    isListOf(row as number[], Number.isFinite) && (row as number[]).length === permutations;
  return Number.isSafeInteger(seed) && permutations > 0 && isListOf(ious, isRow) && ious?.length === units;
}
