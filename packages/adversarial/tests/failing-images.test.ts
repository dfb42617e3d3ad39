import type { Classifier, FailedImage } from '@cnnviz/internal';
import { describeOnBackends, linearClassifier } from '@cnnviz/testing';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  autoPgd,
  carliniWagner,
  criticalSampleRatio,
  criticalSamples,
  deepFool,
  foolingImages,
  minimalFgsm,
  momentumPgd,
  pgd,
  robustAccuracy,
  squareAttack,
} from '../src/index.ts';

const bounds = [0, 1] as const;
const seed = 0;

/** To get away from class 0, each attack lowers the first two pixels. */
const linear = linearClassifier(
  [
    [6, 10, 1, 1],
    [-2, 0, 0.5, 0],
    [-2, 0, 0, 0.5],
    [-2, 0, 0, 0],
  ],
  [0, 6.8, 6.9, 6],
);

const firstPixels = (images: Tensor4D) => tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]);

/** Adds 0, or NaN where the first pixel is below 0.2. */
const withoutLow = (model: Classifier) => (images: Tensor4D) =>
  tf.tidy(() => tf.add(model(images), tf.mul(tf.log(tf.sub(firstPixels(images), 0.2)), 0)) as Tensor2D);

/** Adds 0, whose gradient is not finite where the first pixel is 0.35. */
const withoutSlope = (model: Classifier) => (images: Tensor4D) =>
  tf.tidy(() => {
    const root = tf.sqrt(tf.square(tf.sub(firstPixels(images), 0.35)));
    return tf.add(model(images), tf.mul(root, 0)) as Tensor2D;
  });

/** Is another class before its first pixel is below 0.2; the next is so only after that. */
const far = [0.9, 0, 0.4, 0.6];
const near = [0.35, 0.8, 0.4, 0.6];
const beyond = [0.1, 0.8, 0.4, 0.6];

interface Attacked {
  images: Tensor4D;
  failed: FailedImage[];
  [name: string]: unknown;
}

type Attack = (model: Classifier, images: Tensor4D, labels: Tensor1D) => Promise<Attacked>;

const labeled: Record<string, Attack> = {
  pgd: (model, images, labels) =>
    pgd(model, images, labels, { epsilon: 0.2, stepSize: 0.04, steps: 8, bounds, restarts: 2, seed }) as never,
  'pgd in L2': (model, images, labels) =>
    pgd(model, images, labels, {
      ...{ epsilon: 0.3, norm: 'l2', stepSize: 0.04, steps: 12, bounds, randomStart: false },
    }) as never,
  'pgd in L1': (model, images, labels) =>
    pgd(model, images, labels, {
      ...{ epsilon: 0.6, norm: 'l1', stepSize: 0.1, steps: 12, bounds, randomStart: false },
    }) as never,
  'pgd that stops early': (model, images, labels) =>
    pgd(model, images, labels, { epsilon: 0.8, stepSize: 0.04, bounds, randomStart: false, earlyStop: true }) as never,
  momentumPgd: (model, images, labels) => momentumPgd(model, images, labels, { epsilon: 0.2, bounds }) as never,
  autoPgd: (model, images, labels) =>
    autoPgd(model, images, labels, { epsilon: 0.2, bounds, steps: 8, randomStart: false, restarts: 1 }) as never,
  'autoPgd by classes': (model, images, labels) =>
    autoPgd(model, images, labels, {
      ...{ epsilon: 0.2, bounds, steps: 8, seed, loss: 'dlr', targetClasses: 2, earlyStop: true },
    }) as never,
  deepFool: (model, images, labels) => deepFool(model, images, labels, { bounds, overshoot: 1 }) as never,
  minimalFgsm: (model, images, labels) => minimalFgsm(model, images, labels, { maxEpsilon: 0.3, bounds }) as never,
  carliniWagner: (model, images, labels) =>
    carliniWagner(model, images, labels, {
      ...{ bounds, initialConstant: 1, binarySearchSteps: 2, steps: 40, stepSize: 0.1 },
    }) as never,
  squareAttack: (model, images, labels) =>
    squareAttack(model, images, labels, { epsilon: 0.2, bounds, queries: 10, seed }) as never,
  criticalSamples: (model, images) =>
    criticalSamples(model, images, { bounds, radius: 0.2, alpha: 0.04, beta: 0.001, maxIterations: 8, seed }) as never,
};

/** What is made of images, row by row; checks that no tensor is left. */
async function attackWith(name: string, model: Classifier, pixels: readonly number[][]) {
  const images = tf.tensor4d(pixels.flat(), [pixels.length, 2, 2, 1]);
  const labels = tf.tensor1d(
    pixels.map(() => 0),
    'int32',
  );
  const before = tf.memory().numTensors;
  try {
    const { images: points, failed, ...rest } = await labeled[name]!(model, images, labels);
    const values = ((await points.array()) as number[][][][]).map((image) => image.flat(2));
    points.dispose();
    const perImage = pixels.map((_, image) => ({
      pixels: values[image]!,
      ...Object.fromEntries(Object.entries(rest).map(([key, list]) => [key, (list as unknown[])[image]])),
    }));
    return { perImage: perImage as ({ pixels: number[] } & Record<string, unknown>)[], failed };
  } finally {
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([images, labels]);
  }
}

const isBroken = (index: number, step: unknown, what = 'logits') => ({
  index,
  step,
  reason: `its ${what} must be finite, and are not`,
});
const float32 = (pixels: readonly number[]) => pixels.map(Math.fround);

describeOnBackends(['cpu', 'wasm'], () => {
  describe.each(Object.keys(labeled))('%s', (name) => {
    const predictions = name === 'criticalSamples' ? 'criticalPredictions' : 'predictions';
    const success = name === 'criticalSamples' ? 'critical' : 'fooled';

    test('leaves an image whose logits are not finite as it is, and the others fare as without it', async () => {
      const { perImage, failed } = await attackWith(name, withoutLow(linear), [far, beyond, far]);
      expect(failed).toEqual([isBroken(1, 0)]);
      expect(perImage[1]).toMatchObject({ pixels: float32(beyond), [success]: false, [predictions]: -1 });
      const harmless = await attackWith(name, withoutLow(linear), [far, far, far]);
      expect(harmless.failed).toEqual([]);
      expect([perImage[0], perImage[2]]).toEqual([harmless.perImage[0], harmless.perImage[2]]);
    });

    test('gives up an image whose logits stop being finite on the way', async () => {
      const { perImage, failed } = await attackWith(name, withoutLow(linear), [far, near, far]);
      expect(failed).toEqual([isBroken(1, expect.any(Number))]);
      expect(failed[0]!.step).toBeGreaterThan(0);
      expect(perImage[1]).toMatchObject({ [success]: false, [predictions]: 0 });
      expect(perImage[1]!.pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(perImage[1]!.pixels[0]).toBeGreaterThanOrEqual(0.2);
      const harmless = await attackWith(name, withoutLow(linear), [far, far, far]);
      expect([perImage[0], perImage[2]]).toEqual([harmless.perImage[0], harmless.perImage[2]]);
    });

    test.skipIf(name === 'squareAttack')('gives up an image whose gradient is not finite', async () => {
      const { perImage, failed } = await attackWith(name, withoutSlope(linear), [far, near, far]);
      // These do not start at the image to the last bit.
      const isElsewhere = ['pgd', 'autoPgd by classes', 'carliniWagner'].includes(name);
      if (isElsewhere) return expect(failed).toEqual([]);
      expect(failed).toEqual([isBroken(1, 0, 'gradients')]);
      expect(perImage[1]).toMatchObject({ pixels: float32(near), [success]: false, [predictions]: 0 });
      const harmless = await attackWith(name, withoutSlope(linear), [far, far, far]);
      expect([perImage[0], perImage[2]]).toEqual([harmless.perImage[0], harmless.perImage[2]]);
    });

    test('rejects where no image is left', async () => {
      await expect(attackWith(name, withoutLow(linear), [beyond, beyond])).rejects.toThrow(
        /^@cnnviz\/adversarial: \w+: logits must be finite, got NaN or Infinity for image 0 at step 0$/,
      );
      const rejection = attackWith(name, withoutLow(linear), [beyond, near]);
      await expect(rejection).rejects.toThrow(
        /: logits must be finite, got NaN or Infinity for image 1 at step [1-9]\d*$/,
      );
    });
  });

  describe('foolingImages', () => {
    const options = { shape: [2, 2, 1], targets: [1, 0, 2], bounds, start: 'mean', iterations: 60, seed } as const;

    const unlikely = linearClassifier(
      [
        [6, 1, 1, 1],
        [-2, 0.5, 0, 0],
        [-2, 0, 0.5, 0],
      ],
      [-8, 1, 1],
    );

    /** NaN where the first pixel is above 0.7, to which class 0 alone leads. */
    const withoutHigh = (images: Tensor4D) =>
      tf.tidy(() => tf.add(unlikely(images), tf.mul(tf.log(tf.sub(0.7, firstPixels(images))), 0)) as Tensor2D);

    async function fool(model: Classifier, more: object = {}) {
      const before = tf.memory().numTensors;
      const { images, ...rest } = await foolingImages(model, { ...options, ...more });
      const pixels = ((await images.array()) as number[][][][]).map((image) => image.flat(2));
      images.dispose();
      expect(tf.memory().numTensors).toBe(before);
      return { pixels, ...rest };
    }

    test('keeps the best of an image that stops being finite, and the others fare as without it', async () => {
      const { failed, ...found } = await fool(withoutHigh);
      expect(failed).toEqual([isBroken(1, expect.any(Number))]);
      expect(found.bestIterations[1]).toBe(failed[0]!.step - 1);
      expect(found.pixels[1]![0]).toBeGreaterThan(0.5);
      expect(found.pixels[1]![0]).toBeLessThanOrEqual(0.7);
      const others = await fool(withoutHigh, { targets: [1, 2] });
      expect(others.failed).toEqual([]);
      expect([found.pixels[0], found.pixels[2]]).toEqual(others.pixels);
      expect([found.confidences[0], found.confidences[2]]).toEqual(others.confidences);
      expect(found.iterations).toBe(60);
    });

    test('ends once all others have what they want', async () => {
      const { failed, iterations, confidences } = await fool(withoutHigh, { stopAt: 0.55 });
      expect(failed.map(({ index }) => index)).toEqual([1]);
      expect(iterations).toBeLessThan(60);
      expect(Math.min(confidences[0]!, confidences[2]!)).toBeGreaterThan(0.55);
    });

    test('rejects where no image is left', async () => {
      await expect(fool(withoutHigh, { targets: [0, 0] })).rejects.toThrow(
        /foolingImages: logits must be finite, got NaN or Infinity for image 0 at step [1-9]\d*/,
      );
    });
  });

  test('numbers that are of all images are errors, which name the image', async () => {
    const images = tf.tensor4d([far, near, far].flat(), [3, 2, 2, 1]);
    const labels = tf.tensor1d([0, 0, 0], 'int32');
    const before = tf.memory().numTensors;
    const batches = [
      { images, labels },
      { images, labels },
    ];
    const model = withoutLow(linear);
    await expect(
      criticalSampleRatio(model, batches, { bounds, radius: 0.2, alpha: 0.04, beta: 0, maxIterations: 8, seed }),
    ).rejects.toThrow(
      /^@cnnviz\/adversarial: criticalSampleRatio: image 1 failed at step \d: its logits must be finite, and are not$/,
    );
    const given = { epsilon: 0.2, bounds, seed };
    const attack = {
      name: 'own',
      run: (attacked: Classifier, x: Tensor4D, y: Tensor1D) => pgd(attacked, x, y, { ...given, randomStart: false }),
    };
    for (const attacks of [['apgd-ce'], ['square'], [attack]] as const) {
      await expect(robustAccuracy(model, batches, { ...given, attacks })).rejects.toThrow(
        /^@cnnviz\/adversarial: robustAccuracy: image 1 failed at step \d+: its logits must be finite, and are not$/,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([images, labels]);
  });
});
