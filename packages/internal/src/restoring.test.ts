import { expect, test } from 'vitest';
import { checker } from './check.ts';
import { restoring } from './restoring.ts';

const check = checker('@cnnviz/genetic', 'MapElites');

test('returns what was restored', () => {
  expect(restoring(check, 'state', () => 3)).toBe(3);
});

test('passes the errors of a checker, and says of every other that the data is damaged', () => {
  const own = checker('@cnnviz/genetic', 'directEncoding').error('range', 'genes', 'of length 3', 2);
  expect(() => restoring(check, 'state', () => fail(own))).toThrow(own);
  const foreign = new TypeError('@cnnviz/genetic: somebody else who writes like us');
  expect(() => restoring(check, 'state', () => fail(foreign))).toThrow(
    new Error(`@cnnviz/genetic: MapElites: state is damaged: ${foreign.message}`),
  );
});

function fail(error: Error): never {
  throw error;
}
