import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publishedPackages } from '../documentation/find-examples.ts';
import { circleOf, importsBetweenRooms } from './rooms.ts';

const root = resolve(import.meta.dirname, '../../../..');

describe('imports between the rooms of a package', () => {
  test.each(publishedPackages(root))('%s: go one way', (folder) => {
    expect(circleOf(importsBetweenRooms(join(root, 'packages', folder, 'src')))).toBeUndefined();
  });

  test('are all seen', () => {
    const rooms = importsBetweenRooms(join(root, 'packages/adversarial/src'));
    expect([...rooms.get('fooling-images')!].sort()).toContain('losses');
    expect(rooms.size).toBeGreaterThan(6);
  });

  test('make a circle where the last imports the first', () => {
    const chain = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c', 'd'])],
      ['c', new Set<string>()],
    ]);
    expect(circleOf(chain)).toBeUndefined();
    expect(circleOf(new Map([...chain, ['d', new Set(['a'])]]))).toEqual(['a', 'b', 'd', 'a']);
  });
});
