import type { Check } from '@cnnviz/internal';

/**
 * Goes through what can be iterated, at once or later, as `for await` does. What cannot be is refused by name, also where
 * that shows only on the way.
 *
 * @param expected As the error says it: `a list of shards`.
 */
export async function* iterated<T>(
  check: Check,
  name: string,
  expected: string,
  values: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const found = values as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined;
  const start = typeof found === 'object' ? (found?.[Symbol.asyncIterator] ?? found?.[Symbol.iterator]) : undefined;
  // Text can be iterated, and is none.
  if (typeof start !== 'function') return check.fail('type', name, expected, values);
  const iterator: Iterator<T> | AsyncIterator<T> = Reflect.apply(start, values, []);
  if (typeof iterator?.next !== 'function') return check.fail('type', name, expected, values);
  let isOpen = false;
  try {
    for (;;) {
      const result = await iterator.next();
      if (typeof result !== 'object' || result === null) return check.fail('type', name, expected, values);
      if (result.done) return;
      isOpen = true;
      yield await result.value;
      isOpen = false;
    }
  } finally {
    // Left early.
    if (isOpen) await iterator.return?.();
  }
}
