/** Pearson's statistic of counts that should be equally likely. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** What the statistic exceeds once in 10,000 times, by Wilson and Hilferty's approximation. */
export function rareChiSquare(degreesOfFreedom: number): number {
  const share = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - share + 3.719 * Math.sqrt(share)) ** 3;
}

export function tally(values: Iterable<number>, kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (const value of values) counts[value]!++;
  return counts;
}
