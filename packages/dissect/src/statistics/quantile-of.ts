/** Of rising numbers, linear between neighbors: numpy's and R's default. */
export function quantileOf(rising: ArrayLike<number>, quantile: number): number {
  const rank = (rising.length - 1) * quantile;
  const lower = rising[Math.floor(rank)]!;
  return lower + (rank - Math.floor(rank)) * (rising[Math.ceil(rank)]! - lower);
}
