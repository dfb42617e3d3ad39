import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../../test-support/chi-squared.ts';
import { patchCrossover } from './patch-crossover.ts';

describe('patchCrossover', () => {
  const shape = [3, 4, 2] as const;
  const black = new Float32Array(24);
  const white = new Float32Array(24).fill(1);

  it('exchanges each rectangle equally often, both channels of each pixel', () => {
    const random = createRandom(9);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 60_000; draw++) {
      const [child] = patchCrossover(black, white, random, { shape });
      const pixels = Array.from({ length: 12 }, (_, pixel) => pixel).filter((pixel) => child[2 * pixel] === 1);
      const [first, last] = [pixels[0]!, pixels.at(-1)!];
      const [height, width] = [((last / 4) | 0) - ((first / 4) | 0) + 1, (last % 4) - (first % 4) + 1];
      const whole = pixels.length === height * width && pixels.every((pixel) => child[2 * pixel + 1] === 1);
      if (!whole) expect.fail(`not a rectangle of pixels: ${pixels}`);
      const key = `${first},${last}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6 * 10);
    expect(chiSquaredDeviation([...counts.values()], Array(60).fill(1 / 60))).toBeLessThan(4);
  });

  it('throws where the genes are not those of the shape', () => {
    expect(() => patchCrossover(black, white, createRandom(0), { shape: [3, 3, 2] })).toThrow(
      '@cnnviz/genetic: patchCrossover: parents must be of 3 * 3 * 2 genes, got 24',
    );
  });
});
