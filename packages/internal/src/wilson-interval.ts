import { checker } from './check.ts';

/**
 * Wilson's score interval of a proportion: the probabilities that a two-sided normal test at this confidence would not
 * reject. Unlike the textbook interval p ± z √(p (1 - p) / n) it stays inside [0, 1] and says something at 0 and at 1.
 *
 * @param successes A whole number from 0 to `trials`.
 * @param trials A whole number; of none, nothing is known: [0, 1].
 * @param confidence Between 0 and 1. Default: 0.95.
 * @returns `[low, high]`, with `successes / trials` inside.
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
 *   Statistical Association 22, 1927, https://doi.org/10.1080/01621459.1927.10502953.
 *
 * @example
 * const [low, high] = wilsonInterval(0, 10); // [0, 0.278]
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): [low: number, high: number] {
  const check = checker('@cnnviz/internal', 'wilsonInterval');
  check.number('trials', trials, { integer: true, min: 0 });
  check.number('successes', successes, { integer: true, min: 0, max: trials });
  check.number('confidence', confidence, { above: 0, below: 1 });
  if (trials === 0) return [0, 1];
  const z = normalQuantile((1 + confidence) / 2);
  const proportion = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const middle = (proportion + z ** 2 / (2 * trials)) / scale;
  const reach = (z * Math.sqrt((proportion * (1 - proportion)) / trials + z ** 2 / (4 * trials ** 2))) / scale;
  // Exactly 0 and 1 at the ends, where rounding leaves 1e-18.
  return [successes === 0 ? 0 : middle - reach, successes === trials ? 1 : middle + reach];
}

/**
 * The number below which a normal number of mean 0 and deviation 1 falls with the given probability; relative error below
 * 1.15e-9.
 *
 * @see Acklam, "An algorithm for computing the inverse normal cumulative distribution function", 2003.
 */
function normalQuantile(probability: number): number {
  if (probability < 0.5) return -normalQuantile(1 - probability);
  if (probability <= 1 - 0.02425) {
    const q = probability - 0.5;
    const r = q * q;
    return (
      (q *
        polynomial(
          r,
          [
            -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
            2.506628277459239,
          ],
        )) /
      polynomial(
        r,
        [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
      )
    );
  }
  const q = Math.sqrt(-2 * Math.log(1 - probability));
  return (
    -polynomial(
      q,
      [
        -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
        2.938163982698783,
      ],
    ) / polynomial(q, [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1])
  );
}

/** Horner's rule, the coefficient of the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
