import { describe, it } from 'vitest';
import { expectAccurate } from '../../test-support/expect-accurate.ts';

describe.each(['Sum', 'Mean'] as const)('%s', (kernel) => {
  it.each([
    [[1_000_000, 3], [0]],
    [
      [100, 30_000],
      [0, 1],
    ],
    [[1_000_000, 17], [0]],
  ])('stays accurate over %j', async (shape, axis) => {
    await expectAccurate({ kernel, shape, axis });
  });
});
