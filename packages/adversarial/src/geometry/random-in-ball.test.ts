import { createRandom } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { randomInBall } from './random-in-ball.ts';

const radius = 0.3;
const length = {
  linf: (point: Float32Array) => Math.max(...point.map(Math.abs)),
  l2: (point: Float32Array) => Math.hypot(...point),
  l1: (point: Float32Array) => point.reduce((sum, value) => sum + Math.abs(value), 0),
};

describe.each(['linf', 'l2', 'l1'] as const)('randomInBall in %s', (norm) => {
  const draws = (dimensions: number, count: number) => {
    const random = createRandom(1);
    return Array.from({ length: count }, () => randomInBall(random, new Float32Array(dimensions), norm, radius));
  };

  test('is uniform in volume: (length / radius)^d is uniform on [0, 1]', () => {
    for (const dimensions of [1, 2, 5]) {
      const volumes = draws(dimensions, 4000).map((point) => (length[norm](point) / radius) ** dimensions);
      const counts = Array(10).fill(0) as number[];
      for (const volume of volumes) counts[Math.min(9, Math.floor(10 * volume))]!++;
      const chiSquared = counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
      // 99.9th percentile at 9 degrees of freedom.
      expect(chiSquared, `${dimensions} dimensions`).toBeLessThan(27.88);
    }
  });

  test('is uniform in direction: the orthants of three dimensions and the order of two values are equally likely', () => {
    const counts = Array(16).fill(0) as number[];
    for (const [a = 0, b = 0, c = 0] of draws(3, 8000)) {
      counts[(a > 0 ? 8 : 0) + (b > 0 ? 4 : 0) + (c > 0 ? 2 : 0) + (Math.abs(a) > Math.abs(b) ? 1 : 0)]!++;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    // 99.9th percentile at 15 degrees of freedom.
    expect(chiSquared).toBeLessThan(37.7);
  });
});
