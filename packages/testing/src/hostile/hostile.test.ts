import { fileURLToPath } from 'node:url';
import { askModel, checker, requireOutput } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../describe-on-backends.ts';
import { exportedFunctions } from './exported-functions.ts';
import { hostileCalls } from './hostile-calls.ts';
import { faultOf, type ValidCall } from './run-hostile-call.ts';

useBackend('cpu');

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const functions = exportedFunctions(root, 'adversarial');
const named = (name: string) => functions.find((described) => described.name === name)!;

const model = (images: Tensor4D) => tf.tidy(() => tf.reshape(images, [-1, 2]) as Tensor2D);
const valid: ValidCall = { given: () => [model, tf.ones([3, 1, 2, 1])] };

type Predict = (asked: typeof model, images: Tensor4D) => unknown;

/** Sums of the logits, as a function of ours would compute them. */
const sound: Predict = async (asked, images) => {
  const check = checker('@cnnviz/adversarial', 'predict');
  check.callable('model', asked);
  check.images('images', images);
  const sum = await askModel(asked, images, (answer) => {
    const fits = ({ shape }: tf.Tensor) => String(shape) === String([images.shape[0], 2]);
    return tf.sum(requireOutput(check, 'model', 'a function to logits', answer, fits));
  });
  const values = [...(await sum.data())];
  sum.dispose();
  return values;
};

/** What is found wrong with a function that has the types of `predict`. */
async function faultsOf(predict: Predict): Promise<string[]> {
  const callee = {
    packageName: '@cnnviz/adversarial',
    name: 'predict',
    call: (_: unknown, given: readonly unknown[]) => predict(...(given as Parameters<Predict>)),
  };
  const given = valid.given!();
  const calls = hostileCalls(named('predict'), given);
  tf.dispose(given as tf.TensorContainer);
  const faults = [];
  for (const call of [undefined, ...calls]) faults.push(await faultOf(callee, valid, call));
  return faults.filter((fault) => fault !== undefined);
}

describe('what a function is called with', () => {
  test('comes from its types: each argument, each option, each answer of a callback', () => {
    const labels = hostileCalls(named('pgd'), [model, 0, 0, { bounds: [0, 1] }]).map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining(['model = undefined', 'labels = "hostile"', 'options = a promise']));
    expect(labels).toEqual(expect.arrayContaining(['options.epsilon = NaN', 'options.bounds[0] = null']));
    expect(labels).toEqual(expect.arrayContaining(['options.onProgress throws', 'options.onProgress rejects']));
    expect(labels).toEqual(expect.arrayContaining(['model throws', 'model() = a tensor of another rank']));
  });

  test('may be accepted where the types admit it, and nowhere else', () => {
    const mayPass = new Map(
      hostileCalls(named('pgd'), [model, 0, 0, {}]).map((call) => [call.label, call.mayPass] as const),
    );
    expect(mayPass.get('options.epsilon = -1.5')).toBe(true);
    expect(mayPass.get('options.epsilon = undefined')).toBe(false);
    expect(mayPass.get('options.norm = undefined')).toBe(true);
    expect(mayPass.get('options.norm = "hostile"')).toBe(false);
    expect(mayPass.get('options.signal = {}')).toBe(false);
    expect(mayPass.get('options.bounds = []')).toBe(false);
    expect(mayPass.get('model() = a promise')).toBe(false);
  });
});

describe('a fault is found where a function', () => {
  test('of no kind is there: then none is', async () => {
    expect(await faultsOf(sound)).toEqual([]);
  });

  test.each<[string, Predict, RegExp]>([
    [
      'fails with an error that is not ours',
      async (_, images) => images.shape[0],
      /^images = undefined: TypeError: Cannot/,
    ],
    ['accepts what its types do not admit', async () => 0, /^images = NaN: was accepted$/],
    [
      'leaks a tensor where it fails',
      async (asked, images) => {
        const left = tf.ones([1]);
        const result = await sound(asked, images);
        left.dispose();
        return result;
      },
      /^model = null: leaked 1 tensors$/,
    ],
    [
      'leaks one where it succeeds',
      async (asked, images) => {
        const result = await sound(asked, images);
        tf.ones([1]);
        return result;
      },
      /^the valid call: leaked 1 tensors$/,
    ],
    [
      'disposes a tensor of the caller',
      async (asked, images) => {
        const result = await sound(asked, images);
        images.dispose();
        return result;
      },
      /^the valid call: disposed 1 tensors of the caller$/,
    ],
    [
      'hides the error of a callback',
      async (asked, images) => {
        const check = checker('@cnnviz/adversarial', 'predict');
        const hiding = (given: Tensor4D) => {
          try {
            return asked(given);
          } catch {
            return check.failBecause('state', 'the model failed');
          }
        };
        check.callable('model', asked);
        return sound(hiding, images);
      },
      /^model throws: hid the callback's error/,
    ],
    [
      'speaks in the name of another',
      async (asked, images) => {
        checker('@cnnviz/adversarial', 'fgsm').callable('model', asked);
        return sound(asked, images);
      },
      /^model = undefined: TypeError: @cnnviz\/adversarial: fgsm/,
    ],
  ])('%s', async (_, predict, fault) => {
    expect(await faultsOf(predict)).toContainEqual(expect.stringMatching(fault));
  });
});
