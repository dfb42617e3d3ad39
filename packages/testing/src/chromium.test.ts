import { expect, test } from 'vitest';
import { findChromium, reasonWithoutChromium } from './chromium.ts';
import { isRequired } from './required.ts';

test('the browser tests have a Chromium', ({ skip }) => {
  const reason = reasonWithoutChromium();
  if (reason !== undefined && !isRequired('chromium')) skip(reason);
  expect(reason).toBeUndefined();
});

test('CNNVIZ_CHROMIUM goes before what is installed, and a wrong one is a reason', () => {
  const environment = { CNNVIZ_CHROMIUM: '/nowhere/chromium', PATH: process.env.PATH };
  expect(findChromium(environment)).toBe('/nowhere/chromium');
  expect(reasonWithoutChromium(environment)).toMatch('/nowhere/chromium');
});
