import { checker } from '@cnnviz/internal';

/**
 * How p-values may depend on each other. `'positive'`: they are independent, or a small one makes none of the others larger
 * (the procedure of Benjamini and Hochberg). `'any'`: in any way (that of Benjamini and Yekutieli), at the price of thresholds
 * smaller by a factor of 1 + 1/2 + ... + 1/m.
 */
export type Dependence = 'positive' | 'any';

/** Options of `falseDiscoveryRate`. */
export interface FalseDiscoveryRateOptions {
  /** The expected share of false discoveries among all, between 0 and 1. Default: 0.05. */
  rate?: number;
  /** How the p-values may depend on each other. Default: `'positive'`. */
  dependence?: Dependence;
}

/** Which p-values are discoveries, in the order of the p-values. */
export interface Discoveries {
  /** The smallest rate at which each is a discovery. */
  adjusted: number[];
  /** Whether that is at most `rate`. */
  isDiscovery: boolean[];
}

/**
 * Decides which of many tests are discoveries, so that only a small share of them is expected to be false.
 *
 * With m p-values in rising order, the first k are discoveries, for the largest k with p(k) <= k / (m c) · rate. The factor c
 * is 1, or 1 + 1/2 + ... + 1/m if `dependence` is `'any'`. Units of one layer depend on each other. That they do so positively
 * is a usual assumption, which is not proven for them.
 *
 * @param pValues Numbers from 0 to 1, in any order.
 * @returns Plain data, in the order of the p-values.
 * @throws RangeError if a p-value or an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Benjamini, Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57,
 *   1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.
 * @see Benjamini, Yekutieli, "The control of the false discovery rate in multiple testing under dependency", Annals of
 *   Statistics 29, 2001, https://doi.org/10.1214/aos/1013699998.
 *
 * @example
 * import { falseDiscoveryRate } from '@cnnviz/dissect';
 *
 * const { adjusted, isDiscovery } = falseDiscoveryRate([0.01, 0.04, 0.03, 0.5], { rate: 0.05 });
 * // adjusted: 0.04, 0.0533, 0.0533, 0.5
 */
export function falseDiscoveryRate(pValues: readonly number[], options: FalseDiscoveryRateOptions = {}): Discoveries {
  const check = checker('@cnnviz/dissect', 'falseDiscoveryRate');
  check.options(options);
  if (!Array.isArray(pValues)) check.fail('type', 'pValues', 'a list of numbers', pValues);
  pValues.forEach((p, index) => {
    check.number(`pValues[${index}]`, p, { min: 0, max: 1 });
  });
  const rate = check.number('rate', options.rate ?? 0.05, { above: 0, below: 1 });
  const dependence = check.oneOf('dependence', options.dependence ?? 'positive', ['positive', 'any']);

  const count = pValues.length;
  const factor = dependence === 'any' ? harmonic(count) : 1;
  const falling = [...pValues.keys()].sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Array<number>(count);
  let smallest = 1;
  falling.forEach((index, place) => {
    const rank = count - place;
    smallest = Math.min(smallest, (pValues[index]! * count * factor) / rank);
    adjusted[index] = smallest;
  });
  // p-values of permutations are fractions: rounding must not part those that are just at the rate from it.
  return { adjusted, isDiscovery: adjusted.map((p) => p <= rate * (1 + 1e-12)) };
}

function harmonic(count: number): number {
  let sum = 0;
  for (let term = 1; term <= count; term++) sum += 1 / term;
  return sum;
}
