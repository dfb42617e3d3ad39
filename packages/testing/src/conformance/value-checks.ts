import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { disposeTensors, expectDocumentedError, failureOf, resultOf } from './call.ts';
import { watchModel } from './models.ts';
import { entriesOfExample, imageValuesIn, numbersIn, type Plain } from './plain.ts';

export function valueChecks<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  validResult: () => Promise<Plain>,
): ConformanceCheck[] {
  const { seeded, batched, bounds, nonFinite, models = [] } = algorithm;
  const checks: ConformanceCheck[] = [
    {
      name: seeded ? 'gives the same result for the same seed' : 'gives the same result each time',
      run: async () => {
        expect(await resultOf(algorithm)).toEqual(await validResult());
      },
    },
    {
      name: 'gives finite numbers',
      run: async () => {
        const numbers = numbersIn(await validResult());
        expect(numbers.length, 'numbers in the result').toBeGreaterThan(0);
        expect(numbers.filter((number) => !Number.isFinite(number))).toEqual([]);
      },
    },
  ];

  if (seeded === true) {
    checks.push({
      name: 'gives another result for another seed',
      run: async () => {
        const results = new Set<string>();
        for (const seed of [0, 1, 2]) results.add(JSON.stringify(await resultOf(algorithm, { options: { seed } })));
        expect(results.size).toBe(3);
      },
    });
  }

  if (bounds !== undefined) {
    checks.push({
      name: `stays within [${bounds[0]}, ${bounds[1]}]`,
      run: async () => {
        const values = imageValuesIn(await validResult());
        expect(values.length, 'images in the result').toBeGreaterThan(0);
        const min = Math.fround(bounds[0]);
        const max = Math.fround(bounds[1]);
        expect(values.filter((value) => !(value >= min && value <= max))).toEqual([]);
      },
    });
  }

  if (batched !== undefined) {
    checks.push({
      name: 'treats an example alike alone and in a batch',
      run: async () => {
        const whole = await validResult();
        const count = exampleCount(algorithm, batched.inputs);
        for (let index = 0; index < count; index++) {
          const alone = await resultOf(withOneExample(algorithm, batched.inputs, index));
          const expected = entriesOfExample(whole, index, count);
          expect(expected.length, 'entries for each example in the result').toBeGreaterThan(0);
          expectClose(entriesOfExample(alone, 0, 1), expected, batched.tolerance ?? 1e-5);
        }
      },
    });
  }

  if (nonFinite !== undefined) {
    for (const key of models) {
      checks.push({
        name: `rejects NaN from ${key}`,
        run: async () => {
          const broken = watchModel(algorithm, key, (output) => tf.mul(output, Number.NaN));
          expectDocumentedError(await failureOf(broken, {}), algorithm.name, nonFinite);
        },
      });
    }
  }
  return checks;
}

function exampleCount<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>, keys: readonly string[]): number {
  const inputs = algorithm.inputs();
  const counts = keys.map((key) => {
    const input = inputs[key];
    return input instanceof tf.Tensor ? (input.shape[0] ?? 0) : (input as ArrayLike<unknown>).length;
  });
  disposeTensors(inputs);
  expect(new Set(counts).size, 'numbers of examples').toBe(1);
  expect(counts[0], 'examples in the batch').toBeGreaterThan(1);
  return counts[0]!;
}

function withOneExample<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  keys: readonly string[],
  index: number,
): Algorithm<I, O> {
  return {
    ...algorithm,
    inputs: () => {
      const inputs: Inputs = algorithm.inputs();
      const chosen = keys.map((key) => {
        const input = inputs[key] as tf.Tensor | { slice(start: number, end: number): unknown };
        if (!(input instanceof tf.Tensor)) return [key, input.slice(index, index + 1)];
        const one = tf.slice(input, index, 1);
        input.dispose();
        return [key, one];
      });
      return { ...inputs, ...Object.fromEntries(chosen) } as I;
    },
  };
}

function expectClose(actual: number[][], expected: number[][], tolerance: number): void {
  expect(actual.map((entry) => entry.length)).toEqual(expected.map((entry) => entry.length));
  const pairs = actual.flatMap((entry, i) => entry.map((value, j) => [value, expected[i]![j]!] as const));
  const apart = pairs.filter(([a, b]) => !(Math.abs(a - b) <= tolerance * (1 + Math.abs(b))));
  expect(apart, `[alone, in the batch], further apart than ${tolerance}`).toEqual([]);
}
