import * as tf from '@tensorflow/tfjs-core';

/** A result, or inputs, read from the device: what `toEqual` can compare after the tensors are gone. */
export type Plain = unknown;

/** A tensor that was read. */
class PlainTensor {
  constructor(
    readonly dtype: string,
    readonly shape: readonly number[],
    readonly values: readonly (number | string)[],
  ) {}
}

/** Every tensor inside arrays and plain objects, once. */
export function tensorsIn(value: unknown, found = new Set<tf.Tensor>(), seen = new Set<object>()): Set<tf.Tensor> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof tf.Tensor) return found.add(value);
  if (!ArrayBuffer.isView(value)) for (const part of Object.values(value)) tensorsIn(part, found, seen);
  return found;
}

export async function readPlain(value: unknown): Promise<Plain> {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof tf.Tensor) return new PlainTensor(value.dtype, value.shape, [...(await value.data())]);
  if (ArrayBuffer.isView(value))
    return value instanceof DataView ? value : Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return Promise.all(value.map(readPlain));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return (value as { toJSON(): unknown }).toJSON();
  const entries = Object.entries(value).map(async ([key, part]) => [key, await readPlain(part)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Every number of a result, depth first. */
export function numbersIn(plain: Plain): number[] {
  if (typeof plain === 'number') return [plain];
  if (plain instanceof PlainTensor) return plain.values.filter((value) => typeof value === 'number');
  if (typeof plain !== 'object' || plain === null) return [];
  return Object.values(plain).flatMap(numbersIn);
}

/** The values of every image batch `[n, h, w, c]` of a result. */
export function imageValuesIn(plain: Plain): number[] {
  if (plain instanceof PlainTensor) return plain.shape.length === 4 ? (plain.values as number[]) : [];
  if (typeof plain !== 'object' || plain === null) return [];
  return Object.values(plain).flatMap(imageValuesIn);
}

/** What a result says of one of its `count` examples: that entry of everything that has `count` entries. */
export function entriesOfExample(plain: Plain, index: number, count: number): number[][] {
  if (plain instanceof PlainTensor) {
    if (plain.shape[0] !== count) return [];
    const size = plain.values.length / count;
    return [(plain.values as number[]).slice(index * size, (index + 1) * size)];
  }
  if (typeof plain !== 'object' || plain === null) return [];
  if (Array.isArray(plain) && plain.length === count) return [numbersIn(plain[index])];
  return Object.values(plain).flatMap((part) => entriesOfExample(part, index, count));
}
