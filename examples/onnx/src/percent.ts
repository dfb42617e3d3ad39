/** Rounded down, so that only certainty reads 100 %; in one line. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)}\u00a0%`;
}
