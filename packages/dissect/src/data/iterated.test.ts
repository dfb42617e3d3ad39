import { checker } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { iterated } from './iterated.ts';

const check = checker('@cnnviz/dissect', 'test');

async function listOf(values: unknown, most = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const value of iterated(check, 'batches', 'a list of batches', values as Iterable<unknown>)) {
    list.push(value);
    if (list.length === most) break;
  }
  return list;
}

describe('iterated', () => {
  test('goes through lists, generators and promises', async () => {
    async function* later() {
      yield 1;
      yield 2;
    }
    expect(await listOf([1, Promise.resolve(2)])).toEqual([1, 2]);
    expect(await listOf(new Set([1, 2]))).toEqual([1, 2]);
    expect(await listOf(later())).toEqual([1, 2]);
    expect(await listOf([])).toEqual([]);
  });

  test('closes what is left early, and not what ended or failed', async () => {
    let closed = 0;
    const counting = (fail: boolean) => ({
      [Symbol.iterator]: () => ({
        next: () => {
          if (fail) throw new Error('own');
          return { done: false, value: 1 };
        },
        return: () => {
          closed++;
          return { done: true, value: undefined };
        },
      }),
    });
    expect(await listOf(counting(false), 2)).toEqual([1, 1]);
    expect(closed).toBe(1);
    await expect(listOf(counting(true))).rejects.toThrow(/^own$/);
    expect(closed).toBe(1);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'abc'],
    ['a number', 5],
    ['an object', {}],
    ['a generator function that was not called', function* () {}],
    ['an iterator that is none', { [Symbol.iterator]: () => 5 }],
    ['an iterator of nothing', { [Symbol.asyncIterator]: () => undefined }],
    ['an iterator without next', { [Symbol.iterator]: () => ({}) }],
    ['an iterator whose results are none', { [Symbol.iterator]: () => ({ next: () => 5 }) }],
    ['an iterator that gives nothing later', { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) }],
    ['a property that is no function', { [Symbol.iterator]: 5 }],
  ])('refuses %s', async (_, values) => {
    await expect(listOf(values)).rejects.toThrow('@cnnviz/dissect: test: batches must be a list of batches, got');
  });
});
