/** The quantile of rising numbers, linear between neighbors: the default of numpy and R. */
export function quantileOf(rising: ArrayLike<number>, quantile: number): number {
  const rank = (rising.length - 1) * quantile;
  const lower = rising[Math.floor(rank)]!;
  return lower + (rank - Math.floor(rank)) * (rising[Math.ceil(rank)]! - lower);
}
