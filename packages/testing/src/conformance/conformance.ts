import { describe, test } from 'vitest';
import { abortChecks } from './abort-checks.ts';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { faultChecks } from './fault-checks.ts';
import { memoryChecks } from './memory-checks.ts';
import { valueChecks } from './value-checks.ts';

/**
 * Registers the tests that every exported algorithm has to pass, on the current backend.
 *
 * @example
 * describeOnBackends(['cpu', 'wasm'], () =>
 *   conformance({
 *     name: 'fgsm',
 *     inputs: () => ({ model: tinyCnn(), images: tf.fill([4, 8, 8, 1], 0.5), labels: tf.tensor1d([0, 1, 2, 0], 'int32') }),
 *     models: ['model'],
 *     options: { epsilon: 0.1, bounds: [0, 1] },
 *     run: ({ model, images, labels }, options) => fgsm(model, images, labels, options),
 *     badOptions: [[{ epsilon: -1 }, /epsilon must be a number >= 0, got -1/]],
 *     sync: true,
 *     batched: { inputs: ['images', 'labels'] },
 *     bounds: [0, 1],
 *   }),
 * );
 */
export function conformance<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>): void {
  describe(`conformance of ${algorithm.name}`, () => {
    for (const { name, run } of conformanceChecks(algorithm)) test(name, run);
  });
}

/** The tests that `conformance` registers, for the test of the battery itself. */
export function conformanceChecks<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>): ConformanceCheck[] {
  return [...memoryChecks(algorithm), ...valueChecks(algorithm), ...faultChecks(algorithm), ...abortChecks(algorithm)];
}
