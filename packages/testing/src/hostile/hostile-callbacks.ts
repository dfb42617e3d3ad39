import type { TensorContainer } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { DescribedType } from './described-type.ts';
import type { Replacement } from './hostile-calls.ts';
import { sampleOf } from './hostile-values.ts';

type Callback = (...given: unknown[]) => unknown;

/** A callback that throws, that rejects, and that returns each value that its type does not promise. */
export function hostileCallbacks(
  type: DescribedType,
  valid: unknown,
  path: string,
  replacementsOf: (answer: DescribedType, sample: unknown) => Replacement[],
): Replacement[] {
  const result = type.result?.();
  const answer = result?.kinds.has('promise') ? (result.resolved?.() ?? result) : result;
  if (answer === undefined) return [];
  const isHeard = !answer.kinds.has('anything');
  // One that may be left out is given where it is, if nothing of it is needed.
  if (typeof valid !== 'function' && isHeard) return [];
  const mayAnswerLater = !isHeard || result!.kinds.has('promise');
  const wrongAnswers = () => replacementsOf(answer, sampleOf(answer));
  return [
    failing(`${path} throws`, (error) => {
      throw error;
    }),
    // What is not waited for cannot be known to have failed: it is refused for being a promise.
    ...(mayAnswerLater ? [failing(`${path} rejects`, rejecting)] : [answering(`${path} rejects`, false, rejected)]),
    ...(isHeard ? hostileAnswers(wrongAnswers(), `${path}()`, mayAnswerLater) : []),
  ];
}

function rejecting(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}

const rejected = () => rejecting(new Error('a callback that answers later failed'));

function failing(label: string, fail: (error: Error) => unknown): Replacement {
  return {
    label,
    mayPass: false,
    replace: (_, watch) => {
      watch.wasCalled = false;
      return () => {
        watch.wasCalled = true;
        watch.thrown ??= new Error('the callback of the caller failed');
        return fail(watch.thrown);
      };
    },
  };
}

function hostileAnswers(wrong: readonly Replacement[], path: string, mayAnswerLater: boolean): Replacement[] {
  return wrong.map(({ label, mayPass, replace }) => {
    // Images with other rows may be right in a call. For an answer the rows are known.
    const mayBe = label === `${path} = a promise` ? mayAnswerLater : mayPass && !label.endsWith('with other rows');
    return answering(label, mayBe, replace);
  });
}

/** The callback, with its answer replaced. What it answered itself is not left behind. */
function answering(label: string, mayPass: boolean, replace: Replacement['replace']): Replacement {
  return {
    label,
    mayPass,
    replace: (valid, watch) => {
      watch.wasCalled = false;
      return function spoilt(this: unknown, ...given: unknown[]) {
        watch.wasCalled = true;
        return replaceAnswer(
          () => (valid as Callback).apply(this, given),
          (answer) => {
            const replaced = replace(answer, watch);
            if (label.endsWith(' = a tensor')) watch.strays.push(replaced);
            return replaced;
          },
          given,
        );
      };
    },
  };
}

function replaceAnswer(ask: () => unknown, make: (answer: unknown) => unknown, given: readonly unknown[]): unknown {
  let replaced: unknown;
  tf.tidy(() => {
    const answer = ask();
    replaced = answer instanceof Promise ? replaceLater(answer, make, given) : make(answer);
    // A promise of the answer still needs it.
    const needed = answer instanceof Promise ? [] : replaced instanceof Promise ? answer : replaced;
    return (needed ?? []) as TensorContainer;
  });
  return replaced;
}

async function replaceLater(
  answer: Promise<unknown>,
  make: (answer: unknown) => unknown,
  given: readonly unknown[],
): Promise<unknown> {
  const late = await answer;
  const replaced = make(late);
  const isStillNeeded = replaced === late || replaced instanceof Promise || given.includes(late);
  if (!isStillNeeded) tf.dispose(late as TensorContainer);
  return replaced;
}
