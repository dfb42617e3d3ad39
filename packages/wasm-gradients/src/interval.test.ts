import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beforeClip, type Clip, clipTwice, type Interval, intersection } from './interval.ts';

const values = [Number.NEGATIVE_INFINITY, -2, -1, 0, 1, 2, Number.POSITIVE_INFINITY];
const edge = fc.constantFrom(...values);
const interval: fc.Arbitrary<Interval> = fc.record({ low: edge, high: edge, closed: fc.boolean() });
const clip: fc.Arbitrary<Clip> = fc.tuple(edge, edge).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
/** Also between the edges, and NaN, which is in no interval. */
const probes = [...values, -1.5, -0.5, 0.5, 1.5, 3, -3, Number.NaN];

const isIn = (x: number, { low, high, closed }: Interval) => (closed ? x >= low : x > low) && x <= high;
const clipped = (x: number, { low, high }: Clip) => Math.min(Math.max(x, low), high);

describe('intervals', () => {
  it('intersect in what both contain', () => {
    fc.assert(
      fc.property(interval, interval, (a, b) => {
        for (const x of probes) expect(isIn(x, intersection(a, b))).toBe(isIn(x, a) && isIn(x, b));
      }),
    );
  });

  it('contain before a clipping what it takes into them', () => {
    fc.assert(
      fc.property(interval, clip, (into, by) => {
        for (const x of probes) expect(isIn(x, beforeClip(into, by))).toBe(isIn(clipped(x, by), into));
      }),
    );
  });

  it('are clipped to twice as if once', () => {
    fc.assert(
      fc.property(clip, clip, (first, second) => {
        for (const x of probes) expect(clipped(x, clipTwice(first, second))).toBe(clipped(clipped(x, first), second));
      }),
    );
  });
});
