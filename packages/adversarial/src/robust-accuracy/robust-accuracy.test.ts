import { type AnyClassifier, batchesOf, type Classifier, createRandom } from '@cnnviz/internal';
import { answerLater, describeOnBackends, linearClassifier, linearClosedForm } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { autoPgd } from '../attacks/auto-pgd.ts';
import { pgd } from '../attacks/pgd.ts';
import { squareAttack } from '../attacks/square-attack.ts';
import { robustAccuracy } from './robust-accuracy.ts';
import type { BlackBoxAttack, CustomAttack, RobustnessAttack } from './robustness-attack.ts';
import type { RobustAccuracyOptions, RobustAccuracyProgress } from './robustness-options.ts';
import type { RobustAccuracyState } from './robustness-state.ts';

const bounds = [0, 1] as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const shape = [2, 3, 1] as const;

const random = createRandom(0);
const weights = Array.from({ length: 4 }, () => [...random.fillUniform(new Float32Array(6), -1, 1)]);
const bias = [0.3, -0.1, 0.2, 0];
const linear = linearClassifier(weights, bias);
const count = 24;
const pictures = Array.from({ length: count }, () => [...random.fillUniform(new Float32Array(6), 0, 1)]);
/** Where the classifier is right, but for each sixth. */
const classes = pictures.map((pixels, image) => {
  const logits = linearClosedForm(weights, bias).logits(pixels);
  return (logits.indexOf(Math.max(...logits)) + (image % 6 === 0 ? 1 : 0)) % 4;
});

/** How far the nearest point is that fools, without bounds: 0 where the classifier is wrong already. */
function leastEpsilon(pixels: number[], label: number, norm: 'linf' | 'l2' | 'l1', known: number): number {
  const logits = linearClosedForm(weights, bias).logits(pixels);
  const distances = weights.slice(0, known).map((row, other) => {
    const difference = row.map((weight, index) => weight - weights[label]![index]!);
    const dual = {
      linf: sum(difference.map(Math.abs)),
      l2: Math.hypot(...difference),
      l1: Math.max(...difference.map(Math.abs)),
    }[norm];
    return other === label ? Number.POSITIVE_INFINITY : Math.max(0, logits[label]! - logits[other]!) / dual;
  });
  return Math.min(...distances);
}

async function evaluate(
  model: AnyClassifier,
  options: RobustAccuracyOptions,
  { size = count, images = pictures, labels = classes } = {},
) {
  const tensors = {
    images: tf.tensor4d(images.flat(), [images.length, ...shape]),
    labels: tf.tensor1d(labels, 'int32'),
  };
  try {
    return await robustAccuracy(model as Classifier, batchesOf(tensors, size), options);
  } finally {
    tf.dispose(tensors);
  }
}

const shortApgd = (targetClasses = 0): CustomAttack => ({
  name: targetClasses > 0 ? 'short apgd-t' : 'short apgd',
  run: (model, images, labels, { norm, ...given }) =>
    autoPgd(model, images, labels, {
      ...given,
      norm: norm as 'linf' | 'l2',
      loss: targetClasses > 0 ? 'dlr' : 'cross-entropy',
      targetClasses,
      steps: 15,
      earlyStop: true,
    }),
});
const shortSquare: BlackBoxAttack = {
  name: 'short square',
  blackBox: true,
  run: (model, images, labels, { norm, ...given }) =>
    squareAttack(model, images, labels, { ...given, norm: norm as 'linf' | 'l2', queries: 50, scheduleLength: 50 }),
};
const short: RobustnessAttack[] = [shortApgd(), shortApgd(3)];
const namesOf = ({ warnings }: { warnings: { name: string }[] }) => warnings.map(({ name }) => name);

describeOnBackends(['cpu'], () => {
  describe('robustAccuracy', () => {
    const free = { bounds: [-9, 9] as const, seed: 0 };

    test('finds just the images that no point of the ball fools, on a linear classifier', async () => {
      const coordinate: CustomAttack = {
        name: 'short pgd',
        run: (model, images, labels, { epsilon, ...given }) =>
          pgd(model, images, labels, { ...given, epsilon, stepSize: epsilon / 2, l1Step: 'coordinate', steps: 20 }),
      };
      const cases = [
        { norm: 'linf', known: 4, attacks: short },
        { norm: 'l2', known: 4, attacks: short },
        // Without DLR the gradient is a mixture of all other classes, which need not point at the nearest.
        { norm: 'l1', known: 2, attacks: [coordinate] },
      ] as const;
      for (const { norm, known, attacks } of cases) {
        const labels = classes.map((label) => label % known);
        const distances = pictures.map((pixels, image) => leastEpsilon(pixels, labels[image]!, norm, known));
        const sorted = distances.filter((distance) => distance > 0).sort((a, b) => a - b);
        const middle = Math.floor(sorted.length / 2);
        const epsilon = (sorted[middle]! + sorted[middle + 1]!) / 2;
        const model = linearClassifier(weights.slice(0, known), bias.slice(0, known));
        const result = await evaluate(model, { ...free, norm, epsilon, attacks }, { labels });
        const stands = result.brokenBy.map((by) => by === null);
        expect(stands, norm).toEqual(distances.map((distance) => distance > epsilon));
        expect(result.brokenBy.map((by) => by === 'clean')).toEqual(distances.map((distance) => distance === 0));
        expect(result.correct).toBe(sorted.length);
        expect(result.robust).toBe(sorted.length - middle - 1);
        expect(result.warnings).toEqual([]);
      }
    });

    test('counts what it found, with an interval', async () => {
      const attacks = [...short, shortSquare];
      const result = await evaluate(linear, { bounds, seed: 0, epsilon: 0.05, attacks });
      const { total, correct, robust } = result;
      expect(total).toBe(count);
      expect(result.cleanAccuracy).toBe(correct / total);
      expect(result.accuracy).toBe(robust / total);
      expect(robust).toBeLessThan(correct);
      expect(robust).toBeGreaterThan(0);
      const [low, high] = result.interval;
      expect(low).toBeLessThan(result.accuracy);
      expect(high).toBeGreaterThan(result.accuracy);
      expect(result.attacks.map(({ name }) => name)).toEqual(['short apgd', 'short apgd-t', 'short square']);
      expect(sum(result.attacks.map(({ broken }) => broken))).toBe(correct - robust);
      expect(result.attacks.at(-1)!.standing).toBe(robust);
      for (const { name, broken } of result.attacks) {
        expect(result.brokenBy.filter((by) => by === name)).toHaveLength(broken);
      }
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      const wide = await evaluate(linear, { bounds, seed: 0, epsilon: 0.05, attacks, level: 0.99 });
      expect(wide.interval[1] - wide.interval[0]).toBeGreaterThan(high - low);
    });

    test('is accuracy at epsilon 0, and asks no attack', async () => {
      const never: CustomAttack = { name: 'never', run: () => Promise.reject(new Error('asked')) };
      const result = await evaluate(linear, { bounds, seed: 0, epsilon: 0, attacks: [never] });
      expect(result.robust).toBe(result.correct);
      expect(result.correct).toBe(count - 4);
    });

    test('never rises with epsilon over a series', async () => {
      // Attacks too weak to be monotone by themselves: one step that finds little.
      const weak: CustomAttack = {
        name: 'weak',
        run: (model, images, labels, given) => pgd(model, images, labels, { ...given, steps: 0 }),
      };
      const alone: number[] = [];
      const series: number[] = [];
      let smaller: Awaited<ReturnType<typeof robustAccuracy>> | undefined;
      for (const epsilon of [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]) {
        const options = { bounds, seed: Math.round(100 * epsilon), epsilon, attacks: [weak] };
        alone.push((await evaluate(linear, options)).robust);
        smaller = await evaluate(linear, smaller === undefined ? options : { ...options, smaller });
        series.push(smaller.robust);
        const { attacks, robust, correct } = smaller;
        expect(sum(attacks.map(({ broken }) => broken))).toBe(correct - robust);
      }
      expect(series).toEqual([...series].sort((a, b) => b - a));
      expect(series.at(-1)).toBeLessThan(series[0]!);
      expect(alone, 'a series without it').not.toEqual([...alone].sort((a, b) => b - a));
    });

    test('does not depend on the size of the batches', async () => {
      const few = { images: pictures.slice(0, 8), labels: classes.slice(0, 8) };
      // Of an attack of one's own the seed is another one in each batch.
      const square: CustomAttack = {
        ...shortSquare,
        run: (model, images, labels, given) => shortSquare.run(model, images, labels, { ...given, seed: 5 }),
      };
      for (const attack of ['apgd-ce', square] as const) {
        const options = { bounds, seed: 0, epsilon: 0.05, attacks: [attack] };
        const whole = await evaluate(linear, options, { ...few, size: 8 });
        expect(new Set(whole.brokenBy).size, 'wrong, broken and standing').toBe(3);
        for (const size of [3, 1]) expect(await evaluate(linear, options, { ...few, size })).toEqual(whole);
      }
    });

    test('tries each attack on what still stands alone', async () => {
      const sizes: number[] = [];
      const first: CustomAttack = {
        name: 'all of the lower half',
        run: (_, images) => {
          sizes.push(images.shape[0]);
          const wrong = tf.tidy(() =>
            tf.where(tf.less(tf.range(0, images.shape[0]), 5), tf.ones([images.shape[0]]), tf.zeros([images.shape[0]])),
          );
          const moved = tf.tidy(() => tf.add(images, tf.mul(tf.reshape(wrong, [-1, 1, 1, 1]), 0.4)) as Tensor4D);
          tf.dispose(wrong);
          return Promise.resolve({ images: moved });
        },
      };
      const step: Classifier = (images) =>
        tf.tidy(() => {
          const light = tf.mean(tf.reshape(images, [-1, 6]), 1, true);
          return tf.concat([tf.sub(0.7, light), tf.sub(light, 0.7)], 1) as Tensor2D;
        });
      const gray = Array.from({ length: 8 }, () => Array(6).fill(0.5) as number[]);
      const labels = gray.map((_, image) => (image < 2 ? 1 : 0));
      const attacks = [first, { ...first, name: 'again' }];
      const result = await evaluate(step, { bounds, seed: 0, epsilon: 0.4, attacks }, { images: gray, labels });
      expect(sizes).toEqual([6, 1]);
      expect(result.brokenBy.filter((by) => by === 'all of the lower half')).toHaveLength(5);
      expect(result.brokenBy.filter((by) => by === 'again')).toHaveLength(1);
      expect(result.robust).toBe(0);
    });

    test('does not count points beyond epsilon or bounds', async () => {
      const shift = (name: string, by: number): CustomAttack => ({
        name,
        run: (_, images) => Promise.resolve({ images: tf.tidy(() => tf.add(images, by) as Tensor4D) }),
      });
      const step: Classifier = (images) =>
        tf.tidy(() => {
          const light = tf.mean(tf.reshape(images, [-1, 6]), 1, true);
          return tf.concat([tf.sub(0.7, light), tf.sub(light, 0.7)], 1) as Tensor2D;
        });
      const gray = [Array(6).fill(0.5) as number[]];
      const stands = async (by: number, epsilon: number, norm: 'linf' | 'l2' | 'l1') => {
        const options = { bounds, seed: 0, epsilon, norm, attacks: [shift('shift', by)] };
        return (await evaluate(step, options, { images: gray, labels: [0] })).robust === 1;
      };
      expect(await stands(0.25, 0.25, 'linf')).toBe(false);
      expect(await stands(0.25, 0.249, 'linf')).toBe(true);
      expect(await stands(0.25, 0.25 * Math.sqrt(6), 'l2')).toBe(false);
      expect(await stands(0.25, 0.249 * Math.sqrt(6), 'l2')).toBe(true);
      expect(await stands(0.25, 1.5, 'l1')).toBe(false);
      expect(await stands(0.25, 1.49, 'l1')).toBe(true);
      expect(await stands(0.51, 0.6, 'linf')).toBe(true);
      expect(await stands(Number.NaN, 0.6, 'linf').catch(() => true)).toBe(true);
    });

    test("leaves images that an attack of one's own keeps, in every batch", async () => {
      const kept = tf.keep(tf.zeros([4, ...shape]) as Tensor4D);
      const keeping: CustomAttack = {
        name: 'keeping',
        run: async (_, images) => ({ images: images.shape[0] === 4 ? kept : images }),
      };
      const data = {
        images: tf.tensor4d(pictures.slice(1, 5).flat(), [4, ...shape]),
        labels: tf.tensor1d(classes.slice(1, 5), 'int32'),
      };
      const before = tf.memory().numTensors;
      await robustAccuracy(linear, [data, data, data], { epsilon: 1, bounds, seed: 0, attacks: [keeping] });
      expect(kept.isDisposed).toBe(false);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([kept, data.images, data.labels]);
    });

    test('takes an answer of NaN for no class, and so for a wrong one', async () => {
      // Sound on the images themselves, NaN on what the attack makes of them.
      const breaking = (images: Tensor4D) =>
        tf.add(
          linear(images),
          tf.reshape(tf.sub(tf.div(tf.max(images, [1, 2, 3]), tf.max(images, [1, 2, 3])), 1), [-1, 1]),
        ) as Tensor2D;
      const blackening: CustomAttack = {
        name: 'blackening',
        run: async (_, images) => ({ images: tf.zerosLike(images) }),
      };
      const zeroClass = pictures.map((_, image) => image).filter((image) => classes[image] === 0 && image % 6 !== 0);
      const data = {
        images: tf.tensor4d(
          zeroClass.flatMap((image) => pictures[image]!),
          [zeroClass.length, ...shape],
        ),
        labels: tf.zeros([zeroClass.length], 'int32') as Tensor1D,
      };
      expect(zeroClass.length).toBeGreaterThan(0);
      const { accuracy } = await robustAccuracy(breaking, [data], {
        epsilon: 1,
        bounds,
        seed: 0,
        attacks: [blackening],
      });
      expect(accuracy).toBe(0);
      tf.dispose([data.images, data.labels]);
    });

    test('resumes from any state to the same result, through JSON', async () => {
      const shorter: CustomAttack = {
        name: 'three steps',
        run: (model, images, labels, { norm: _, ...given }) => autoPgd(model, images, labels, { ...given, steps: 3 }),
      };
      const options = { bounds, seed: 3, epsilon: 0.05, attacks: [shorter, shortSquare] };
      const states: RobustAccuracyState[] = [];
      const data = { size: 10 };
      const whole = await evaluate(linear, { ...options, onProgress: ({ state }) => void states.push(state()) }, data);
      const distinct = [...new Map(states.map((state) => [JSON.stringify(state), state])).keys()];
      // Before and after each attack on each of three batches, the end of one batch being the start of the next.
      expect(distinct).toHaveLength(3 * 3);
      for (const state of distinct) {
        const resumed = await evaluate(linear, { ...options, resume: JSON.parse(state) as RobustAccuracyState }, data);
        expect(resumed).toEqual(whole);
      }
      const state = states.at(-1)!;
      await expect(evaluate(linear, { ...options, seed: 4, resume: state }, data)).rejects.toThrow(
        /resume.settings must be /,
      );
    });

    test('goes on after a model that answers later has not', async () => {
      const options = { bounds, seed: 3, epsilon: 0.05, attacks: [shortSquare] };
      const data = { size: 10 };
      const whole = await evaluate(linear, options, data);
      let calls = 0;
      const counting: Classifier = (images) => {
        calls++;
        return linear(images);
      };
      await evaluate(counting, options, data);
      for (const failsAt of [1, Math.ceil(calls / 2), calls]) {
        let saved: RobustAccuracyState | undefined;
        const onProgress = ({ state }: RobustAccuracyProgress) => {
          saved = state();
        };
        const down = answerLater(linear, { failsAt });
        await expect(evaluate(down, { ...options, onProgress }, data)).rejects.toThrow(`no answer to call ${failsAt}`);
        const resumed = saved === undefined ? options : { ...options, resume: saved };
        expect(await evaluate(answerLater(linear), resumed, data)).toEqual(whole);
      }
    });

    test('takes a model that answers later with black-box attacks alone, by its types', () => {
      const [later, options] = [answerLater(linear), { bounds, seed: 0, epsilon: 0.1 }];
      const calls = () => [
        robustAccuracy(later, [], { ...options, attacks: ['square', shortSquare] }),
        // @ts-expect-error The default attacks need gradients.
        robustAccuracy(later, [], options),
        // @ts-expect-error So does this one.
        robustAccuracy(later, [], { ...options, attacks: ['square', 'apgd-ce'] }),
        robustAccuracy(linear, [], options),
      ];
      expect(calls).toBeTypeOf('function');
    });

    test('asks a model that answers later for no gradient', async () => {
      const before = tf.memory().numTensors;
      const refused = evaluate(answerLater(linear), { bounds, seed: 0, epsilon: 0.1 });
      await expect(refused).rejects.toThrow(
        new TypeError(
          '@cnnviz/adversarial: robustAccuracy: needs gradients of the model, so it must be synchronous, got a promise',
        ),
      );
      const mixed = { bounds, seed: 0, epsilon: 0.1, attacks: [shortSquare, shortApgd()] };
      await expect(evaluate(answerLater(linear), mixed)).rejects.toThrow('must be synchronous, got a promise');
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(tf.memory().numTensors).toBe(before);
    });

    test('reports the steps of its attacks and what stands', async () => {
      const reports: RobustAccuracyProgress[] = [];
      const onProgress = (progress: RobustAccuracyProgress) => void reports.push(progress);
      const { robust } = await evaluate(linear, { bounds, seed: 0, epsilon: 0.05, attacks: short, onProgress });
      expect(new Set(reports.map(({ attack }) => attack))).toEqual(new Set(['short apgd', 'short apgd-t']));
      expect(reports.map(({ standing }) => standing)).toEqual(
        reports.map(({ standing }) => standing).sort((a, b) => b - a),
      );
      expect(reports.at(-1)!.standing).toBe(robust);
    });

    test('reports how much is done of all attacks on all batches', async () => {
      const reports: RobustAccuracyProgress[] = [];
      const onProgress = (progress: RobustAccuracyProgress) => void reports.push(progress);
      const images = tf.tensor4d(pictures.flat(), [count, ...shape]);
      const labels = tf.tensor1d(classes, 'int32');
      const batches = [
        { images, labels },
        { images, labels },
      ];
      await robustAccuracy(linear, batches, { bounds, epsilon: 0.05, attacks: short, onProgress });
      tf.dispose([images, labels]);
      const done = reports.map((report) => report.done);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done[0]).toBeCloseTo(reports[0]!.step / reports[0]!.steps, 12);
      expect(done.at(-1)).toBe(4);
      expect(new Set(reports.map(({ total }) => total))).toEqual(new Set([4]));
    });

    test('rejects attacks that cannot be', async () => {
      const run: CustomAttack['run'] = (_, images) => Promise.resolve({ images: tf.clone(images) });
      const faults: [unknown, RegExp][] = [
        [['fab'], /attacks\[0\] must be one of "apgd-ce", .*, got "fab"/],
        [[{ name: 'mine' }], /attacks\[0\]\.run must be a function/],
        [[{ run }], /attacks\[0\]\.name must be a string/],
        [
          [
            { name: 'mine', run },
            { name: 'mine', run },
          ],
          /attacks\[1\]\.name must be a name of its own, got "mine"/,
        ],
        [[{ name: 'clean', run }], /attacks\[0\]\.name must be a name of its own/],
        ['square', /attacks must be an array/],
        [
          [{ name: 'small', run: () => Promise.resolve({ images: tf.zeros([1, 2, 2, 1]) }) }],
          /the images of attack "small" must be \[\d+, 2, 3, 1\]/,
        ],
      ];
      const before = tf.memory().numTensors;
      for (const [attacks, message] of faults) {
        const options = { bounds, seed: 0, epsilon: 0.1, attacks: attacks as RobustnessAttack[] };
        await expect(evaluate(linear, options)).rejects.toThrow(message);
      }
      const inL1 = { bounds, seed: 0, epsilon: 0.1, norm: 'l1', attacks: ['square'] } as const;
      await expect(evaluate(linear, inL1)).rejects.toThrow('attacks[0] must be one of "pgd", "pgd-coordinate"');
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describe('the warnings of robustAccuracy', () => {
    const options = { bounds, seed: 0, epsilon: 0.05, attacks: short };
    const warningsFor = async (model: Classifier, changes: Partial<RobustAccuracyOptions> = {}) =>
      namesOf(await evaluate(model, { ...options, ...changes }));

    test('are none for a sound model', async () => {
      expect(await warningsFor(linear)).toEqual([]);
      expect(await warningsFor(linear, { attacks: [...short, shortSquare] })).toEqual([]);
    });

    test('name outputs that look like probabilities; the accuracy is right all the same', async () => {
      const softmax: Classifier = (images) => tf.tidy(() => tf.softmax(linear(images)));
      const result = await evaluate(softmax, options);
      expect(namesOf(result)).toEqual(['softmax-outputs']);
      expect(result.warnings[0]!.message).toContain('pass logits');
      expect(result.correct).toBe(count - 4);
      expect(result.robust).toBe((await evaluate(linear, options)).robust);
    });

    test('name gradients that are zero', async () => {
      const rounded: Classifier = (images) =>
        tf.tidy(() => linear(tf.div(tf.round(tf.mul(images, 255)), 255) as Tensor4D));
      expect(await warningsFor(rounded)).toContain('zero-gradients');
      expect(await warningsFor(rounded, { attacks: [shortSquare] }), 'no gradient is asked for').toEqual([]);
    });

    test('name outputs that change from call to call', async () => {
      let calls = 0;
      const shaky: Classifier = (images) => tf.tidy(() => tf.mul(linear(images), 1 + (++calls % 2) / 100) as Tensor2D);
      expect(await warningsFor(shaky)).toEqual(['random-outputs']);
      const barely: Classifier = (images) => tf.tidy(() => tf.mul(linear(images), 1 + (++calls % 2) / 1e5) as Tensor2D);
      expect(await warningsFor(barely)).toEqual([]);
    });

    test('name a black box that beats the gradients', async () => {
      // In steps of a tenth: the gradient is that of a slope the other way.
      const hidden: Classifier = (images) =>
        tf.tidy(() => {
          const steps = tf.customGrad((x) => {
            const input = x as Tensor4D;
            return {
              value: tf.div(tf.round(tf.mul(input, 10)), 10) as Tensor4D,
              gradFunc: (dy: Tensor4D) => tf.neg(dy),
            };
          });
          return linear(steps(images) as Tensor4D);
        });
      const labels = await predictionsOf(hidden);
      const misled = { ...options, epsilon: 0.3, attacks: [shortApgd(), shortSquare] };
      expect(namesOf(await evaluate(hidden, misled, { labels }))).toEqual(['black-box-beats-white-box']);
      const blackFirst = { ...misled, attacks: [shortSquare, shortApgd()] };
      expect(namesOf(await evaluate(hidden, blackFirst, { labels })), 'before it').toEqual([]);
      expect(namesOf(await evaluate(linear, misled))).toEqual([]);
    });

    test('name classes too few for DLR, and cross-entropy is used instead', async () => {
      const three = linearClassifier(weights.slice(0, 3), bias.slice(0, 3));
      const two = linearClassifier(weights.slice(0, 2), bias.slice(0, 2));
      const few = async (model: Classifier) => ({
        images: pictures.slice(0, 4),
        labels: (await predictionsOf(model)).slice(0, 4),
      });
      const named = ['too-few-classes-for-dlr'];
      const targeted = await evaluate(three, { ...options, epsilon: 0.3, attacks: ['apgd-t'] }, await few(three));
      expect(namesOf(targeted)).toEqual(named);
      expect(targeted.attacks[0]!.broken).toBeGreaterThan(0);
      const namesWith = async (model: Classifier, attack: RobustnessAttack) =>
        namesOf(await evaluate(model, { ...options, attacks: [attack] }, await few(model)));
      expect(await namesWith(three, 'apgd-dlr')).toEqual([]);
      expect(await namesWith(two, 'apgd-dlr')).toEqual(named);
      expect(await namesWith(two, 'apgd-ce')).toEqual([]);
    });
  });
});

async function predictionsOf(model: Classifier): Promise<number[]> {
  const predictions = tf.tidy(() => tf.argMax(model(tf.tensor4d(pictures.flat(), [count, ...shape])), 1) as Tensor1D);
  const labels = [...(await predictions.data())];
  tf.dispose(predictions);
  return labels;
}
