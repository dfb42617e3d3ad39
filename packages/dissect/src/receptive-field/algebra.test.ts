import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  centerOf,
  type Grid,
  interleaved,
  isLost,
  meet,
  pixels,
  resize,
  slide,
  spread,
  widened,
  woven,
} from './algebra.ts';

/** The first and last pixel that a position sees, told position by position; null where it sees none. */
type Sight = (position: number) => readonly [first: number, last: number] | null;

/** Whether a grid and a sight are the same map. */
interface Case {
  grid: Grid;
  sight: Sight;
}

const identity: Case = { grid: pixels(null), sight: (position) => [position, position] };

const between = (sight: Sight, first: number, last: number): ReturnType<Sight> => {
  const [from, to] = [sight(first), sight(last)];
  return first > last || from === null || to === null ? null : [from[0], to[1]];
};

const found = (grid: ReturnType<typeof slide>): Grid => {
  if (isLost(grid)) throw new Error(grid.lostBy);
  return grid;
};

const slid = (
  { grid, sight }: Case,
  window: { size: number; stride: number; dilation: number; before: number },
): Case => {
  const { size, stride, dilation, before } = window;
  const reach = (size - 1) * dilation;
  return {
    grid: found(slide(grid, { ...window, padding: [before, 0] }, 'w')),
    sight: (position) => between(sight, position * stride - before, position * stride - before + reach),
  };
};

const spreadOut = ({ grid, sight }: Case, window: { size: number; stride: number; before: number }): Case => {
  const { size, stride, before } = window;
  return {
    grid: found(spread(grid, { size, stride, padding: [before, 0] }, null, 'w')),
    sight: (position) =>
      between(sight, Math.ceil((position + before - size + 1) / stride), Math.floor((position + before) / stride)),
  };
};

const positions = Array.from({ length: 41 }, (_, index) => index - 20);

const gaps = ({ grid, sight }: Case) =>
  positions.flatMap((position) => {
    const seen = sight(position);
    const start = grid.offset + position * grid.stride;
    return seen === null ? [] : [[seen[0] - start, start + grid.size - 1 - seen[1]] as const];
  });

const small = (min: number, max: number) => fc.integer({ min, max });
const windows = fc.record({ size: small(1, 5), stride: small(1, 3), dilation: small(1, 3), before: small(-2, 4) });

describe('the receptive field along a direction', () => {
  it('of windows one after the other is what their positions see', () => {
    fc.assert(
      fc.property(fc.array(windows, { maxLength: 5 }), (list) => {
        expect(gaps(list.reduce(slid, identity)).every(([first, last]) => first === 0 && last === 0)).toBe(true);
      }),
    );
  });

  it('of a transposed window behind others is the smallest that holds for all positions', () => {
    const transposed = fc.record({ size: small(1, 6), stride: small(1, 4), before: small(0, 3) });
    fc.assert(
      fc.property(fc.array(windows, { maxLength: 3 }), transposed, (list, last) => {
        const all = gaps(spreadOut(list.reduce(slid, identity), last));
        expect(Math.min(...all.map(([first]) => first))).toBeCloseTo(0, 9);
        expect(Math.min(...all.map(([, end]) => end))).toBeCloseTo(0, 9);
      }),
    );
  });

  it('behind a transposed window holds what its positions see', () => {
    fc.assert(
      fc.property(windows, windows, windows, (first, middle, last) => {
        const all = gaps(slid(spreadOut(slid(identity, first), { ...middle, before: 1 }), last));
        expect(all.flat().every((gap) => gap > -1e-9)).toBe(true);
      }),
    );
  });

  it('of a resized map is what tf.image reads, for every rule', () => {
    const rules = fc.record({ nearest: fc.boolean(), alignCorners: fc.boolean(), halfPixelCenters: fc.boolean() });
    fc.assert(
      fc.property(small(1, 20), small(1, 40), rules, small(1, 4), (from, to, rule, stride) => {
        const before = { ...pixels(from), stride, size: 3, offset: -1 };
        const grid = found(resize(before, to, rule, 'w'));
        const rate = rule.alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
        const all = Array.from({ length: to }, (_, position) => {
          const isShifted = rule.halfPixelCenters && !(rule.alignCorners && to > 1);
          const place = isShifted ? (position + 0.5) * rate - (rule.nearest ? 0 : 0.5) : position * rate;
          const near = (value: number, round: (value: number) => number) =>
            Math.abs(value - Math.round(value)) < 1e-9 ? Math.round(value) : round(value);
          const low = rule.nearest
            ? rule.alignCorners && to > 1
              ? Math.round(near(place * 2, (each) => each) / 2)
              : near(place, Math.floor)
            : near(place, Math.floor);
          const high = rule.nearest ? low : near(place, Math.ceil);
          const [first, last] = [low, high].map((each) => Math.min(from - 1, Math.max(0, each)));
          const start = grid.offset + position * grid.stride;
          return [first! * stride - 1 - start, start + grid.size - 1 - (last! * stride + 1)] as const;
        });
        expect(Math.min(...all.map(([first]) => first))).toBeCloseTo(0, 9);
        expect(Math.min(...all.map(([, last]) => last))).toBeCloseTo(0, 9);
        expect(grid.length).toBe(to);
      }),
    );
  });

  it('comes back when interleaved maps are woven again', () => {
    const grid = { ...pixels(12), size: 5, stride: 2, offset: -3 };
    expect(interleaved(grid, 3)).toMatchObject({ size: 5, stride: 6, offset: -3, length: 4 });
    expect(woven(interleaved(grid, 3), 3)).toEqual(grid);
  });

  it('of branches holds all of theirs', () => {
    const grids: [Grid, Grid] = [
      { ...pixels(8), size: 4, stride: 2, offset: -1 },
      { ...pixels(8), size: 3, stride: 2, offset: 2 },
    ];
    expect(meet(grids, 'w')).toMatchObject({ size: 6, stride: 2, offset: -1, length: 8, seesAll: false });
    const single = { ...pixels(1), size: 40, stride: 16, offset: -10 };
    expect(meet([single, ...grids], 'w')).toMatchObject({ size: 6, offset: -1, seesAll: true });
    const resized = { ...pixels(8), size: 4, stride: 2.5, offset: 0 };
    expect(meet([resized, grids[0]], 'w')).toMatchObject({ size: 8.5, stride: 2, offset: -1 });
    const coarse = { ...pixels(null), stride: 16 };
    expect(meet([grids[0], coarse], 'sum (Add)')).toEqual({
      lostBy: 'sum (Add) joins maps of different strides, 2 and 16: give inputSize',
      mixes: false,
    });
    expect(meet([grids[0], { ...coarse, length: 7 }], 'sum (Add)')).toMatchObject({
      lostBy: 'sum (Add) joins maps of different strides, 2 and 16: their sizes differ too',
    });
  });

  it('holds the whole image about the same center when it is widened', () => {
    fc.assert(
      fc.property(
        small(1, 60),
        small(1, 9),
        small(-20, 9),
        small(1, 4),
        small(1, 60),
        (size, length, offset, stride, image) => {
          const grid = { ...pixels(length), size, stride, offset };
          const wide = found(widened(grid, image, 'w'));
          expect(centerOf(wide)).toBe(centerOf(grid));
          for (const position of [0, length - 1]) {
            const start = wide.offset + position * stride;
            expect(start).toBeLessThanOrEqual(Math.min(0, offset + position * stride));
            expect(start + wide.size).toBeGreaterThanOrEqual(Math.max(image, offset + position * stride + size));
          }
        },
      ),
    );
    expect(widened(pixels(null), 9, 'gate (Mul)')).toMatchObject({
      lostBy: 'gate (Mul) sees the whole image, and its map has an unknown size: give inputSize',
    });
  });
});
