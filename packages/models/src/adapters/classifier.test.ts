import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { conv2d, graphModel, node, placeholder, reduce, wholePlaceholder } from '../../test-support/graphs.ts';
import { branches, chain, drawn, photos, valuesOf } from '../../test-support/networks.ts';
import { classifier } from './classifier.ts';

useBackend('wasm');

function expectClose(received: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void {
  expect(received.length).toBe(expected.length);
  for (let i = 0; i < received.length; i++) expect(received[i]).toBeCloseTo(expected[i]!, digits);
}

describe('the end of a LayersModel', () => {
  const conv = () => tfl.layers.conv2d({ inputShape: [4, 4, 2], filters: 6, kernelSize: 4, name: 'conv' });
  const ends: [string, (activation: string) => tfl.layers.Layer[]][] = [
    [
      'an activation',
      (softmax) => [tfl.layers.flatten(), tfl.layers.dense({ units: 6, activation: softmax as never })],
    ],
    [
      'a layer of activation',
      (softmax) => [
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 6 }),
        tfl.layers.activation({ activation: softmax as never }),
      ],
    ],
    [
      'a layer, or none',
      (softmax) => [
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 6 }),
        ...(softmax === 'softmax' ? [tfl.layers.softmax()] : []),
      ],
    ],
    [
      'an activation of a convolution, before a reshape',
      (softmax) => [
        tfl.layers.conv2d({ filters: 6, kernelSize: 1, activation: softmax as never }),
        tfl.layers.reshape({ targetShape: [6] }),
      ],
    ],
    [
      'an activation within a model within',
      (softmax) => [
        tfl.sequential({
          layers: [
            tfl.layers.flatten({ inputShape: [1, 1, 6] }),
            tfl.layers.dense({ units: 6, activation: softmax as never }),
          ],
        }),
      ],
    ],
  ];

  it.each(ends)('loses its softmax, and the model keeps it: %s', async (_, layersOf) => {
    const before = tf.memory().numTensors;
    const images = photos([4, 4, 2], 3);
    const model = drawn(tfl.sequential({ layers: [conv(), ...layersOf('softmax')] }));
    const linear = drawn(tfl.sequential({ layers: [conv(), ...layersOf('linear')] }));
    const answers = async (network: tfl.LayersModel) =>
      valuesOf(tf.tidy(() => tf.reshape(network.predict(images) as tf.Tensor, [3, 6])));
    const probabilities = await answers(model);
    const classify = classifier(model);
    const logits = classify(images);
    expect(logits.shape).toEqual([3, 6]);
    expectClose(await valuesOf(tf.tidy(() => tf.softmax(logits))), probabilities);
    expectClose(await valuesOf(logits), await answers(linear));
    expectClose(await answers(model), probabilities);

    expectClose(await valuesOf(classifier(model, { keepSoftmax: true })(images)), probabilities);
    // Where there is none, nothing is lost.
    expectClose(await valuesOf(classifier(linear)(images)), await answers(linear));
    images.dispose();
    for (const network of [model, linear]) {
      const weights = network.weights.map((weight) => weight.read());
      network.dispose();
      // tfjs-layers leaves those of a model within.
      tf.dispose(weights);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('follows the weights of the model, and has its gradient', async () => {
    const [model, linear] = [branches([8, 8, 2], 'softmax'), branches([8, 8, 2], 'linear')];
    const classify = classifier(model);
    const other = drawn(branches([8, 8, 2]), 9);
    for (const network of [model, linear]) network.setWeights(other.getWeights());
    const images = photos([8, 8, 2]);
    const gradientOf = (f: (x: Tensor4D) => tf.Tensor) =>
      valuesOf(tf.grad((x) => tf.sum(tf.square(f(x as Tensor4D))))(images));
    expectClose(await gradientOf(classify), await gradientOf((x) => linear.apply(x) as tf.Tensor), 4);
    images.dispose();
    for (const network of [model, linear, other]) network.dispose();
  });

  it('leaves a softmax within in its place', async () => {
    const model = drawn(
      tfl.sequential({
        layers: [
          tfl.layers.flatten({ inputShape: [2, 2, 1] }),
          tfl.layers.dense({ units: 3, activation: 'softmax' }),
          tfl.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    );
    const images = photos([2, 2, 1]);
    const probabilities = tf.tidy(() => tf.softmax(classifier(model)(images)));
    expectClose(await valuesOf(probabilities), await valuesOf(model.predict(images) as tf.Tensor));
    images.dispose();
    model.dispose();
  });

  it('keeps a softmax that ends an inner application of the same layer', async () => {
    const dense = tfl.layers.dense({ units: 4, activation: 'softmax' });
    const image = tfl.input({ shape: [2, 2, 1] });
    const first = dense.apply(tfl.layers.flatten().apply(image)) as tfl.SymbolicTensor;
    const model = drawn(tfl.model({ inputs: image, outputs: dense.apply(first) as tfl.SymbolicTensor }));
    const images = photos([2, 2, 1]);
    const probabilities = tf.tidy(() => tf.softmax(classifier(model)(images)));
    expectClose(await valuesOf(probabilities), await valuesOf(model.predict(images) as tf.Tensor));
    images.dispose();
    model.dispose();
  });

  describe('that is a sigmoid', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    afterEach(() => warn.mockClear());

    it('stays, and the first call says so', async () => {
      const layers = [
        tfl.layers.flatten({ inputShape: [2, 2, 1] }),
        tfl.layers.dense({ units: 1, activation: 'sigmoid', name: 'is_cat' }),
      ];
      const model = tfl.sequential({ layers });
      const images = photos([2, 2, 1]);
      const classify = classifier(model);
      expect(warn).not.toHaveBeenCalled();
      for (let call = 0; call < 2; call++) {
        expectClose(await valuesOf(classify(images)), await valuesOf(model.predict(images) as tf.Tensor));
      }
      expect(warn).toHaveBeenCalledOnce();
      expect(warn.mock.calls[0]![0]).toContain(
        '@cnnviz/models: classifier: "is_cat" ends in a sigmoid, which is not removed',
      );
      images.dispose();
      model.dispose();
    });
  });
});

describe('the end of a GraphModel', () => {
  const kernel = { shape: [1, 1, 1, 3], values: [2, -1, 0.5] };
  const weights = {
    kernel,
    axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
    last: { shape: [1], values: [-1], dtype: 'int32' as const },
    flat: { shape: [2], values: [-1, 3], dtype: 'int32' as const },
  };
  const start = (keepDims: boolean) => [
    placeholder('image', [-1, 2, 2, 1]),
    conv2d('conv', 'image', 'kernel'),
    reduce('Mean', 'logits', 'conv', 'axes', keepDims),
  ];
  const ends: [string, boolean, ReturnType<typeof node>[]][] = [
    ['a softmax', false, [node('Softmax', 'probabilities', ['logits'])]],
    [
      'a softmax before an identity',
      false,
      [node('Softmax', 'softmax', ['logits']), node('Identity', 'probabilities', ['softmax'])],
    ],
    [
      'a softmax of maps before a reshape',
      true,
      [node('Softmax', 'softmax', ['logits']), node('Reshape', 'probabilities', ['softmax', 'flat'])],
    ],
    [
      'a softmax before a squeeze',
      true,
      [
        node('Softmax', 'softmax', ['logits']),
        node('Squeeze', 'probabilities', ['softmax'], { squeeze_dims: { list: { i: ['1', '2'] } } }),
      ],
    ],
    [
      'a softmax in parts',
      true,
      [
        reduce('Max', 'greatest', 'logits', 'last', true),
        node('Sub', 'shifted', ['logits', 'greatest']),
        node('Exp', 'exp', ['shifted']),
        reduce('Sum', 'sum', 'exp', 'last', true),
        node('RealDiv', 'divided', ['exp', 'sum']),
        node('Reshape', 'probabilities', ['divided', 'flat']),
      ],
    ],
  ];

  it.each(ends)('loses %s', async (_, keepDims, end) => {
    const before = tf.memory().numTensors;
    const model = graphModel([...start(keepDims), ...end], weights);
    const images = tf.tensor4d([0, 1, 2, 5, 1, 1, 1, 1], [2, 2, 2, 1]);
    const logits = classifier(model)(images);
    expect(logits.shape).toEqual([2, 3]);
    expectClose(await valuesOf(logits), [4, -2, 1, 2, -1, 0.5]);
    const probabilities = await valuesOf(classifier(model, { keepSoftmax: true })(images));
    expectClose(probabilities, await valuesOf(model.predict(images) as tf.Tensor));
    images.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may be one of several, by name', async () => {
    const model = graphModel(
      [...start(false), node('Softmax', 'kinds', ['logits']), node('Relu', 'others', ['logits'])],
      weights,
    );
    expect(() => classifier(model)).toThrow(
      '@cnnviz/models: classifier: the model has several outputs, "kinds", "others": name the one with the logits in output',
    );
    const images = tf.tensor4d([0, 1, 2, 5], [1, 2, 2, 1]);
    expectClose(await valuesOf(classifier(model, { output: 'kinds' })(images)), [4, -2, 1]);
    expectClose(await valuesOf(classifier(model, { output: 'others' })(images)), [4, 0, 1]);
    expectClose(await valuesOf(classifier(model, { output: 'logits' })(images)), [4, -2, 1]);
    images.dispose();
    model.dispose();
  });

  it('is refused where it is no list of classes', () => {
    const model = graphModel(start(false).slice(0, 2), weights);
    const images = photos([2, 2, 1]);
    expect(() => classifier(model)(images)).toThrow(
      '@cnnviz/models: classifier: "conv" is float32 [2, 2, 2, 3]: logits are float32 [n, classes]. Choose another output, or use a probe',
    );
    images.dispose();
    model.dispose();
  });

  it('is refused where TensorFlow.js cannot come to it at once', () => {
    const model = graphModel([...start(false), node('Where', 'found', ['logits'])], weights);
    expect(() => classifier(model)).toThrow(
      '@cnnviz/models: classifier: found needs the node found (Where), which TensorFlow.js can only run with executeAsync',
    );
    model.dispose();
  });
});

describe('a batch size that is fixed', () => {
  /** The same network for any number of images, and for `size`. */
  const networks = (size: number) => {
    const layers = (first: object) =>
      drawn(
        tfl.sequential({
          layers: [
            tfl.layers.conv2d({ ...first, filters: 3, kernelSize: 3, activation: 'relu' }),
            tfl.layers.batchNormalization(),
            tfl.layers.flatten(),
            tfl.layers.dense({ units: 4, activation: 'softmax' }),
          ],
        }),
      );
    return [layers({ inputShape: [5, 5, 2] }), layers({ batchInputShape: [size, 5, 5, 2] })] as const;
  };

  it.each([
    [1, 1],
    [1, 3],
    [8, 1],
    [8, 8],
    [8, 11],
    [3, 6],
  ])('of %i gives the logits and gradients of one that is not, for %i images', async (size, count) => {
    const before = tf.memory().numTensors;
    const [free, fixed] = networks(size);
    const images = photos([5, 5, 2], count);
    const weights = photos([1, 1, 4], count);
    const [expected, received] = [free, fixed].map((model) => {
      const classify = classifier(model, { preprocessing: { range: [-1, 1] } });
      return tf.valueAndGrad((x) => {
        const logits = classify(x as Tensor4D);
        return tf.sum(tf.mul(logits, tf.reshape(weights, [count, 4])));
      })(images);
    });
    expectClose(await valuesOf(received!.value), await valuesOf(expected!.value));
    expectClose(await valuesOf(received!.grad), await valuesOf(expected!.grad));
    const calls = vi.spyOn(fixed.layers[0]!, 'apply');
    classifier(fixed)(images).dispose();
    expect(calls).toHaveBeenCalledTimes(Math.ceil(count / size));
    expect(calls.mock.calls.every(([batch]) => (batch as tf.Tensor[])[0]!.shape[0] === size)).toBe(true);
    for (const model of [free, fixed]) model.dispose();
    tf.dispose([images, weights]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is that of a GraphModel, which refuses others', async () => {
    const weights = {
      kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
      axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
    };
    const nodes = [
      placeholder('image', [1, 2, 2, 1]),
      conv2d('conv', 'image', 'kernel'),
      reduce('Mean', 'mean', 'conv', 'axes'),
    ];
    const model = graphModel(nodes, weights);
    const images = tf.tensor4d([0, 1, 2, 5, 1, 1, 1, 1, 3, 3, 0, 0], [3, 2, 2, 1]);
    expect(() => model.predict(images)).toThrow();
    const classify = classifier(model);
    expectClose(await valuesOf(classify(images)), [4, -2, 2, -1, 3, -1.5]);
    const gradient = await valuesOf(tf.grad((x) => tf.sum(classify(x as Tensor4D)))(images));
    expectClose(gradient, new Array(12).fill(0.25));
    images.dispose();
    model.dispose();
  });

  it('may be stated where only the inside fixes it', async () => {
    const weights = {
      one: { shape: [2], values: [1, 4], dtype: 'int32' as const },
      kernel: { shape: [4, 2], values: [1, 0, 0, 1, 1, 0, 0, 1] },
    };
    const nodes = [
      placeholder('image', [-1, 2, 2, 1]),
      node('Reshape', 'flat', ['image', 'one']),
      node('MatMul', 'logits', ['flat', 'kernel'], { transpose_a: { b: false }, transpose_b: { b: false } }),
    ];
    const model = graphModel(nodes, weights);
    const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
    expect(() => classifier(model)(images)).toThrow();
    expectClose(await valuesOf(classifier(model, { batchSize: 1 })(images)), [4, 6, 12, 14]);
    expect(() => classifier(model, { batchSize: 0 })).toThrow('batchSize must be an integer >= 1, got 0');
    images.dispose();
    model.dispose();
  });

  it('is refused where the model takes many images for one', () => {
    const weights = { all: { shape: [2], values: [1, -1], dtype: 'int32' as const } };
    const model = graphModel([placeholder('image', [-1, 2, 2, 1]), node('Reshape', 'flat', ['image', 'all'])], weights);
    const images = photos([2, 2, 1], 2);
    expect(() => classifier(model)(images)).toThrow(
      '"flat" is [1, 8] for 2 images: the model treats them as one, or expects a different number of images (set batchSize)',
    );
    images.dispose();
    model.dispose();
  });
});

describe('an input of whole numbers', () => {
  const weights = {
    kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
    axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
  };
  const nodes = [
    wholePlaceholder('image', [-1, 1, 2, 1]),
    node('Cast', 'float', ['image'], { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } }),
    conv2d('conv', 'float', 'kernel'),
    reduce('Mean', 'mean', 'conv', 'axes'),
  ];

  it('gets rounded pixels, with the gradient of what was not rounded', async () => {
    const model = graphModel(nodes, weights);
    const classify = classifier(model, { preprocessing: { range: [0, 255] } });
    // 127 / 255 in float32 is a little less than it.
    const images = tf.tensor4d([127 / 255, 0.4 / 255], [1, 1, 2, 1]);
    expectClose(await valuesOf(classify(images)), [127, -63.5]);
    const gradient = await valuesOf(tf.grad((x) => tf.sum(classify(x as Tensor4D)))(images));
    expectClose(gradient, [127.5, 127.5], 3);
    images.dispose();
    model.dispose();
  });
});

describe('a beginning within', () => {
  it('takes the activations of a layer', async () => {
    const model = branches([8, 8, 2], 'softmax');
    const before = tf.memory().numTensors;
    const images = photos([8, 8, 2]);
    const whole = classifier(model)(images);
    const { narrow, wide } = tf.tidy(() => {
      const upTo = (name: string) => tfl.model({ inputs: model.inputs, outputs: model.getLayer(name).output });
      return { narrow: upTo('relu').predict(images) as Tensor4D, wide: upTo('bn').predict(images) as Tensor4D };
    });
    const rest = classifier(model, { from: 'relu', feed: { bn: wide } });
    expectClose(await valuesOf(rest(narrow)), await whole.data());
    expect(() => classifier(model, { from: 'relu' })).toThrow(
      '@cnnviz/models: classifier: "classes before its softmax" cannot be computed from "relu" alone: give the values of "image" [n, 8, 8, 2] in feed',
    );
    tf.dispose([images, whole, narrow, wide]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('takes flat activations as maps of one position, as a probe gives them', async () => {
    const model = chain([16, 16, 1], 'softmax');
    const images = photos([16, 16, 1]);
    const hidden = tf.tidy(() => {
      const upTo = tfl.model({ inputs: model.inputs, outputs: model.getLayer('fc1').output });
      return tf.reshape(upTo.predict(images) as tf.Tensor, [2, 1, 1, 16]) as Tensor4D;
    });
    expectClose(await valuesOf(classifier(model, { from: 'fc1' })(hidden)), await valuesOf(classifier(model)(images)));
    tf.dispose([images, hidden]);
    model.dispose();
  });

  it('goes past what TensorFlow.js cannot run in a graph', async () => {
    const weights = {
      kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
      axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
    };
    const nodes = [
      placeholder('file', []),
      node('DecodeJpeg', 'pixels', ['file']),
      conv2d('conv', 'pixels', 'kernel'),
      reduce('Mean', 'mean', 'conv', 'axes'),
    ];
    const model = graphModel(nodes, weights);
    const images = tf.tensor4d([0, 1, 2, 5], [1, 2, 2, 1]);
    const classify = classifier(model, { from: 'pixels', preprocessing: { range: [0, 1] } });
    expectClose(await valuesOf(classify(images)), [4, -2]);
    images.dispose();
    model.dispose();
  });
});

describe('several inputs', () => {
  const model = () => {
    const image = tfl.input({ name: 'image', shape: [2, 2, 1] });
    const scale = tfl.input({ name: 'scale', shape: [4] });
    const flat = tfl.layers.flatten().apply(image) as tfl.SymbolicTensor;
    const product = tfl.layers.multiply().apply([flat, scale]) as tfl.SymbolicTensor;
    return tfl.model({ inputs: [image, scale], outputs: product });
  };

  it('need a choice, and values for the others', async () => {
    const network = model();
    expect(() => classifier(network)).toThrow(
      '@cnnviz/models: classifier: the model has several inputs, "image" [n, 2, 2, 1], "scale" [n, 4]: name the one for the images in from, and give the values of the others in feed',
    );
    const scale = tf.tensor2d([[1, 2, 3, 4]]);
    const images = tf.tensor4d([1, 1, 1, 1, 2, 2, 2, 2], [2, 2, 2, 1]);
    const classify = classifier(network, { feed: { scale } });
    expectClose(await valuesOf(classify(images)), [1, 2, 3, 4, 2, 4, 6, 8]);
    expect(scale.isDisposed).toBe(false);
    expect(() => classifier(network, { feed: { scal: scale } })).toThrow(
      'a name in feed must be the name of a layer or node, such as "scale"',
    );
    expect(() => classifier(network, { feed: { scale: 2 as never } })).toThrow('feed["scale"] must be a tensor, got 2');
    tf.dispose([scale, images]);
    network.dispose();
  });
});

describe('what is no model', () => {
  it.each([
    [undefined, 'model must be a LayersModel or a GraphModel, got undefined'],
    [(x: unknown) => x, 'model must be a LayersModel or a GraphModel, got a function'],
    [{ layers: [] }, 'model must be a LayersModel or a GraphModel, got { layers }'],
  ])('is refused: %s', (model, message) => {
    expect(() => classifier(model as never)).toThrow(`@cnnviz/models: classifier: ${message}`);
  });

  it('is refused before it has an input', () => {
    expect(() => classifier(tfl.sequential())).toThrow(
      'the model has no input yet: give its first layer an inputShape',
    );
  });

  it('refuses bounds without a range, and images that are none', () => {
    const model = chain([16, 16, 1]);
    expect(() => classifier(model, { bounds: [0, 1] })).toThrow('bounds need preprocessing');
    expect(() => classifier(model)([] as never)).toThrow('images must be a float32 tensor [n, h, w, c], got []');
    model.dispose();
  });
});
