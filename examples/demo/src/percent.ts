/** A share as per cent, rounded down, so that 99.99 % is never shown as 100 %. */
export function percent(share: number, digits = 1): string {
  const scale = 10 ** digits;
  // A share such as 0.97 is a little less in binary; the nudge is far below what is shown.
  return `${(Math.floor(share * 100 * scale + 1e-6) / scale).toFixed(digits)} %`;
}
