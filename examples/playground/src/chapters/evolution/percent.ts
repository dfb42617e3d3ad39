/** Rounded down, so that only certainty reads 100 %; in one line. */
export function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}\u00a0%`;
}
