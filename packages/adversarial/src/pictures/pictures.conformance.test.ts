import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AdversarialStripOptions, adversarialStrip } from './adversarial-strip.ts';
import { type AmplifyPerturbationOptions, amplifyPerturbation } from './amplify-perturbation.ts';
import { type DecisionMap, type DecisionMapOptions, decisionMap } from './decision-map.ts';
import { type DecisionPictureOptions, decisionPicture } from './decision-picture.ts';
import { type FoolingGridOptions, foolingGrid } from './fooling-grid.ts';
import { predict } from './predict.ts';

const ramp = (count: number) =>
  tf.tidy(() => tf.div(tf.reshape(tf.range(0, count * 16), [count, 4, 4, 1]), count * 16)) as Tensor4D;
const model = () => tinyCnn({ shape: [4, 4, 1] });
const pair = () => ({
  images: ramp(2),
  adversarial: tf.tidy(() => tf.mul(ramp(2), 0.9)) as Tensor4D,
});
const bounds = [0, 1] as const;
const badBounds = [{ bounds: [1, 0] }, /bounds must be two finite numbers/] as const;
const badModel = [() => ({ model: 'lenet' as never }), /model must be a function, got "lenet"/] as const;

const map: DecisionMap = {
  resolution: 3,
  extent: 1,
  offsets: [-1, 0, 1],
  classes: [0, 0, 1, 0, 0, 1, 0, 0, 1],
  confidences: Array(9).fill(0.5),
  inside: Array(9).fill(true),
  sample: { label: 0, confidence: 0.5, index: 4, distance: 1 },
  directions: { right: new Float32Array(1), up: new Float32Array(1) },
};

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'decisionMap',
    inputs: () => ({ model: model(), image: ramp(1) }),
    models: ['model'],
    options: { bounds, extent: 1, resolution: 3, batchSize: 4, seed: 0 } as DecisionMapOptions,
    run: ({ model, image }, options) => decisionMap(model, image, options),
    badOptions: [
      badBounds,
      [{ extent: 0 }, /extent must be a number > 0, got 0/],
      [{ resolution: 4 }, /resolution must be odd, got 4/],
      [{ directions: 'up' }, /directions must be one of "gradient", "random", got "up"/],
      [{ clip: 1 }, /clip must be true or false, got 1/],
      [{ batchSize: 0 }, /batchSize must be an integer >= 1, got 0/],
    ],
    badInputs: [
      badModel,
      [() => ({ image: ramp(2) }), /image must be one image \[1, h, w, c\], got float32 tensor \[2, 4, 4, 1\]/],
      [
        () => ({ model: (images: Tensor4D) => tf.sum(images, [1, 2]) as Tensor2D }),
        /model must be a function from images to logits/,
      ],
    ],
    seeded: true,
    abortable: true,
    nonFinite: /(gradients|logits) must be finite/,
  });

  conformance({
    name: 'decisionMap',
    inputs: () => ({ model: model(), image: ramp(1) }),
    models: ['model'],
    later: ['model'],
    options: { bounds, extent: 1, resolution: 3, batchSize: 4, seed: 0, directions: 'random' } as DecisionMapOptions & {
      directions: 'random';
    },
    run: ({ model, image }, options) => decisionMap(model, image, options),
    badOptions: [],
    abortable: true,
    nonFinite: /logits must be finite/,
  });

  conformance({
    name: 'adversarialStrip',
    inputs: () => ({ model: model(), ...pair() }),
    models: ['model'],
    later: ['model'],
    options: { bounds } as AdversarialStripOptions,
    run: ({ model, images, adversarial }, options) => adversarialStrip(model, images, adversarial, options),
    badOptions: [
      badBounds,
      [{ padding: -1 }, /padding must be an integer >= 0, got -1/],
      [{ factor: 0 }, /factor must be an integer >= 1, got 0/],
    ],
    badInputs: [badModel],
  });

  conformance({
    name: 'amplifyPerturbation',
    inputs: pair,
    options: { bounds } as AmplifyPerturbationOptions,
    run: ({ images, adversarial }, options) => amplifyPerturbation(images, adversarial, options),
    badOptions: [badBounds, [{ amplification: 0 }, /amplification must be a number > 0, got 0/]],
    badInputs: [[() => ({ adversarial: ramp(1) }), /adversarial must be of the shape of images, \[2, 4, 4, 1\], got/]],
    bounds: [0, 1],
  });

  conformance({
    name: 'foolingGrid',
    inputs: () => ({ images: ramp(2) }),
    options: { bounds } as FoolingGridOptions,
    run: ({ images }, options) => foolingGrid({ images, targets: [0, 1], confidences: [0.5, 1] }, options),
    badOptions: [badBounds, [{ columns: 0 }, /columns must be an integer >= 1, got 0/]],
    badInputs: [[() => ({ images: ramp(1) }), /targets must be 1 classes, got \[0, 1\]/]],
    sync: true,
  });

  conformance({
    name: 'decisionPicture',
    inputs: () => ({}),
    options: { factor: 2 } as DecisionPictureOptions,
    run: (_, options) => decisionPicture(map, options),
    badOptions: [[{ factor: 0 }, /factor must be an integer >= 1, got 0/]],
    sync: true,
  });

  conformance({
    name: 'predict',
    inputs: () => ({ model: model(), images: ramp(3) }),
    models: ['model'],
    later: ['model'],
    options: {},
    run: ({ model, images }) => predict(model, images),
    badOptions: [],
    badInputs: [badModel],
    batched: { inputs: ['images'] },
  });
});
