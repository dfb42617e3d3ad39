import { afterEach, expect, test, vi } from 'vitest';
import { checker } from './check.ts';
import { cleanUp } from './clean-up.ts';

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
afterEach(() => warn.mockClear());
const check = checker('@cnnviz/regularizers', 'train');

async function work(fails: boolean): Promise<string> {
  try {
    if (fails) throw new Error('the first error');
    return 'the result';
  } finally {
    cleanUp(check, 'restoring the weights', () => {
      throw new Error('a second one');
    });
  }
}

test('an error in finally hides neither the result nor the error before it, and is a warning', async () => {
  expect(await work(false)).toBe('the result');
  await expect(work(true)).rejects.toThrow('the first error');
  expect(warn.mock.calls).toEqual(
    new Array(2).fill(['@cnnviz/regularizers: train: restoring the weights failed: a second one']),
  );
});

test('without an error nothing is said', () => {
  const step = vi.fn();
  cleanUp(check, 'a step', step);
  expect(step).toHaveBeenCalledOnce();
  expect(warn).not.toHaveBeenCalled();
});
