import {
  type AnyClassifier,
  askAtOnce,
  askModel,
  checker,
  createRandom,
  disposeTapeOnThrow,
  type LongWork,
  reportProgress,
  type Trainable,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { constantClassifier, describeOnBackends, tinyCnn, tinyTrainable } from '../index.ts';
import type { Algorithm, Inputs } from './algorithm.ts';
import { conformance, conformanceChecks } from './conformance.ts';

interface WalkInputs extends Inputs {
  model: AnyClassifier;
  images: Tensor4D;
}

interface WalkOptions extends LongWork<number> {
  steps: number;
  seed: number;
}

interface WalkResult {
  images: Tensor4D;
  logits: number[];
}

const check = checker('@cnnviz/testing', 'walk');

/** A correct asynchronous algorithm: random steps within [0, 1]. */
async function walk({ model, images }: WalkInputs, options: WalkOptions): Promise<WalkResult> {
  check.number('steps', options.steps, { integer: true, min: 1 });
  const random = createRandom(check.seed('seed', options.seed));
  let current = tf.clone(images);
  try {
    let logits: number[] = [];
    for (let step = 0; step < options.steps; step++) {
      throwIfAborted(options);
      const answer = await askModel(model, current, (output) => tf.clone(output));
      logits = [...(await answer.data())];
      answer.dispose();
      if (!logits.every(Number.isFinite)) check.failBecause('state', `logits must be finite at step ${step}`);
      const noise = random.fillUniform(new Float32Array(current.size), -0.1, 0.1);
      const next = tf.tidy(() => tf.clipByValue(tf.add(current, tf.tensor4d(noise, current.shape)), 0, 1)) as Tensor4D;
      current.dispose();
      current = next;
      await reportProgress(options, step);
    }
    return { images: current, logits };
  } catch (error) {
    current.dispose();
    throw error;
  }
}

const walking: Algorithm<WalkInputs, WalkOptions> = {
  name: 'walk',
  inputs: () => ({ model: tinyCnn(), images: tf.fill([4, 8, 8, 1], 0.5) as Tensor4D }),
  models: ['model'],
  later: ['model'],
  options: { steps: 3, seed: 0 },
  run: walk,
  badOptions: [[{ steps: 0 }, /steps must be an integer >= 1, got 0/]],
  seeded: true,
  abortable: true,
  bounds: [0, 1],
  nonFinite: /logits must be finite at step 0/,
};

interface FadeInputs extends Inputs {
  images: Tensor4D;
  labels: Tensor1D;
}

interface FadeOptions {
  strength: number;
}

/** A correct synchronous algorithm: each image fades by its label. */
function fade({ images, labels }: FadeInputs, { strength }: FadeOptions): Tensor4D {
  const checkFade = checker('@cnnviz/testing', 'fade');
  checkFade.number('strength', strength, { min: 0 });
  checkFade.images('images', images);
  return tf.tidy(() => tf.mul(images, fadingOf(labels, strength))) as Tensor4D;
}

function fadingOf(labels: Tensor1D, strength: number): Tensor4D {
  return tf.tidy(() => tf.reshape(tf.pow(0.5, tf.mul(tf.cast(labels, 'float32'), strength)), [-1, 1, 1, 1]));
}

const fading: Algorithm<FadeInputs, FadeOptions> = {
  name: 'fade',
  inputs: () => ({
    images: tf.fill([4, 2, 2, 1], 0.5) as Tensor4D,
    labels: tf.tensor1d([0, 1, 2, 1], 'int32'),
  }),
  options: { strength: 2 },
  run: fade,
  badOptions: [[{ strength: -1 }, /strength must be a number >= 0, got -1/]],
  badInputs: [[() => ({ images: tf.zeros([2, 2]) }), /images must be a float32 tensor \[n, h, w, c\]/]],
  sync: true,
  batched: { inputs: ['images', 'labels'] },
  bounds: [0, 1],
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance(walking);
  conformance(fading);
});

interface FitInputs extends Inputs {
  model: Trainable;
  images: Tensor4D;
}

/** A correct algorithm that changes its model: one step of gradient descent on the squared logits. */
function fit({ model, images }: FitInputs, { rate }: { rate: number }): number[] {
  const checkFit = checker('@cnnviz/testing', 'fit');
  checkFit.number('rate', rate, { above: 0 });
  const apply = (batch: Tensor4D) => model.apply(batch, { training: true });
  const loss = () => tf.mean(tf.square(askAtOnce(checkFit, apply, images))) as tf.Scalar;
  const { value, grads } = disposeTapeOnThrow(() => tf.variableGrads(loss, model.variables));
  tf.tidy(() => {
    for (const variable of model.variables) variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, rate)));
  });
  tf.dispose([value, grads]);
  return [rate];
}

const fitting: Algorithm<FitInputs, { rate: number }> = {
  name: 'fit',
  inputs: () => ({ model: tinyTrainable(), images: tf.fill([2, 8, 8, 1], 0.5) as Tensor4D }),
  models: ['model'],
  modifies: ['model'],
  options: { rate: 0.1 },
  run: fit,
  badOptions: [[{ rate: 0 }, /rate must be a number > 0, got 0/]],
};

// Rendered in software, training takes too long there.
describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => conformance(fitting));

const waits = 'gives the same result where model answers later, and leaks no tensor';
const passesOn = 'passes on what model rejects with, and leaks no tensor';
const refuses = 'refuses a promise of model, and leaks no tensor';

interface Fault {
  fault: string;
  checks: string[];
  algorithm: Algorithm<never, never>;
}

const faultyWalk = (
  fault: string,
  checks: string | string[],
  run: (inputs: WalkInputs, options: WalkOptions) => unknown,
  changes: Partial<Algorithm<WalkInputs, WalkOptions>> = {},
): Fault => ({ fault, checks: [checks].flat(), algorithm: { ...walking, ...changes, run } as never });

const faultyFade = (
  fault: string,
  checks: string | string[],
  run: (inputs: FadeInputs, options: FadeOptions) => unknown,
  changes: Partial<Algorithm<FadeInputs, FadeOptions>> = {},
): Fault => ({ fault, checks: [checks].flat(), algorithm: { ...fading, ...changes, run } as never });

const leakOnThrow: typeof walk = async (inputs, options) => {
  const scratch = tf.zeros([1]);
  const result = await walk(inputs, options);
  scratch.dispose();
  return result;
};

/** Leaves `onProgress` and `signal` out of what `walk` sees. */
const unwatched = ({ steps, seed }: WalkOptions): WalkOptions => ({ steps, seed });

let calls = 0;

const faults: Fault[] = [
  faultyWalk('a tensor leaked on success', 'leaks no tensor', async (inputs, options) => {
    tf.zeros([1]);
    return walk(inputs, options);
  }),
  faultyWalk('a leak that only a clone shows', 'leaks no tensor', async (inputs, options) => {
    tf.clone(inputs.images);
    return walk(inputs, options);
  }),
  faultyWalk(
    'a tensor leaked on a throw, an error or an abort',
    [
      'leaks no tensor when model throws',
      'rejects NaN from model',
      'rejects steps 0',
      'rejects seed -1',
      'rejects with the reason of a signal that is aborted already',
      'rejects with the reason of a signal that is aborted on the way, and reports no more',
      'rejects with what onProgress throws',
    ],
    leakOnThrow,
  ),
  faultyWalk('an error of the model swallowed', 'leaks no tensor when model throws', async (inputs, options) => {
    try {
      return await walk(inputs, options);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('model throws')) return [0];
      throw error;
    }
  }),
  faultyWalk('a model that is not used', 'leaks no tensor when model throws', ({ images }, options) =>
    walk({ images, model: constantClassifier([0, 1]) }, options),
  ),
  faultyWalk('a model that was not declared', 'says which of its inputs are models', walk, { models: [] }),
  faultyWalk('an input disposed', 'leaves its inputs as they were', async (inputs, options) => {
    const result = await walk(inputs, options);
    inputs.images.dispose();
    return result;
  }),
  faultyWalk('an input returned as the result', 'leaves its inputs as they were', ({ images }) => images),
  faultyFade(
    'an array among the inputs changed',
    'leaves its inputs as they were',
    (inputs, options) => {
      (inputs.names as string[]).push('another');
      return fade(inputs, options);
    },
    { inputs: () => ({ ...fading.inputs(), names: ['one'] }) },
  ),
  {
    fault: 'a model trained that was not to be',
    checks: ['leaves its inputs as they were'],
    algorithm: { ...fitting, modifies: [] } as never,
  },
  {
    fault: 'a tape left when the model throws',
    checks: ['leaks no tensor when model throws'],
    algorithm: {
      ...fitting,
      run: ({ model, images }: FitInputs) => {
        const loss = () => tf.mean(tf.square(model.apply(images, { training: true }))) as tf.Scalar;
        tf.dispose(tf.variableGrads(loss, model.variables));
        return [1];
      },
    } as never,
  },
  faultyFade('options changed', ['leaks no tensor', 'gives finite numbers'], (inputs, options) => {
    options.strength *= 2;
    return fade(inputs, options);
  }),
  faultyWalk('another result for the same seed', 'gives the same result for the same seed', (inputs, options) =>
    walk(inputs, { ...options, seed: ++calls }),
  ),
  faultyFade('another result each time', 'gives the same result each time', (inputs, options) =>
    fade(inputs, { strength: options.strength + ++calls / 10 }),
  ),
  faultyWalk(
    'the seed ignored',
    ['gives another result for another seed', 'rejects seed -1', 'rejects seed null'],
    (inputs, options) => walk(inputs, { ...options, seed: 0 }),
  ),
  faultyWalk('seed 0 taken for no seed', 'gives another result for another seed', (inputs, options) =>
    walk(inputs, { ...options, seed: options.seed || 1 }),
  ),
  faultyFade('NaN in a tensor', ['gives finite numbers', 'stays within [0, 1]'], ({ images }) =>
    tf.mul(images, Number.NaN),
  ),
  faultyFade('an infinity in a record', 'gives finite numbers', () => ({ scores: new Float32Array([1, 1 / 0]) })),
  faultyFade('a result without numbers', 'gives finite numbers', () => ({ name: 'none' })),
  faultyFade('a pixel outside the bounds', 'stays within [0, 1]', ({ images }) => tf.add(images, 0.500001)),
  faultyFade('no image to check the bounds of', 'stays within [0, 1]', () => tf.scalar(0)),
  faultyFade('a mean over the batch', 'treats an example alike alone and in a batch', (inputs, options) =>
    tf.tidy(() => tf.sub(fade(inputs, options), tf.mean(fade(inputs, options)))),
  ),
  faultyFade('nothing for each example', 'treats an example alike alone and in a batch', () => [1, 2]),
  faultyFade('a batch of one', 'treats an example alike alone and in a batch', fade, {
    inputs: () => ({ images: tf.zeros([1, 2, 2, 1]), labels: tf.zeros([1], 'int32') }),
  }),
  faultyWalk('NaN from the model accepted', 'rejects NaN from model', ({ model, images }, options) =>
    walk({ images, model: (batch) => askModel(model, batch, (output) => tf.zerosLike(output)) }, options),
  ),
  faultyWalk('a promise of the model refused', waits, ({ model, images }, options) =>
    walk({ images, model: (batch) => askAtOnce(check, model, batch) }, options),
  ),
  faultyWalk('an answer that came later leaked', [waits, passesOn], ({ model, images }, options) =>
    walk({ images, model: async (batch) => tf.clone(await model(batch)) }, options),
  ),
  faultyWalk('images disposed before the model answers', waits, ({ model, images }, options) => {
    const asked = (batch: Tensor4D) => {
      const copy = tf.clone(batch);
      const answer = model(copy);
      copy.dispose();
      return answer;
    };
    return walk({ images, model: asked }, options);
  }),
  faultyWalk('tensors of a model that waits disposed', waits, ({ model, images }, options) =>
    walk(
      {
        images,
        model: (batch) => tf.tidy(() => ({ answer: model(batch) }) as never as { answer: tf.Tensor2D }).answer,
      },
      options,
    ),
  ),
  faultyWalk('a tensor disposed that the model keeps', 'leaves what model keeps', ({ model, images }, options) => {
    const asked = async (batch: Tensor4D) => {
      const output = await model(batch);
      const answer = tf.clone(output);
      output.dispose();
      return answer;
    };
    return walk({ images, model: asked }, options);
  }),
  faultyWalk('an error of its own in place of a rejection', passesOn, async ({ model, images }, options) => {
    const asked = async (batch: Tensor4D) => {
      try {
        return await model(batch);
      } catch {
        throw new Error('the model failed');
      }
    };
    return walk({ images, model: asked }, options);
  }),
  {
    fault: 'a promise met with an error of TensorFlow.js',
    checks: [refuses],
    algorithm: {
      ...fitting,
      run: ({ model, images }: FitInputs) => [tf.square(model.apply(images, { training: true }))],
    } as never,
  },
  {
    fault: 'a promise refused whose answer is leaked',
    checks: [refuses],
    algorithm: {
      ...fitting,
      run: ({ model, images }: FitInputs, { rate }: { rate: number }) => {
        const leaking = (batch: Tensor4D) => {
          const answer = model.apply(batch, { training: true });
          return answer instanceof Promise ? answer.then(tf.keep) : answer;
        };
        return fit({ images, model: { ...model, apply: leaking as never } }, { rate });
      },
    } as never,
  },
  faultyFade('a bad option accepted', 'rejects strength -1', (inputs, options) =>
    fade(inputs, { strength: Math.abs(options.strength) }),
  ),
  faultyFade('an undocumented error', 'rejects strength -1', (inputs, { strength }) => {
    if (strength < 0) throw new RangeError('strength must be a number >= 0, got -1');
    return fade(inputs, { strength });
  }),
  faultyFade('the error of another function', 'rejects strength -1', (inputs, { strength }) => {
    checker('@cnnviz/testing', 'blur').number('strength', strength, { min: 0 });
    return fade(inputs, { strength });
  }),
  faultyFade('a bad input accepted', 'rejects inputs: images must be a float32 tensor \\[n, h, w, c\\]', () => [1]),
  faultyFade(
    'a promise where a value was declared',
    'gives its result at once, inside tf.tidy',
    async (...parameters) => fade(...parameters),
  ),
  faultyFade('a tensor that survives tf.tidy', 'gives its result at once, inside tf.tidy', (inputs, options) => {
    tf.keep(tf.zeros([1]));
    return fade(inputs, options);
  }),
  faultyWalk(
    'the signal ignored',
    [
      'rejects with the reason of a signal that is aborted already',
      'rejects with the reason of a signal that is aborted on the way, and reports no more',
    ],
    (inputs, { onProgress, ...options }) => walk(inputs, { ...unwatched(options), onProgress }),
  ),
  faultyWalk(
    'an error of its own in place of the signal’s reason',
    'rejects with the reason of a signal that is aborted already',
    async (inputs, options) => {
      if (options.signal?.aborted) throw new Error('stopped');
      return walk(inputs, options);
    },
  ),
  faultyWalk(
    'no report',
    ['rejects with what onProgress throws', 'awaits onProgress', 'lets the event loop run after it reports'],
    (inputs, { signal, ...options }) => walk(inputs, { ...unwatched(options), signal }),
  ),
  faultyWalk('onProgress not awaited', 'awaits onProgress', (inputs, { onProgress, ...options }) =>
    walk(inputs, { ...options, onProgress: (progress) => void onProgress?.(progress) }),
  ),
  faultyWalk(
    'no turn of the event loop',
    'lets the event loop run after it reports',
    async (inputs, { onProgress, signal: _, ...options }) => {
      const result = await walk(inputs, options);
      await onProgress?.(1);
      return result;
    },
  ),
  faultyWalk('another result when watched', 'gives the same result watched and not watched', (inputs, options) =>
    walk(inputs, { ...options, steps: options.onProgress ? 2 : 3 }),
  ),
];

describeOnBackends(['cpu'], () => {
  describe('the battery', () => {
    test.each(faults.map((found) => [found.fault, found] as const))('finds %s', async (_, { checks, algorithm }) => {
      for (const name of checks) {
        const found = conformanceChecks(algorithm).find((candidate) => candidate.name === name);
        expect(found, `a check named "${name}"`).toBeDefined();
        await expect(found!.run(), name).rejects.toThrow();
      }
    });

    test('has a fault for each of its checks', () => {
      const provoked = new Set(faults.flatMap(({ checks }) => checks));
      const rejected = (name: string) => name.startsWith('rejects ');
      const every = [walking, fading, fitting].flatMap((algorithm) => conformanceChecks(algorithm as never));
      const unprovoked = every.filter(({ name }) => !provoked.has(name) && !rejected(name));
      expect(unprovoked.map(({ name }) => name)).toEqual([]);
    });
  });
});
