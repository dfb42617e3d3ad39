import { conformance, describeOnBackends } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  augment,
  centerCrop,
  colorJitter,
  type ImagesShape,
  labelSmoothing,
  mixup,
  randomAffine,
  randomCrop,
  randomErase,
  randomMirror,
  whiten,
} from '../index.ts';

const inputs = () => ({
  images: tf.tidy(() => tf.div(tf.reshape(tf.range(0, 4 * 6 * 6 * 3), [4, 6, 6, 3]), 431)) as Tensor4D,
});
const badInputs = [
  [() => ({ images: tf.zeros([6, 6, 3]) as never }), /images must be a float32 tensor \[n, h, w, c\], got/],
] as const;

interface Case {
  make: (options: never) => (images: Tensor4D, options: { seed: number }) => Tensor4D;
  options: object;
  badOptions: readonly (readonly [object, RegExp])[];
}

const cases: Record<string, Case> = {
  randomCrop: {
    make: randomCrop,
    options: { size: [5, 4], padding: 1, mode: 'reflect' },
    badOptions: [
      [{ size: [9, 4] }, /size must be at most the padded image's 8 x 8, got \[9, 4\]/],
      [{ size: [0, 4] }, /size must be 2 whole sizes >= 1, got \[0, 4\]/],
      [{ padding: -1 }, /padding must be an integer >= 0, got -1/],
      [{ padding: 6 }, /padding must be less than the image's 6 x 6 to reflect it, got 6/],
      [{ mode: 'wrap' }, /mode must be one of "zero", "reflect", got "wrap"/],
    ],
  },
  randomMirror: {
    make: randomMirror,
    options: { leftRight: 0.5, upDown: 0.5 },
    badOptions: [
      [{ leftRight: 1.1 }, /leftRight must be a number >= 0 and <= 1, got 1.1/],
      [{ upDown: '1' }, /upDown must be a number >= 0 and <= 1, got "1"/],
    ],
  },
  randomErase: {
    make: randomErase,
    options: { probability: 1, fill: [0, 1], area: [0.1, 0.3], aspectRatio: [0.5, 2] },
    badOptions: [
      [{ probability: 2 }, /probability must be a number >= 0 and <= 1, got 2/],
      [{ area: [0.5, 0.1] }, /area must be two finite numbers/],
      [{ area: [0, 0.5] }, /area must be a number > 0, got 0/],
      [{ area: [0.5, 2] }, /area must be a number <= 1, got 2/],
      [{ aspectRatio: [-1, 2] }, /aspectRatio must be a number > 0, got -1/],
      [{ fill: 'white' }, /fill must be two finite numbers/],
    ],
  },
  colorJitter: {
    make: colorJitter,
    options: { bounds: [0, 1], brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 },
    badOptions: [
      [{ bounds: undefined }, /bounds must be two finite numbers/],
      [{ brightness: -1 }, /brightness must be a number >= 0, got -1/],
      [{ hue: 0.6 }, /hue must be a number >= 0 and <= 0.5, got 0.6/],
    ],
  },
  randomAffine: {
    make: randomAffine,
    options: { rotate: 20, scale: [0.8, 1.2], shear: 10, translate: [0.1, 0.1] },
    badOptions: [
      [{ rotate: -1 }, /rotate must be a number >= 0, got -1/],
      [{ scale: [0, 1] }, /scale must be a number > 0, got 0/],
      [{ shear: 90 }, /shear must be a number >= -89, got -90/],
      [{ translate: [2, 0] }, /translate must be a number >= 0 and <= 1, got 2/],
      [{ interpolation: 'cubic' }, /interpolation must be one of "bilinear", "nearest", got "cubic"/],
      [{ padding: 'wrap' }, /padding must be one of "zero", "edge", "reflect", got "wrap"/],
    ],
  },
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  for (const [name, { make, options, badOptions }] of Object.entries(cases)) {
    conformance({
      name,
      inputs,
      options: { ...options, seed: 0 },
      run: ({ images }, { seed, ...rest }) => make(rest as never)(images, { seed }),
      badOptions: badOptions as never,
      badInputs,
      sync: true,
      seeded: true,
      ...(name === 'randomAffine' ? {} : { bounds: [0, 1] as const }),
    });
  }
  conformance({
    name: 'augment',
    inputs,
    options: { seed: 0 },
    run: ({ images }, options) => augment(randomCrop({ size: [4, 4] }), randomMirror())(images, options),
    badOptions: [],
    badInputs,
    sync: true,
    seeded: true,
    bounds: [0, 1],
  });
  conformance({
    name: 'centerCrop',
    inputs,
    options: { size: [3, 2] as [number, number] },
    run: ({ images }, options) => centerCrop(options)(images),
    badOptions: [[{ size: [7, 1] }, /size must be at most the image's 6 x 6, got \[7, 1\]/]],
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
    bounds: [0, 1],
  });
  conformance({
    name: 'whiten',
    inputs,
    options: {},
    run: ({ images }) => whiten(images),
    badOptions: [],
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
  });
  conformance({
    name: 'mixup',
    inputs: () => ({ ...inputs(), labels: tf.tidy(() => tf.cast(tf.oneHot([0, 1, 2, 0], 3), 'float32')) as Tensor2D }),
    options: { alpha: 0.5, seed: 0 },
    run: ({ images, labels }, { alpha, seed }) => ({ ...mixup({ alpha })({ images, labels }, { seed }) }),
    badOptions: [[{ alpha: 0 }, /alpha must be a number > 0, got 0/]],
    badInputs: [
      ...badInputs,
      [() => ({ labels: tf.zeros([3, 3]) as never }), /labels must be a float32 tensor \[4, classes\], got/],
    ],
    sync: true,
    seeded: true,
    bounds: [0, 1],
  });
  conformance({
    name: 'mixup',
    inputs: () => ({ count: 5 }),
    options: { alpha: 0.5, seed: 0 },
    run: ({ count }, { alpha, seed }) => mixup({ alpha }).draw(count, { seed }),
    badOptions: [[{ alpha: 0 }, /alpha must be a number > 0, got 0/]],
    badInputs: [[() => ({ count: 0 }), /count must be an integer >= 1, got 0/]],
    sync: true,
    seeded: true,
  });
  conformance({
    name: 'augment',
    inputs: () => ({ shape: [3, 6, 6, 3] as ImagesShape }),
    options: { seed: 0 },
    run: ({ shape }, options) => augment(randomCrop({ size: [5, 4] }), randomMirror()).draw(shape, options),
    badOptions: [],
    badInputs: [[() => ({ shape: [3, 6, 0, 3] as never }), /shape must be 4 whole sizes >= 1, got \[3, 6, 0, 3\]/]],
    sync: true,
    seeded: true,
  });
  conformance({
    name: 'labelSmoothing',
    inputs: () => ({ labels: tf.tensor2d([[0, 1, 0, 0, 0]]) }),
    options: { smoothing: 0.1 },
    run: ({ labels }, options) => labelSmoothing(labels, options),
    badOptions: [[{ smoothing: 1.5 }, /smoothing must be a number >= 0 and <= 1, got 1.5/]],
    badInputs: [[() => ({ labels: tf.zeros([3]) as never }), /labels must be a float32 tensor of rank 2, got/]],
    sync: true,
  });
});
