import fc from 'fast-check';
import { expect, test } from 'vitest';
import { floorToFloat32 } from './floor-to-float32.ts';

test('is the largest float32 that is not above the value', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), (value) => {
      const floor = floorToFloat32(value);
      expect(Math.fround(floor)).toBe(floor);
      expect(floor).toBeLessThanOrEqual(value);
      const nearest = Math.fround(value);
      if (nearest <= value) expect(floor).toBe(nearest);
      // Halfway to the float32 that was rounded to lies nothing representable.
      else expect([floor, nearest]).toContain(Math.fround((floor + nearest) / 2));
    }),
  );
});

test('keeps what float32 holds', () => {
  for (const value of [0, 0.5, 8, 2 ** -149, -0.25]) expect(floorToFloat32(value)).toBe(value);
});

test('goes down from values whose nearest float32 is above', () => {
  expect(floorToFloat32(0.1)).toBe(0.1 - (0.1 - 0.09999999403953552));
  expect(floorToFloat32(1e39)).toBe(3.4028234663852886e38);
});
