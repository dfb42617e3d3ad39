import { checker, restoring } from '@cnnviz/internal';
import { requireLists } from '../data/require-lists.ts';
import type { Dissection } from '../dissection/dissection.ts';
import type { UnitChance } from './dissection-statistics.ts';
import { quantileOf } from './quantile-of.ts';

/**
 * Computes how good the best IoU of each unit would be by chance.
 *
 * With the option `chance`, `dissect` pairs the masks of each image with the labels of another image that is labeled for the
 * same categories, in `permutations` random ways. Each time it takes the best IoU over all concepts, since the unit's own IoU
 * is the best of all, too. Masks and labels keep their sizes and places; only their assignment changes. If a unit's masks have
 * nothing to do with the labels, its p-value is at most x with a probability of at most x.
 *
 * @param dissection A dissection with the option `chance`.
 * @returns One record per unit. No p-value is below 1 / (permutations + 1).
 * @throws TypeError if the dissection is of another kind.
 * @throws Error if the dissection has no chance level.
 * @see Phipson, Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics and Molecular
 *   Biology 9, 2010, https://doi.org/10.2202/1544-6115.1585.
 *
 * @example
 * import { chanceLevel, conceptScenes, dissect } from '@cnnviz/dissect';
 *
 * const dissection = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 12, size: 16 }),
 *   upsampling: 'half-pixel',
 *   chance: { permutations: 99 },
 * });
 * chanceLevel(dissection).map(({ mean, p }) => [mean, p]);
 */
export function chanceLevel(dissection: Pick<Dissection, 'units' | 'chance'>): UnitChance[] {
  const check = checker('@cnnviz/dissect', 'chanceLevel');
  requireLists(check, 'dissection', dissection, ['units']);
  const { units, chance } = dissection;
  if (chance === null)
    return check.failBecause('state', 'the dissection has no chance level: dissect with the option chance');
  const ious = restoring(check, 'dissection.chance', () => chance.ious.map((ofUnit) => ofUnit.map(Number)));
  if (ious.length !== units.length) {
    check.fail('range', 'dissection.chance.ious', `those of ${units.length} units`, chance.ious);
  }
  return units.map(({ best }, index) => {
    const byChance = ious[index]!;
    const asGood = byChance.filter((iou) => iou >= (best?.iou ?? 0)).length;
    return {
      mean: byChance.reduce((sum, iou) => sum + iou, 0) / byChance.length,
      upper: quantileOf(
        [...byChance].sort((a, b) => a - b),
        0.95,
      ),
      p: (1 + asGood) / (1 + byChance.length),
    };
  });
}
