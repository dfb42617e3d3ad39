/** The numbers from `low`, excluded unless `closed`, to `high`, included. */
export interface Interval {
  low: number;
  high: number;
  closed: boolean;
}

/** Clipping to at least `low` and at most `high`. */
export interface Clip {
  low: number;
  high: number;
}

function contains({ low, high, closed }: Interval, value: number): boolean {
  return (closed ? value >= low : value > low) && value <= high;
}

/** The numbers that both contain. */
export function intersection(a: Interval, b: Interval): Interval {
  const low = Math.max(a.low, b.low);
  const closed = (a.closed || a.low < low) && (b.closed || b.low < low);
  return { low, high: Math.min(a.high, b.high), closed };
}

/** The numbers that clipping maps into the interval. */
export function beforeClip(interval: Interval, clip: Clip): Interval {
  const hasLow = contains(interval, clip.low);
  const hasHigh = contains(interval, clip.high);
  return {
    low: hasLow ? Number.NEGATIVE_INFINITY : Math.max(interval.low, clip.low),
    high: hasHigh ? Number.POSITIVE_INFINITY : Math.min(interval.high, clip.high),
    closed: hasLow || interval.closed,
  };
}

/** One clipping that is the same as two in a row. */
export function clipTwice(first: Clip, second: Clip): Clip {
  const clip = (value: number) => Math.min(Math.max(value, second.low), second.high);
  return { low: clip(first.low), high: clip(first.high) };
}
