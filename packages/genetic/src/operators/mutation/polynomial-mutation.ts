import { type Bounds, checker, type Random } from '@cnnviz/internal';
import { PROBABILITY, requireGenesWithin, requireRandom, requireRealGenes } from '../../genomes/genes.ts';
import { root } from '../root.ts';
import { drawMutatingGenes } from './mutating-genes.ts';

export interface PolynomialMutationOptions {
  /** What a gene may be; the step is in units of `max - min`. */
  bounds: Bounds;
  /** Distribution index: P(|step| < t) = 1 - (1 - t)^(eta + 1). Default: 15, as the fooling code. */
  eta?: number;
  /** Probability that a gene mutates. Default: 1 / number of genes, Deb's. */
  rate?: number;
  /**
   * - `unbounded`: the step is drawn without regard to the bounds, then clipped at them (Deb and Agrawal; the fooling code).
   * - `bounded`: the distribution is cut off at the bounds, so that nothing piles up there (Deb's NSGA-II code; DEAP's
   *   `mutPolynomialBounded`).
   *
   * Default: `unbounded`.
   */
  form?: 'unbounded' | 'bounded';
}

const check = checker('@cnnviz/genetic', 'polynomialMutation');

/**
 * Mutates real numbers by polynomial mutation: with probability `rate` each gene takes a step from a symmetric distribution
 * that falls from 0 as a polynomial of degree `eta`.
 *
 * @param genome Inside `bounds`; not modified.
 * @returns The mutated copy, inside `bounds`.
 * @throws RangeError if the rate is outside [0, 1], `eta` negative, the bounds reversed, or a gene outside them.
 * @see Deb, Agrawal, "A niched-penalty approach for constraint handling in genetic algorithms", ICANNGA 1999,
 *   https://doi.org/10.1007/978-3-7091-6384-9_40.
 * @see Deb, Goyal, "A combined genetic adaptive search (GeneAS) for engineering design", 1996.
 *
 * @example
 * import { createRandom, polynomialMutation } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const gray = new Float32Array(784).fill(0.5);
 * const mutated = polynomialMutation(gray, random, { bounds: [0, 1], rate: 0.1, eta: 15 });
 */
export function polynomialMutation<T extends Float32Array | Float64Array>(
  genome: T,
  random: Random,
  options: PolynomialMutationOptions,
): T {
  requireRealGenes(check, genome);
  requireRandom(check, random);
  const { eta = 15, rate = genome.length === 0 ? 0 : 1 / genome.length, form = 'unbounded' } = check.options(options);
  const bounds = check.bounds('bounds', options.bounds);
  check.number('eta', eta, { min: 0 });
  check.number('rate', rate, PROBABILITY);
  check.oneOf('form', form, ['unbounded', 'bounded']);
  requireGenesWithin(check, 'genome', genome, bounds);

  const mutated = genome.slice() as T;
  for (const gene of drawMutatingGenes(mutated.length, rate, random)) {
    mutated[gene] =
      form === 'unbounded'
        ? polynomialStep(mutated[gene]!, bounds, eta, random)
        : boundedPolynomialStep(mutated[gene]!, bounds, eta, random);
  }
  return mutated;
}

/** One gene's step in the unbounded form, clipped to the bounds. */
export function polynomialStep(value: number, [min, max]: Bounds, eta: number, random: Random): number {
  const r = random.uniform();
  const distance = 1 - root(r < 0.5 ? 2 * r : 2 * (1 - r), eta + 1);
  const step = r < 0.5 ? -distance : distance;
  return Math.min(max, Math.max(min, value + step * (max - min)));
}

function boundedPolynomialStep(value: number, [min, max]: Bounds, eta: number, random: Random): number {
  const r = random.uniform();
  const power = 1 / (eta + 1);
  const below = (value - min) / (max - min);
  const above = (max - value) / (max - min);
  const step =
    r < 0.5
      ? (2 * r + (1 - 2 * r) * (1 - below) ** (eta + 1)) ** power - 1
      : 1 - (2 * (1 - r) + (2 * r - 1) * (1 - above) ** (eta + 1)) ** power;
  return Math.min(max, Math.max(min, value + step * (max - min)));
}
