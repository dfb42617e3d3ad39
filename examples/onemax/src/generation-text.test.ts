import { expect, it } from 'vitest';
import { generationText } from './generation-text.ts';

it('shows strings with their chances, and pairs with their cuts and flips', () => {
  const text = generationText(
    {
      strings: [
        { bits: '0011', fitness: 2, selectionProbability: 0.4 },
        { bits: '1110', fitness: 3, selectionProbability: 0.6 },
      ],
      best: 3,
      mean: 2.5,
      elites: [],
      pairs: [
        {
          parents: [1, 0],
          cuts: { start: 1, end: 3 },
          children: [
            { bits: '1010', flipped: [] },
            { bits: '0111', flipped: [3] },
          ],
        },
      ],
    },
    7,
    4,
  );
  expect(text.split('\n')).toEqual([
    'generation 7: best 3, mean 2.50',
    '    0  0011    2  drawn with 40.00%',
    '    1  1110    3  drawn with 60.00%',
    '       ┌   1  1|11|0  →  1010',
    '       └   0  0|01|1  →  0111, flipped at 3',
  ]);
});
