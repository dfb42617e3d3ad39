import { conformance, describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll } from 'vitest';
import { branches, photos } from '../../test-support/networks.ts';
import { type ClassifierOptions, classifier } from './classifier.ts';
import { type ProbeOptions, probe, probes } from './probe.ts';
import { trainable } from './trainable.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  let model: LayersModel;
  beforeAll(() => {
    model = branches([6, 6, 3], 'softmax');
  });
  afterAll(() => void model.dispose());

  const inputs = () => ({ images: photos([6, 6, 3], 2) });
  const badEntries = [
    [{ bounds: [1, 0] }, /bounds must be two finite numbers \[min, max\] with min < max, got \[1, 0\]/],
    [{ preprocessing: { range: [0] } }, /preprocessing.range must be two finite numbers/],
    [{ preprocessing: 'vgg' }, /preprocessing must be one of "tf", "caffe", "torch", got "vgg"/],
    [{ batchSize: 0 }, /batchSize must be an integer >= 1, got 0/],
    [{ from: 'imag' }, /from must be the name of a layer or node, such as "image", .*, got "imag"/],
    [{ from: 3 }, /from must be the name of a layer or node, got 3/],
    [{ feed: { bn: 1 } }, /feed\["bn"\] must be a tensor, got 1/],
  ] as const;
  const badInputs = [
    [() => ({ images: tf.zeros([6, 6, 3]) as never }), /images must be a float32 tensor \[n, h, w, c\], got float32/],
    [() => ({ images: tf.zeros([1, 6, 6, 3], 'int32') as never }), /images must be a float32 tensor \[n, h, w, c\]/],
  ] as const;

  conformance({
    name: 'classifier',
    inputs,
    options: { preprocessing: 'torch', bounds: [0, 1], batchSize: 2 } as ClassifierOptions,
    run: ({ images }, options) => classifier(model, options)(images),
    badOptions: [
      ...badEntries,
      [{ output: 'class' }, /output must be the name of a layer or node, such as "classes", .*, got "class"/],
      [{ keepSoftmax: 1 }, /keepSoftmax must be true or false, got 1/],
    ],
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
  });

  conformance({
    name: 'probe',
    inputs,
    options: { preprocessing: 'torch', bounds: [0, 1] } as ProbeOptions,
    run: ({ images }, options) => probe(model, 'sum', options)(images),
    badOptions: badEntries,
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
  });

  conformance({
    name: 'probes',
    inputs,
    options: { preprocessing: 'torch', bounds: [0, 1] } as ProbeOptions,
    run: ({ images }, options) => probes(model, ['relu', 'sum', 'average'], options)(images),
    badOptions: badEntries,
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
  });

  conformance({
    name: 'trainable',
    inputs,
    options: { preprocessing: 'torch', bounds: [0, 1] } as ClassifierOptions,
    run: ({ images }, options) => trainable(model, options).apply(images, { training: false }),
    badOptions: badEntries,
    badInputs,
    sync: true,
    batched: { inputs: ['images'] },
  });
});
