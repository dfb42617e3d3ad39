/** Largest difference relative to the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    // NaN counts as an infinite difference.
    const d = Math.abs(actual[i]! - expected[i]!);
    difference = d <= difference ? difference : Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return difference / scale;
}
