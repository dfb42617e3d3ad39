import type { Answer } from '../../worker/digit.ts';

/** Such as `an 8, 99.1 %`. */
export function named({ classes, label, probabilities }: Answer): string {
  return `${article(classes[label]!)}, ${percent(probabilities[label]!)}`;
}

/** Such as `an 8`. */
export function article(name: string): string {
  return /^(8|11|18|[aeio])/.test(name) ? `an ${name}` : `a ${name}`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}
