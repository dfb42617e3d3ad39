import { describeOnBackends, linearClassifier, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AutoPgdOptions, autoPgd } from './auto-pgd.ts';

type Classify = Parameters<typeof autoPgd>[0];

const bounds = [0, 1] as const;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Two layers with a tanh between: 6 pixels, 5 units, 4 classes. */
const hidden = [
  [1.5, -2, 1, 0.5, -1, 2],
  [-1, 0.5, 2, -2.5, 1, 0.5],
  [0.5, 1.5, -1, 2, -2, 1],
  [2, 1, -0.5, -1, 1.5, -2],
  [-2, 1, 1.5, 1, 0.5, -1],
];
const output = [
  [2, -1.5, 0.5, 1, -1],
  [-1, 2, 1.5, -0.5, 0.5],
  [0.5, -0.5, -2, 1.5, 2],
  [1, 1, -1, -2, -1.5],
];

const network: Classify = (images) =>
  tf.tidy(() => {
    const units = tf.tanh(tf.matMul(tf.reshape(images, [-1, 6]), tf.tensor2d(hidden), false, true));
    return tf.matMul(units, tf.tensor2d(output), false, true) as Tensor2D;
  });

function plainLogits(pixels: readonly number[]) {
  const units = hidden.map((row) => Math.tanh(sum(row.map((weight, index) => weight * pixels[index]!))));
  return { units, logits: output.map((row) => sum(row.map((weight, index) => weight * units[index]!))) };
}

/** Back through both layers: what the logits' gradient is with respect to the pixels. */
function plainGradient(pixels: readonly number[], lossGradient: (logits: number[]) => number[]): number[] {
  const { units, logits } = plainLogits(pixels);
  const ofLogits = lossGradient(logits);
  const ofUnits = units.map(
    (unit, index) => (1 - unit * unit) * sum(output.map((row, label) => row[index]! * ofLogits[label]!)),
  );
  return pixels.map((_, pixel) => sum(hidden.map((row, index) => row[pixel]! * ofUnits[index]!)));
}

interface PlainLoss {
  value(logits: number[]): number;
  gradient(logits: number[]): number[];
}

const crossEntropy = (label: number, factor = 1): PlainLoss => {
  const probabilities = (logits: number[]) => {
    const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    return exponentials.map((exponential) => exponential / sum(exponentials));
  };
  return {
    value: (logits) => -factor * Math.log(probabilities(logits)[label]!),
    gradient: (logits) => probabilities(logits).map((p, other) => factor * (p - (other === label ? 1 : 0))),
  };
};

/** Its gradient by central differences: nothing in common with the closed form. */
const dlr = (label: number, target?: number): PlainLoss => {
  const value = (logits: number[]) => {
    const [first, , third, fourth] = [...logits].sort((a, b) => b - a) as [number, number, number, number];
    if (target !== undefined) return (logits[target]! - logits[label]!) / (first - (third + fourth) / 2);
    return (Math.max(...logits.filter((_, other) => other !== label)) - logits[label]!) / (first - third);
  };
  return {
    value,
    gradient: (logits) =>
      logits.map((_, moved) => {
        const at = (shift: number) => value(logits.map((logit, index) => logit + (index === moved ? shift : 0)));
        return (at(1e-6) - at(-1e-6)) / 2e-6;
      }),
  };
};

/**
 * Auto-PGD as the paper states it (algorithm 1), one image at a time in float64. Gives the point of the highest loss, of
 * those that fool if any does.
 */
function plainAutoPgd(
  { pixels, label }: { pixels: readonly number[]; label: number },
  loss: PlainLoss,
  { epsilon, norm, steps }: { epsilon: number; norm: 'linf' | 'l2'; steps: number },
) {
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const project = (point: readonly number[]) => {
    const change = point.map((value, index) => value - pixels[index]!);
    const length = Math.hypot(...change);
    return pixels.map((pixel, index) =>
      norm === 'linf'
        ? clip(pixel + Math.min(epsilon, Math.max(-epsilon, change[index]!)))
        : clip(pixel + change[index]! * Math.min(1, epsilon / (length || 1))),
    );
  };
  const direction = (point: readonly number[]) => {
    const gradient = plainGradient(point, loss.gradient);
    const length = Math.hypot(...gradient);
    return gradient.map((value) => (norm === 'linf' ? Math.sign(value) : value / length));
  };
  const lossAt = (point: readonly number[]) => loss.value(plainLogits(point).logits);
  const fools = (point: readonly number[]) => {
    const { logits } = plainLogits(point);
    return logits.indexOf(Math.max(...logits)) !== label;
  };

  const checkpoints = new Set<number>();
  for (let at = Math.trunc(0.22 * steps) || 1, period = at; at <= steps; at += period) {
    checkpoints.add(at);
    period = Math.max(period - (Math.trunc(0.03 * steps) || 1), Math.trunc(0.06 * steps) || 1);
  }
  let size = 2 * epsilon;
  let point = [...pixels];
  let before = point;
  let best = point;
  const visited = [point];
  const losses = [lossAt(point)];
  let reviewed = { step: 0, best: losses[0]!, halved: true };
  for (let step = 1; step <= steps; step++) {
    const towards = direction(point);
    const next = project(point.map((value, index) => value + size * towards[index]!));
    const share = step === 1 ? 1 : 0.75;
    const moved = project(
      point.map((value, i) => value + share * (next[i]! - value) + (1 - share) * (value - before[i]!)),
    );
    before = point;
    point = moved;
    visited.push(point);
    losses.push(lossAt(point));
    if (losses[step]! > lossAt(best)) best = point;
    if (!checkpoints.has(step)) continue;
    const period = step - reviewed.step;
    const rises = losses.slice(-period).filter((value, index) => value > losses[step - period + index]!).length;
    const halved = rises <= 0.75 * period || (!reviewed.halved && reviewed.best === lossAt(best));
    if (halved) {
      size /= 2;
      point = best;
    }
    reviewed = { step, best: lossAt(best), halved };
  }
  const fooling = visited.filter(fools);
  const candidates = fooling.length > 0 ? fooling : visited;
  return candidates.reduce((found, other) => (lossAt(other) > lossAt(found) ? other : found));
}

async function attack(model: Classify, pixels: number[][], labels: number[], options: AutoPgdOptions) {
  const images = tf.tensor4d(pixels.flat(), [pixels.length, 2, 3, 1]);
  const classes = tf.tensor1d(labels, 'int32');
  const { images: adversarial, ...rest } = await autoPgd(model, images, classes, options);
  const values = [...(await adversarial.data())];
  tf.dispose([images, classes, adversarial]);
  return { ...rest, pixels: pixels.map((_, image) => values.slice(image * 6, (image + 1) * 6)) };
}

/** All of one class, far from the others, so that a small ball holds no point that fools. */
const images = [
  [0.9, 0.2, 0.4, 0.7, 0.15, 0.3],
  [0.35, 0.6, 0.8, 0.25, 0.5, 0.65],
  [0.1, 0.95, 0.5, 0.05, 0.85, 0.45],
];
const predictions = images.map((pixels) => {
  const { logits } = plainLogits(pixels);
  return logits.indexOf(Math.max(...logits));
});
const gray = Array(6).fill(0.5) as number[];

describeOnBackends(['cpu', 'wasm'], () => {
  describe('autoPgd', () => {
    for (const norm of ['linf', 'l2'] as const) {
      for (const loss of ['cross-entropy', 'dlr'] as const) {
        test(`goes where the plain algorithm goes in ${norm} with ${loss}, through every checkpoint`, async () => {
          // In wider balls the loss has optima inside, around which float32 decides what still raises it.
          for (const epsilon of [0.02, 0.1]) {
            for (const steps of [1, 2, 3, 12, 30]) {
              const options = { epsilon, bounds, norm, loss, steps, randomStart: false };
              const { pixels } = await attack(network, images, predictions, options);
              for (const [image, label] of predictions.entries()) {
                const plainLoss = loss === 'dlr' ? dlr(label) : crossEntropy(label);
                const plain = plainAutoPgd({ pixels: images[image]!, label }, plainLoss, { epsilon, norm, steps });
                const apart = pixels[image]!.map((pixel, index) => Math.abs(pixel - plain[index]!));
                expect(Math.max(...apart), `epsilon ${epsilon}, ${steps} steps, image ${image}`).toBeLessThan(1e-3);
              }
            }
          }
        });
      }
    }

    test('fools a linear classifier just where a point of the ball does, in L∞ and L2', async () => {
      const weights = [
        [0.5, -1, 2, 0.25, -0.125, 1],
        [-0.5, 1.5, 1, -2, 0.5, 0.75],
        [1, 0.5, -1, 0.5, -0.25, -3],
        [0.25, 0.75, 0.5, 1, 1.5, -0.5],
      ];
      const bias = [1.5, 0.2, -0.3, 0.4];
      const logits = weights.map((row, label) => sum(row.map((weight, index) => weight * gray[index]!)) + bias[label]!);
      const label = logits.indexOf(Math.max(...logits));
      const leastEpsilon = (norm: 'linf' | 'l2', classes: number) => {
        const distances = weights.slice(0, classes).map((row, other) => {
          const difference = row.map((weight, index) => weight - weights[label]![index]!);
          const dual = norm === 'linf' ? sum(difference.map(Math.abs)) : Math.hypot(...difference);
          return other === label ? Number.POSITIVE_INFINITY : (logits[label]! - logits[other]!) / dual;
        });
        return Math.min(...distances);
      };
      // Of more than two classes the gradient of cross-entropy is a mixture, which need not point at the nearest.
      const cases = [
        { classes: 2, loss: 'cross-entropy', targetClasses: 0 },
        { classes: 4, loss: 'dlr', targetClasses: 3 },
      ] as const;
      for (const norm of ['linf', 'l2'] as const) {
        for (const { classes, ...options } of cases) {
          for (const factor of [0.999, 1.001]) {
            const model = linearClassifier(weights.slice(0, classes), bias.slice(0, classes));
            const epsilon = factor * leastEpsilon(norm, classes);
            const given = { ...options, bounds: [-9, 9], norm, epsilon, steps: 25, seed: 0 } as const;
            const { fooled } = await attack(model, [gray], [label], given);
            expect(fooled, `${norm}, ${options.loss}, ${factor} of the least epsilon`).toEqual([factor > 1]);
          }
        }
      }
    });

    test('reaches its target with either loss', async () => {
      for (const loss of ['cross-entropy', 'dlr'] as const) {
        for (const target of [0, 1, 2, 3]) {
          const options = { epsilon: 0.8, bounds, targeted: true, loss, seed: 0, steps: 20 };
          const result = await attack(network, [gray], [target], options);
          expect(result.predictions).toEqual([target]);
          expect(result.fooled).toEqual([true]);
        }
      }
    });

    test('leads to the likeliest other class first, and to the next where that fails', async () => {
      // Class 1 is the likeliest after class 0, and its lead cannot be changed; class 3 gains with each pixel.
      const stubborn: Classify = (input) =>
        tf.tidy(() => {
          const light = tf.sum(tf.reshape(input, [-1, 6]), 1, true);
          const still = tf.tensor2d([[6, 5.9, 5, 0]]);
          const slopes = tf.tensor2d([[0.01, 0, 0, 1]]);
          return tf.add(still, tf.matMul(light, slopes)) as Tensor2D;
        });
      const options = { epsilon: 0.49, bounds, loss: 'dlr', steps: 10, seed: 0 } as const;
      const one = await attack(stubborn, [gray], [0], { ...options, targetClasses: 1 });
      const all = await attack(stubborn, [gray], [0], { ...options, epsilon: 0.5, targetClasses: 9, bounds: [0, 2] });
      expect(one.fooled).toEqual([false]);
      expect(one.predictions).toEqual([0]);
      expect(all.fooled).toEqual([false]);
      const further = await attack(stubborn, [gray], [0], {
        ...options,
        epsilon: 0.6,
        targetClasses: 9,
        bounds: [0, 2],
      });
      expect(further.predictions).toEqual([3]);
    });

    test('treats an image alike alone and in a batch from which others leave', async () => {
      const labels = [...predictions, (predictions[0]! + 1) % 4];
      const batch = [...images, images[0]!];
      for (const earlyStop of [false, true]) {
        const options = { epsilon: 0.12, bounds, steps: 20, earlyStop, randomStart: false };
        const whole = await attack(network, batch, labels, options);
        expect(new Set(whole.fooled).size, 'some fool and some do not').toBe(2);
        for (const [image, label] of labels.entries()) {
          const alone = await attack(network, [batch[image]!], [label], options);
          expect(alone.fooled[0]).toBe(whole.fooled[image]);
          expect(alone.predictions[0]).toBe(whole.predictions[image]);
          const apart = alone.pixels[0]!.map((pixel, index) => Math.abs(pixel - whole.pixels[image]![index]!));
          expect(Math.max(...apart)).toBeLessThan(1e-5);
        }
      }
    });

    test('gives the model fewer images once many fool, and ends when all do', async () => {
      const sizes: number[] = [];
      const watched: Classify = (input) => {
        sizes.push(input.shape[0]);
        return network(input);
      };
      const options = { epsilon: 0.12, bounds, steps: 20, earlyStop: true, seed: 0 };
      await attack(watched, images, predictions, options);
      expect(sizes.at(-1)).toBeLessThan(3);
      sizes.length = 0;
      await attack(watched, images, predictions, { ...options, epsilon: 0.9 });
      expect(sizes.length).toBeLessThan(20);
    });

    test('returns what the model is wrong about, and all at epsilon 0, bit for bit', async () => {
      const odd = [-0, 2 ** -149, 0.1, 1, -1, 1 / 3].map(Math.fround);
      for (const [label, epsilon] of [
        [0, 0],
        [1, 0],
        [2, 0.5],
      ] as const) {
        const { logits } = plainLogits(odd);
        const wrong = (logits.indexOf(Math.max(...logits)) + 1) % 4;
        const given = epsilon === 0 ? label : wrong;
        const { pixels } = await attack(network, [odd], [given], { epsilon, bounds: [-1, 1], seed: 0 });
        for (const [index, pixel] of odd.entries()) expect(Object.is(pixels[0]![index], pixel)).toBe(true);
      }
    });

    test('tries again from another point, and keeps the better result', async () => {
      // A valley: class 1 wins only beside the middle, where no gradient leads.
      const valley: Classify = (input) =>
        tf.tidy(() => {
          const first = tf.reshape(tf.slice(input, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]);
          return tf.concat([tf.square(tf.sub(first, 0.58)), tf.fill([input.shape[0], 1], 0.0004)], 1) as Tensor2D;
        });
      const many = Array.from({ length: 30 }, () => gray);
      const labels = many.map(() => 0);
      const options = { epsilon: 0.1, bounds, steps: 0, seed: 3 };
      const once = await attack(valley, many, labels, options);
      const often = await attack(valley, many, labels, { ...options, restarts: 8 });
      const count = (fooled: boolean[]) => fooled.filter(Boolean).length;
      expect(count(once.fooled)).toBeGreaterThan(0);
      expect(count(often.fooled)).toBeGreaterThan(count(once.fooled));
      for (const [image, fooled] of once.fooled.entries()) {
        if (fooled) expect(often.pixels[image]).toEqual(once.pixels[image]);
      }
    });

    test('starts on the surface of the ball, each image from its own point', async () => {
      for (const norm of ['linf', 'l2'] as const) {
        const { pixels } = await attack(network, [gray, gray], [1, 1], {
          epsilon: 0.2,
          bounds,
          norm,
          steps: 0,
          seed: 5,
          targeted: true,
        });
        expect(pixels[0]).not.toEqual(pixels[1]);
        for (const point of pixels) {
          const changes = point.map((value) => Math.abs(value - 0.5));
          expect(norm === 'linf' ? Math.max(...changes) : Math.hypot(...changes)).toBeCloseTo(0.2, 5);
        }
      }
    });

    test('returns points within epsilon and bounds as computed in float32', async () => {
      const pixel = fc.float({ min: 0, max: 1, noNaN: true });
      const cases = fc.record({
        image: fc.array(pixel, { minLength: 6, maxLength: 6 }),
        epsilon: fc.oneof(fc.constantFrom(8 / 255, 0.3, 0.1), fc.double({ min: 0, max: 1, noNaN: true })),
        norm: fc.constantFrom('linf' as const, 'l2' as const),
        loss: fc.constantFrom('cross-entropy' as const, 'dlr' as const),
        seed: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ image, epsilon, ...options }) => {
          const { pixels: points } = await attack(network, [image], [0], { ...options, epsilon, bounds, steps: 3 });
          const changes = points[0]!.map((point, index) => Math.abs(point - image[index]!));
          for (const point of points[0]!) {
            expect(point).toBeGreaterThanOrEqual(0);
            expect(point).toBeLessThanOrEqual(1);
          }
          if (options.norm === 'linf') expect(Math.max(...changes.map(Math.fround))).toBeLessThanOrEqual(epsilon);
          else expect(Math.hypot(...changes)).toBeLessThanOrEqual(epsilon);
        }),
        { numRuns: 40 },
      );
    });

    test('says which loss a model of few classes can have', async () => {
      const three = tinyCnn({ shape: [2, 3, 1] });
      const two: Classify = (input) => tf.tidy(() => tf.slice(three(input), [0, 0], [-1, 2]));
      const options = { epsilon: 0.1, bounds, loss: 'dlr', seed: 0, steps: 1 } as const;
      await expect(attack(two, [gray], [0], options)).rejects.toThrow(
        '@cnnviz/adversarial: autoPgd: loss must be "cross-entropy" for a model of 2 classes, got "dlr"',
      );
      await expect(attack(three, [gray], [0], { ...options, targetClasses: 2 })).rejects.toThrow(RangeError);
      await expect(attack(three, [gray], [0], { ...options, targeted: true })).rejects.toThrow(RangeError);
      expect((await attack(three, [gray], [0], options)).fooled).toHaveLength(1);
    });
  });
});
