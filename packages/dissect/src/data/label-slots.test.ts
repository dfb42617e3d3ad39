import { runInNewContext } from 'node:vm';
import { checker } from '@cnnviz/internal';
import { expect, it } from 'vitest';
import { labelSlots } from './label-slots.ts';

it('takes label maps of another realm', () => {
  const slots = labelSlots(checker('@cnnviz/dissect', 'labelSlots'), {
    concepts: [
      { number: 1, name: 'sky', category: 'object' },
      { number: 300, name: 'car', category: 'object' },
    ],
    categories: ['object'],
    labelSize: [1, 3],
  });
  const imageOf = (labels: Uint16Array) => ({ name: 'a', maps: [{ category: 'object', labels }], imageLabels: [] });
  const elsewhere = runInNewContext('Uint16Array.of(0, 300, 1)') as Uint16Array;
  expect(slots.of(imageOf(elsewhere))).toEqual(slots.of(imageOf(Uint16Array.of(0, 300, 1))));
  expect(() => slots.of(imageOf(Uint8Array.of(0, 1, 1) as unknown as Uint16Array))).toThrow('must be a Uint16Array');
});
