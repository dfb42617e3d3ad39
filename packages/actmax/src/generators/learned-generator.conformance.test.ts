import { conformance, describeOnBackends, linearClassifier } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  codeBounds,
  convolutionalDiscriminator,
  nearestDistances,
  synthesisQuality,
  type TrainGeneratorOptions,
  trainGenerator,
  upconvolutionalGenerator,
} from '../index.ts';

const shape = [4, 4, 1] as const;
const images = (count: number, start = 0) =>
  tf.tidy(() => tf.abs(tf.sin(tf.reshape(tf.range(start, start + 16 * count), [count, ...shape])))) as Tensor4D;
const averages = (batch: Tensor4D) => tf.tidy(() => tf.reshape(tf.mean(batch, [1]), [batch.shape[0], 4]) as Tensor2D);
const classifier = () =>
  linearClassifier(
    [0, 1, 2].map((label) => Array.from({ length: 16 }, (_, pixel) => Math.cos(pixel + label))),
    [0, 0.1, 0.2],
  );
const notImages = [
  () => ({ images: tf.zeros([2, 4]) as never }),
  /images must be a float32 tensor \[n, h, w, c\]/,
] as const;

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl'], () => {
  conformance({
    name: 'trainGenerator',
    inputs: () => ({
      generator: upconvolutionalGenerator({ codeSize: 4, shape, bounds: [0, 1], seed: 0, hidden: 3, filters: [2] }),
      encoder: averages,
      discriminator: convolutionalDiscriminator({ shape, seed: 1, filters: [2] }),
      images: images(3),
    }),
    models: ['generator', 'encoder', 'discriminator'],
    modifies: ['generator', 'discriminator'],
    options: { loss: { image: 1, feature: 0.5, adversarial: 0.1 }, epochs: 2 } as Omit<
      TrainGeneratorOptions,
      'optimizer'
    >,
    run: async ({ generator, encoder, discriminator, images: batch }, options) => {
      const [optimizer, discriminatorOptimizer] = [tf.train.sgd(0.01), tf.train.sgd(0.01)];
      try {
        const { history } = await trainGenerator(generator, encoder, [batch], {
          optimizer,
          discriminator,
          discriminatorOptimizer,
          samples: { images: batch, bounds: [0, 1], onPicture: () => {} },
          ...options,
        });
        return history;
      } finally {
        optimizer.dispose();
        discriminatorOptimizer.dispose();
      }
    },
    badOptions: [
      [{ epochs: 0 }, /epochs must be an integer >= 1, got 0/],
      [{ loss: 'l1' }, /loss must be 'l2' or weights \{ image, feature, adversarial \}, got "l1"/],
      [{ loss: { image: -1 } }, /loss.image must be a number >= 0, got -1/],
      [{ loss: {} }, /loss must be one with a weight above 0/],
      [{ discriminator: undefined }, /loss.adversarial needs a discriminator and a discriminatorOptimizer/],
      [{ optimizer: 'adam' } as never, /optimizer must be an Optimizer, got "adam"/],
      [{ pauseDiscriminatorBelow: -1 }, /pauseDiscriminatorBelow must be a number >= 0, got -1/],
      [{ schedule: () => Number.NaN }, /schedule\(0\) must be a number >= 0, got NaN/],
      [{ comparator: () => 1 }, /comparator must be a function from images to features \[3, d\], got 1/],
      [{ checkpointEvery: 0 }, /checkpointEvery must be an integer >= 1, got 0/],
    ],
    badInputs: [
      notImages,
      [() => ({ encoder: (batch: Tensor4D) => batch as never }), /encoder must be a function from images to features/],
      [() => ({ generator: { apply: 1, variables: [] } as never }), /generator.apply must be a function, got 1/],
      [
        () => ({
          encoder: (batch: Tensor4D) => tf.zeros<tf.Rank.R2>([batch.shape[0], 4]),
          images: tf.zeros([2, 8, 4, 1]),
        }),
        /generator must be one of images \[2, 8, 4, 1\]/,
      ],
    ],
    abortable: true,
    nonFinite: /the loss must be finite, got NaN in epoch 0, batch 0; the last good weights are kept/,
  });
});

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  conformance({
    name: 'trainGenerator',
    inputs: () => ({
      generator: upconvolutionalGenerator({ codeSize: 4, shape, bounds: [0, 1], seed: 0, hidden: 3, filters: [2] }),
      encoder: averages,
      images: images(3),
    }),
    models: ['generator', 'encoder'],
    later: ['encoder'],
    modifies: ['generator'],
    options: { loss: 'l2', epochs: 2 } as Omit<TrainGeneratorOptions, 'optimizer'>,
    run: async ({ generator, encoder, images: batch }, options) => {
      const optimizer = tf.train.sgd(0.01);
      try {
        const samples = { images: batch, bounds: [0, 1] as const, onPicture: () => {} };
        return (await trainGenerator(generator, encoder, [batch], { optimizer, samples, ...options })).history;
      } finally {
        optimizer.dispose();
      }
    },
    badOptions: [],
    abortable: true,
    nonFinite: /the loss must be finite, got NaN in epoch 0, batch 0; the last good weights are kept/,
  });
});

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'codeBounds',
    inputs: () => ({ encoder: averages, images: images(5) }),
    models: ['encoder'],
    later: ['encoder'],
    options: {},
    run: ({ encoder, images: batch }, options) => codeBounds(encoder, [batch], options),
    badOptions: [
      [{ deviations: 0 }, /deviations must be a number > 0, got 0/],
      [{ signed: 1 }, /signed must be true or false, got 1/],
    ],
    badInputs: [
      notImages,
      [() => ({ encoder: (batch: Tensor4D) => batch as never }), /encoder must be a function from images to features/],
      [
        () => ({ encoder: (batch: Tensor4D) => tf.tidy(() => tf.neg(averages(batch))) }),
        /features must be >= 0 unless signed is true, got -/,
      ],
    ],
    abortable: true,
    nonFinite: /features must be finite/,
  });

  conformance({
    name: 'nearestDistances',
    inputs: () => ({ images: images(3), data: images(7, 5) }),
    options: {},
    run: ({ images: batch, data }, options) => nearestDistances(batch, [data], options),
    badOptions: [],
    badInputs: [notImages, [() => ({ data: tf.zeros([2, 4, 3, 1]) }), /batches must be of images \[4, 4, 1\]/]],
    batched: { inputs: ['images'], tolerance: 1e-3 },
    abortable: true,
  });

  conformance({
    name: 'synthesisQuality',
    inputs: () => ({ images: images(3), data: images(7, 5), units: classifier(), judge: classifier() }),
    models: ['units', 'judge'],
    later: ['units', 'judge'],
    options: { unit: 1 },
    run: ({ images: batch, data, units, judge }, { unit, ...options }) =>
      synthesisQuality([{ method: 'generator', unit, images: batch }], { units, data: [data], judge, ...options }),
    badOptions: [[{ unit: 3 }, /unit must be an integer <= 2, got 3/]],
    badInputs: [
      notImages,
      [() => ({ units: 1 as never }), /units must be a function, got 1/],
      [() => ({ judge: (batch: Tensor4D) => batch as never }), /judge must be a function from images to features/],
    ],
    abortable: true,
    nonFinite: /(activations|logits) must be finite/,
  });
});
