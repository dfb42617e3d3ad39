/** The same as `x ** (1 / degree)` but for the last digit, in half the time. */
export function root(x: number, degree: number): number {
  return Math.exp(Math.log(x) / degree);
}
