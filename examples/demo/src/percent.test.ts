import { expect, it } from 'vitest';
import { percent } from './percent.ts';

it.each([
  [0, '0.0 %'],
  [0.97, '97.0 %'],
  [0.29, '29.0 %'],
  [0.9999, '99.9 %'],
  [0.99999999, '99.9 %'],
  [1, '100.0 %'],
])('writes %d as %s', (share, text) => {
  expect(percent(share)).toBe(text);
});
