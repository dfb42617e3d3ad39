import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { call, disposeTensors, expectNoLeak, failureOf, frozenOptions, resultOf } from './call.ts';
import { type Model, replaceModel } from './models.ts';
import type { Plain } from './plain.ts';

/** What each model that answers with promises is to lead to. */
export function laterChecks<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  validResult: () => Promise<Plain>,
): ConformanceCheck[] {
  const { models = [], later = [] } = algorithm;
  return models.flatMap((key) =>
    later.includes(key) ? waitingChecks(algorithm, key, validResult) : [refusalCheck(algorithm, key)],
  );
}

function waitingChecks<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
  validResult: () => Promise<Plain>,
): ConformanceCheck[] {
  const checks: ConformanceCheck[] = [
    {
      name: `gives the same result where ${key} answers later, and leaks no tensor`,
      onHost: true,
      run: async () => {
        const outcome = await call(replaceModel(algorithm, key, answeringLater));
        if (outcome.thrown !== undefined) throw outcome.thrown;
        expect(outcome.result).toEqual(await validResult());
        expectNoLeak(outcome);
      },
    },
    {
      name: `leaves what ${key} keeps`,
      onHost: true,
      run: async () => {
        for (const wait of [() => undefined, nextTurn]) {
          const kept: tf.Tensor[] = [];
          const keep = (output: tf.Tensor) => {
            kept.push(tf.keep(output));
            return output;
          };
          await resultOf(
            replaceModel(algorithm, key, (model) => (...parameters) => {
              const waited = wait();
              return waited === undefined ? keep(model(...parameters)) : waited.then(() => keep(model(...parameters)));
            }),
          );
          const disposed = kept.filter((tensor) => tensor.isDisposed);
          tf.dispose(kept);
          expect(kept.length, `answers of ${key}`).toBeGreaterThan(0);
          expect(disposed, `answers of ${key} that were disposed`).toEqual([]);
        }
      },
    },
    {
      name: `passes on what ${key} rejects with, and leaks no tensor`,
      onHost: true,
      run: async () => {
        const calls = await callsOf(algorithm, key);
        for (const failing of new Set([1, Math.ceil(calls / 2), calls])) {
          const reason = new Error(`${key} rejects call ${failing} of ${calls}`);
          let made = 0;
          const rejecting = replaceModel(algorithm, key, (model) => (...parameters) => {
            const isFailing = ++made === failing;
            return isFailing ? nextTurn().then(() => Promise.reject(reason)) : answeringLater(model)(...parameters);
          });
          const failure = await failureOf(rejecting, {});
          expect(failure instanceof Error && failure.cause !== undefined ? failure.cause : failure).toBe(reason);
        }
      },
    },
  ];
  if (algorithm.abortable) {
    checks.push({
      name: `rejects with the reason of a signal that is aborted while ${key} is to answer`,
      onHost: true,
      run: async () => {
        const reason = new Error('aborted while waiting');
        const controller = new AbortController();
        const aborting = replaceModel(algorithm, key, (model) => (...parameters) => {
          controller.abort(reason);
          return answeringLater(model)(...parameters);
        });
        expect(await failureOf(aborting, { options: { signal: controller.signal } })).toBe(reason);
      },
    });
  }
  return checks;
}

function refusalCheck<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
): ConformanceCheck {
  return {
    name: `refuses a promise of ${key}, and leaks no tensor`,
    onHost: true,
    run: async () => {
      const answers: Promise<tf.Tensor>[] = [];
      const { inputs: createInputs } = replaceModel(algorithm, key, (model) => (...parameters) => {
        const answer = nextTurn().then(() => model(...parameters));
        answers.push(answer);
        return answer;
      });
      const inputs = createInputs();
      try {
        const before = tf.memory();
        const thrown = await runToFailure(algorithm, inputs);
        await Promise.allSettled(answers);
        await nextTurn();
        const after = tf.memory();
        expect(thrown).toBeInstanceOf(TypeError);
        expect((thrown as Error).message).toMatch(
          /^@cnnviz\/[a-z-]+: \w+: needs .+, so it must be synchronous, got a promise$/,
        );
        expect(answers.length, `calls of ${key}`).toBeGreaterThan(0);
        expectNoLeak({
          result: undefined,
          thrown,
          leakedTensors: after.numTensors - before.numTensors,
          leakedBuffers: after.numDataBuffers - before.numDataBuffers,
        });
      } finally {
        disposeTensors(inputs);
      }
    },
  };
}

async function runToFailure<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  inputs: I,
): Promise<unknown> {
  try {
    await algorithm.run(inputs, frozenOptions(algorithm));
  } catch (thrown) {
    return thrown;
  }
  return expect.fail(`${algorithm.name} did not throw`);
}

async function callsOf<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  key: keyof I & string,
): Promise<number> {
  let calls = 0;
  await resultOf(
    replaceModel(algorithm, key, (model) => (...parameters) => {
      calls++;
      return model(...parameters);
    }),
  );
  return calls;
}

/** The same model, a turn of the event loop later. It needs its images until then, and a tensor from before it waits. */
function answeringLater(model: Model): (...parameters: unknown[]) => Promise<tf.Tensor> {
  return async (...parameters) => {
    const one = tf.scalar(1);
    try {
      await nextTurn();
      if (parameters.some((input) => input instanceof tf.Tensor && input.isDisposed)) {
        throw new Error('images were disposed before the model answered');
      }
      return tf.tidy(() => tf.mul(model(...parameters), one));
    } finally {
      one.dispose();
    }
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
