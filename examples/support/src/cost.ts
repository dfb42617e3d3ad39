/** A ratio and what it should be at most, or at least. */
export interface Cost {
  what: string;
  ratio: number;
  bound: { atMost: number } | { atLeast: number };
  detail: string;
}

export function costLine({ what, ratio, bound, detail }: Cost): string {
  const isMet = 'atMost' in bound ? ratio <= bound.atMost : ratio >= bound.atLeast;
  const wanted = 'atMost' in bound ? `at most ${bound.atMost}` : `at least ${bound.atLeast}`;
  return `${isMet ? 'met   ' : 'MISSED'}  ${ratio.toFixed(2).padStart(8)}  (${wanted})  ${what}: ${detail}`;
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
