import { checker, type Random } from '@cnnviz/internal';
import { type Goal, requireFitness, type Selection } from '../operators/selection/selection.ts';

export interface Species<G> {
  /** The species of each genome. */
  species: Int32Array;
  /** The genome of each species with which others were compared: the given ones, then the founders of new species. */
  representatives: G[];
}

const checkSpeciate = checker('@cnnviz/genetic', 'speciate');

/**
 * Divides genomes into species: each joins the first species whose representative is nearer than `threshold`, or founds
 * one.
 *
 * @param genomes Not modified.
 * @param distance As an encoding gives it.
 * @param options `threshold`: distance at which a new species begins; `representatives`: one genome of each known species.
 * @returns The species of each genome, and their representatives.
 * @throws RangeError if the threshold is not positive.
 * @see Stanley, Miikkulainen, "Evolving neural networks through augmenting topologies", Evolutionary Computation 10(2),
 *   2002, https://doi.org/10.1162/106365602320169811.
 *
 * @example
 * import { speciate } from '@cnnviz/genetic';
 *
 * const { species } = speciate([1, 9, 2, 8], (a, b) => Math.abs(a - b), { threshold: 3 });
 * species; // 0, 1, 0, 1
 */
export function speciate<G>(
  genomes: readonly G[],
  distance: (first: G, second: G) => number,
  options: { threshold: number; representatives?: readonly G[] },
): Species<G> {
  if (!Array.isArray(genomes)) checkSpeciate.fail('type', 'genomes', 'a list', genomes);
  checkSpeciate.callable('distance', distance);
  const threshold = checkSpeciate.number('threshold', checkSpeciate.options(options).threshold, { above: 0 });
  const known = options.representatives ?? [];
  if (!Array.isArray(known)) checkSpeciate.fail('type', 'representatives', 'a list', known);
  const representatives: G[] = [...known];
  const species = Int32Array.from(genomes, (genome) => {
    const found = representatives.findIndex(
      (representative) => requireDistance(distance(genome, representative)) < threshold,
    );
    return found === -1 ? representatives.push(genome) - 1 : found;
  });
  return { species, representatives };
}

/** NaN is below no threshold, so that every genome would found a species. */
function requireDistance(distance: number): number {
  return typeof distance === 'number' && distance >= 0
    ? distance
    : checkSpeciate.fail('range', 'what distance returns', 'a number >= 0', distance);
}

const check = checker('@cnnviz/genetic', 'selectWithinSpecies');

/**
 * Chooses pairs of parents so that each pair is of one species, and each species has offspring in proportion to the mean
 * fitness of its members above the worst of the population: explicit fitness sharing, under which a large species has no
 * advantage over a small one.
 *
 * @param species Of each individual.
 * @param count How many parents; even.
 * @param select Chooses among the members of one species.
 * @returns Indices of parents; the first and second are a pair, the third and fourth, and so on.
 */
export function selectWithinSpecies(
  species: Int32Array,
  fitness: ArrayLike<number>,
  count: number,
  random: Random,
  goal: Goal,
  select: Selection,
): Int32Array {
  requireFitness(check, fitness, count);
  const members = indicesByGroup(species);
  const sign = goal === 'maximize' ? 1 : -1;
  let worst = Number.POSITIVE_INFINITY;
  for (let individual = 0; individual < fitness.length; individual++) {
    worst = Math.min(worst, sign * fitness[individual]!);
  }
  const shares = members.map(
    (indices) => indices.reduce((sum, index) => sum + sign * fitness[index]! - worst, 0) / indices.length,
  );
  const pairs = apportion(shares, count / 2);
  const parents: number[] = [];
  members.forEach((indices, group) => {
    const own = indices.map((index) => fitness[index]!);
    for (const chosen of select(own, 2 * pairs[group]!, random, goal)) parents.push(indices[chosen]!);
  });
  return Int32Array.from(parents);
}

function indicesByGroup(groups: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  groups.forEach((group, index) => {
    const known = members.get(group);
    if (known === undefined) members.set(group, [index]);
    else known.push(index);
  });
  return [...members.values()];
}

/** Divides `total` whole things in proportion to shares, by largest remainders; equally where there are no shares. */
function apportion(shares: number[], total: number): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const exact = shares.map((share) => (sum > 0 ? (total * share) / sum : total / shares.length));
  const whole = exact.map(Math.floor);
  const left = total - whole.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, Math.round(left))) whole[index]!++;
  return whole;
}
