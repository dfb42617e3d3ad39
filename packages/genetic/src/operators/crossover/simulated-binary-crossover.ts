import { type Bounds, checker, type Random } from '@cnnviz/internal';
import {
  PROBABILITY,
  requireAlike,
  requireFiniteGenes,
  requireGenesWithin,
  requireRandom,
  requireRealGenes,
} from '../../genomes/genes.ts';
import { root } from '../root.ts';

export interface SimulatedBinaryCrossoverOptions {
  /** Distribution index: the larger, the closer the children stay to the parents. Default: 10, as the fooling code. */
  eta?: number;
  /** Probability that a gene is recombined. Default: 1. Deb's NSGA-II code has 0.5. */
  rate?: number;
  /**
   * What a gene may be. With bounds the spread is cut off at them (the form of Deb's NSGA-II code, of Sferes and of DEAP's
   * `cxSimulatedBinaryBounded`); without, children may lie anywhere (the form of the paper). Default: without.
   */
  bounds?: Bounds;
}

const check = checker('@cnnviz/genetic', 'simulatedBinaryCrossover');

/**
 * Crosses two parents of real numbers by simulated binary crossover (SBX): the children lie on the line through the
 * parents, spread as far as one-point crossover of binary codes would spread them. In the unbounded form their mean is the parents' mean.
 *
 * @param first Inside `bounds`, if there are any; not modified.
 * @param second As many genes, of the same kind; not modified.
 * @returns Two children. A gene that is equal in both parents stays as it is; which child gets the lower value is random.
 * @throws RangeError if one parent has more genes than the other, a gene is not finite or outside `bounds`, or an option is out of range.
 * @see Deb, Agrawal, "Simulated binary crossover for continuous search space", Complex Systems 9, 1995,
 *   https://www.complex-systems.com/abstracts/v09_i02_a02/.
 *
 * @example
 * import { createRandom, simulatedBinaryCrossover } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const parents = [Float32Array.of(0.2, 0.2), Float32Array.of(0.4, 0.9)] as const;
 * const [child, sibling] = simulatedBinaryCrossover(...parents, random, { eta: 10, bounds: [0, 1] });
 */
export function simulatedBinaryCrossover<T extends Float32Array | Float64Array>(
  first: T,
  second: T,
  random: Random,
  options: SimulatedBinaryCrossoverOptions = {},
): [T, T] {
  const { eta = 10, rate = 1, bounds } = check.options(options);
  requireAlike(check, first, second);
  requireRealGenes(check, first, 'parents');
  requireRandom(check, random);
  check.number('eta', eta, { min: 0 });
  check.number('rate', rate, PROBABILITY);
  const least = bounds === undefined ? 0 : leastDifference(check.bounds('bounds', bounds));
  for (const [name, genes] of Object.entries({ first, second })) {
    if (bounds === undefined) requireFiniteGenes(check, name, genes);
    else requireGenesWithin(check, name, genes, bounds);
  }

  const child = first.slice() as T;
  const sibling = second.slice() as T;
  for (let gene = 0; gene < first.length; gene++) {
    if (rate < 1 && random.uniform() >= rate) continue;
    const low = Math.min(first[gene]!, second[gene]!);
    const high = Math.max(first[gene]!, second[gene]!);
    if (high - low <= least) continue;
    const u = random.uniform();
    const middle = (low + high) / 2;
    const half = (high - low) / 2;
    let lower: number;
    let upper: number;
    if (bounds === undefined) {
      const spread = spreadOf(u, 2, eta);
      lower = middle - spread * half;
      upper = middle + spread * half;
    } else {
      const [min, max] = bounds;
      // A float32 gene at a bound may be outside by its rounding.
      const [below, above] = [Math.max(0, low - min), Math.max(0, max - high)];
      lower = Math.max(min, middle - spreadOf(u, alphaOf(below / half, eta), eta) * half);
      upper = Math.min(max, middle + spreadOf(u, alphaOf(above / half, eta), eta) * half);
    }
    const swap = random.uniform() < 0.5;
    child[gene] = swap ? upper : lower;
    sibling[gene] = swap ? lower : upper;
  }
  return [child, sibling];
}

/** Parents that differ by less have no spread that could be divided by. */
function leastDifference([min, max]: Bounds): number {
  return 1e-10 * (max - min);
}

/** alpha of Deb's code: 2 where the bound is far (in half distances between the parents), less where it is near. */
function alphaOf(room: number, eta: number): number {
  return 2 - Math.exp(-(eta + 1) * Math.log1p(room));
}

/** The spread factor, beta: by inverting its distribution function at `u`. */
function spreadOf(u: number, alpha: number, eta: number): number {
  const share = u * alpha;
  return root(share <= 1 ? share : 1 / (2 - share), eta + 1);
}
