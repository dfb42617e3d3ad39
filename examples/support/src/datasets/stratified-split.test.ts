import { describe, expect, it } from 'vitest';
import type { ImageSet } from './image-set.ts';
import { stratifiedSplit } from './stratified-split.ts';

/** Image i is one pixel of level i, so that images can be told apart. */
const labels = Uint8Array.from({ length: 200 }, (_, i) => (i < 101 ? 0 : i < 167 ? 1 : 2));
const set: ImageSet = {
  name: 'levels',
  images: Uint8Array.from({ length: 200 }, (_, i) => i),
  labels,
  shape: [1, 1, 1],
  classes: ['a', 'b', 'c'],
  bounds: [0, 1],
};

const countOf = (part: ImageSet) => part.classes.map((_, label) => part.labels.filter((l) => l === label).length);

describe('stratifiedSplit', () => {
  it('puts every image into exactly one part, with its label', () => {
    const { train, test } = stratifiedSplit(set, { test: 50, seed: 0 });
    expect([...train.images, ...test.images].sort((a, b) => a - b)).toEqual([...set.images]);
    for (const part of [train, test]) {
      part.images.forEach((level, i) => {
        expect(part.labels[i]).toBe(labels[level]);
      });
    }
  });

  it('gives each class its share, largest fractions rounded up', () => {
    // Shares of 50: 101/4 = 25.25, 66/4 = 16.5, 33/4 = 8.25.
    const { train, test } = stratifiedSplit(set, { test: 50, seed: 0 });
    expect(countOf(test)).toEqual([25, 17, 8]);
    expect(countOf(train)).toEqual([76, 49, 25]);
  });

  it('depends on the seed alone', () => {
    const images = (seed: number) => [...stratifiedSplit(set, { test: 50, seed }).test.images];
    expect(images(0)).toEqual(images(0));
    expect(images(0)).not.toEqual(images(1));
  });

  it('mixes the classes', () => {
    const { train } = stratifiedSplit(set, { test: 50, seed: 0 });
    const changes = train.labels.filter((label, i) => i > 0 && label !== train.labels[i - 1]).length;
    expect(changes).toBeGreaterThan(40);
  });

  it.each([0, 200, 2.5])('rejects %s test images', (test) => {
    expect(() => stratifiedSplit(set, { test, seed: 0 })).toThrow(/^@cnnviz\/example-support: stratifiedSplit: test/);
  });
});
