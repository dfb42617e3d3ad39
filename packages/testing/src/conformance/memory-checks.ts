import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { call, disposeResult, disposeTensors, expectNoLeak, failureOf, frozenOptions, resultOf } from './call.ts';
import { watchModel } from './models.ts';
import { type Plain, readPlain, tensorsIn } from './plain.ts';

export function memoryChecks<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  validResult: () => Promise<Plain>,
): ConformanceCheck[] {
  const { models = [], modifies = [], sync } = algorithm;
  const checks: ConformanceCheck[] = [
    {
      name: 'leaks no tensor',
      run: async () => {
        // The first call may fill a cache of the backend.
        await validResult();
        const outcome = await call(algorithm);
        expect(outcome.thrown).toBeUndefined();
        expectNoLeak(outcome);
      },
    },
    {
      name: 'leaves its inputs as they were',
      run: async () => {
        const inputs = algorithm.inputs();
        const kept = Object.fromEntries(Object.entries(inputs).filter(([key]) => !modifies.includes(key)));
        try {
          const before = await readPlain(kept);
          const result = await algorithm.run(inputs, frozenOptions(algorithm));
          const disposed = [...tensorsIn(kept)].filter((tensor) => tensor.isDisposed);
          expect(disposed, 'inputs that were disposed').toEqual([]);
          const shared = [...tensorsIn(result)].filter((tensor) => tensorsIn(inputs).has(tensor));
          expect(shared, 'results that are an input').toEqual([]);
          disposeResult(algorithm, result);
          expect(await readPlain(kept)).toEqual(before);
        } finally {
          disposeTensors(inputs);
        }
      },
    },
    {
      name: 'says which of its inputs are models',
      run: async () => {
        const inputs = algorithm.inputs();
        disposeTensors(inputs);
        const functions = Object.keys(inputs).filter((key) => typeof inputs[key] === 'function');
        expect(functions.filter((key) => !models.includes(key))).toEqual([]);
      },
    },
  ];

  for (const key of models) {
    checks.push({
      name: `leaks no tensor when ${key} throws`,
      run: async () => {
        let calls = 0;
        await resultOf(
          watchModel(algorithm, key, (output) => {
            calls++;
            return output;
          }),
        );
        expect(calls, `${key} is never called`).toBeGreaterThan(0);
        for (const failing of new Set([1, Math.ceil(calls / 2), calls])) {
          const thrown = new Error(`${key} throws on call ${failing} of ${calls}`);
          let made = 0;
          const throwing = watchModel(algorithm, key, (output) => {
            if (++made === failing) throw thrown;
            return output;
          });
          const failure = await failureOf(throwing, {});
          expect(failure instanceof Error && failure.cause !== undefined ? failure.cause : failure).toBe(thrown);
        }
      },
    });
  }

  if (sync) {
    checks.push({
      name: 'gives its result at once, inside tf.tidy',
      run: async () => {
        const inputs = algorithm.inputs();
        try {
          const before = tf.memory().numTensors;
          const result = tf.tidy(() => {
            const returned = algorithm.run(inputs, frozenOptions(algorithm));
            expect(returned).not.toBeInstanceOf(Promise);
            return returned as tf.TensorContainer;
          });
          expect(tf.memory().numTensors - before, 'tensors that are not in the result').toBe(tensorsIn(result).size);
          const plain = await readPlain(result);
          disposeResult(algorithm, result);
          expect(plain).toEqual(await validResult());
        } finally {
          disposeTensors(inputs);
        }
      },
    });
  }
  return checks;
}
