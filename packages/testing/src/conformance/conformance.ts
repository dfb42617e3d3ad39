import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import { abortChecks } from './abort-checks.ts';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { validResultOf } from './call.ts';
import { faultChecks } from './fault-checks.ts';
import { laterChecks } from './later-checks.ts';
import { memoryChecks } from './memory-checks.ts';
import { valueChecks } from './value-checks.ts';

/**
 * Registers the tests that every exported algorithm must pass, on the current backend. On a backend that runs its kernels as
 * shaders, which is slow in software, it registers only the tests that depend on the kernels.
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
    const runsShaders = ['webgl', 'webgpu'].includes(tf.getBackend());
    const checks = conformanceChecks(algorithm).filter(({ onHost }) => !(onHost && runsShaders));
    for (const { name, run } of checks) test(name, run);
  });
}

/** The tests that `conformance` registers, for testing the battery itself. */
export function conformanceChecks<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>): ConformanceCheck[] {
  const validResult = validResultOf(algorithm);
  return [
    ...memoryChecks(algorithm, validResult),
    ...valueChecks(algorithm, validResult),
    ...laterChecks(algorithm, validResult),
    ...faultChecks(algorithm),
    ...abortChecks(algorithm, validResult),
  ];
}
