/**
 * Pearson's test of counts against probabilities, as a number of standard deviations (Wilson and Hilferty's approximation):
 * above 4 about once in 30,000 samples of the stated distribution.
 */
export function chiSquaredDeviation(counts: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  let freedom = -1;
  for (let outcome = 0; outcome < counts.length; outcome++) {
    const expected = total * probabilities[outcome]!;
    if (expected === 0) {
      if (counts[outcome] !== 0) return Number.POSITIVE_INFINITY;
      continue;
    }
    statistic += (counts[outcome]! - expected) ** 2 / expected;
    freedom++;
  }
  const variance = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - variance)) / Math.sqrt(variance);
}

/** How often each whole number below `outcomes` occurs. */
export function countOutcomes(values: Iterable<number>, outcomes: number): Float64Array {
  const counts = new Float64Array(outcomes);
  for (const value of values) counts[value] = counts[value]! + 1;
  return counts;
}
