import { describe, expect, it } from 'vitest';
import { exchangeGroups } from './exchange-groups.ts';

describe('exchangeGroups', () => {
  const kinds = Array.from({ length: 300 }, (_, image) => (image === 7 ? 'rare' : image < 100 ? 'a' : 'b'));

  it('has each image once, with others of its kind, up to 64 at a time', () => {
    const groups = exchangeGroups(kinds, 0);
    expect(groups.flat().sort((a, b) => a - b)).toEqual([...kinds.keys()]);
    for (const group of groups) expect(new Set(group.map((image) => kinds[image])).size).toBe(1);
    // 99 in two groups, 200 in four, and one alone.
    expect(groups.map(({ length }) => length).sort((a, b) => a - b)).toEqual([1, 49, 50, 50, 50, 50, 50]);
  });

  it('mixes neighbors, by the seed', () => {
    expect(exchangeGroups(kinds, 1)).toEqual(exchangeGroups(kinds, 1));
    expect(exchangeGroups(kinds, 1)).not.toEqual(exchangeGroups(kinds, 2));
    const [group] = exchangeGroups(kinds, 1).filter(({ length }) => length > 1);
    const span = Math.max(...group!) - Math.min(...group!);
    expect(span).toBeGreaterThan(80);
  });
});
