import { createRandom } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { colorPreference } from './color-preference.ts';

function expectAxis(axis: readonly number[], direction: readonly number[]): void {
  for (const [channel, part] of direction.entries())
    expect(axis[channel]).toBeCloseTo(part / Math.hypot(...direction), 12);
}

describe('colorPreference', () => {
  test('finds no color in equal weights', () => {
    const gray = colorPreference([1, 1, 1, -2, -2, -2]);
    expect(gray.selectivity).toBeCloseTo(0, 12);
    expect([gray.opponency, gray.axis]).toEqual([0, [0, 0, 0]]);
  });

  test('finds red against green wholly selective and opponent', () => {
    const { selectivity, opponency, axis } = colorPreference([1, -1, 0, 2, -2, 0]);
    expect([selectivity, opponency]).toEqual([1, 1]);
    expectAxis(axis, [1, -1, 0]);
  });

  test('finds blue against yellow whichever side excites', () => {
    for (const side of [1, -1]) {
      const { axis } = colorPreference([-side, -side, 2 * side]);
      expectAxis(axis, [-1, -1, 2]);
    }
  });

  test('finds red alone selective by two thirds, and not opponent: nothing inhibits it', () => {
    const { selectivity, opponency, axis } = colorPreference([3, 0, 0]);
    expect(selectivity).toBeCloseTo(2 / 3, 12);
    expect(opponency).toBe(0);
    expectAxis(axis, [2, -1, -1]);
  });

  test('finds an edge from red to cyan opponent where its sums over the kernel are not', () => {
    expect(colorPreference([2, -1, -1, -2, 1, 1]).opponency).toBe(1);
  });

  test('finds two thirds of the energy of independent weights off the gray axis', () => {
    const weights = createRandom(0).fillNormal(new Float32Array(3 * 20000));
    expect(Math.abs(colorPreference(weights).selectivity - 2 / 3)).toBeLessThan(0.01);
  });

  test('has an axis of length 1, orthogonal to gray, along which the weights vary most', () => {
    const weights = createRandom(1).fillNormal(new Float32Array(3 * 9));
    const { axis } = colorPreference(weights);
    expect(Math.hypot(...axis)).toBeCloseTo(1, 12);
    expect(axis[0] + axis[1] + axis[2]).toBeCloseTo(0, 12);
    const energyAlong = (direction: readonly number[]) => {
      let energy = 0;
      for (let pixel = 0; pixel < 9; pixel++) {
        energy += direction.reduce((sum, part, channel) => sum + part * weights[3 * pixel + channel]!, 0) ** 2;
      }
      return energy;
    };
    for (let degree = 0; degree < 360; degree += 5) {
      const u = Math.cos((degree * Math.PI) / 180) / Math.SQRT2;
      const v = Math.sin((degree * Math.PI) / 180) / Math.sqrt(6);
      expect(energyAlong([u + v, v - u, -2 * v])).toBeLessThanOrEqual(energyAlong(axis) + 1e-9);
    }
  });

  test('finds nothing in no weights', () => {
    expect(colorPreference([0, 0, 0])).toEqual({ selectivity: 0, opponency: 0, axis: [0, 0, 0] });
  });
});
