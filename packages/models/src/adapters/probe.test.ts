import { useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { conv2d, graphModel, node, placeholder, reduce } from '../../test-support/graphs.ts';
import { branches, chain, drawn, photos, valuesOf } from '../../test-support/networks.ts';
import { probe, probes } from './probe.ts';

useBackend('wasm');

const upTo = (model: tfl.LayersModel, layer: string) =>
  tfl.model({ inputs: model.inputs, outputs: model.getLayer(layer).output });

describe('a probe', () => {
  it.each(['wide', 'bn', 'relu', 'sum', 'both'])('reads what tfjs-layers computes: %s', async (layer) => {
    const model = branches([8, 8, 2], 'softmax');
    const before = tf.memory().numTensors;
    const images = photos([8, 8, 2]);
    const maps = probe(model, layer)(images);
    expect(await valuesOf(maps)).toEqual(await valuesOf(upTo(model, layer).predict(images) as tf.Tensor));
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('gives flat activations as maps of one position', async () => {
    const model = chain([16, 16, 1]);
    const images = photos([16, 16, 1]);
    const hidden = probe(model, 'fc1')(images);
    expect(hidden.shape).toEqual([2, 1, 1, 16]);
    expect(await valuesOf(hidden)).toEqual(await valuesOf(upTo(model, 'fc1').predict(images) as tf.Tensor));
    images.dispose();
    model.dispose();
  });

  it('gives the images themselves, as the model takes them, as another tensor', async () => {
    const model = chain([16, 16, 1]);
    const images = photos([16, 16, 1]);
    const input = probe(model, 'conv1_input');
    const copy = input(images);
    expect(copy).not.toBe(images);
    expect(await valuesOf(copy)).toEqual(Float32Array.from(await images.data()));
    images.dispose();
    model.dispose();
  });

  it('has a gradient, which leaves nothing behind', async () => {
    const model = branches([8, 8, 2]);
    const images = photos([8, 8, 2]);
    const before = tf.memory().numTensors;
    const [ours, theirs] = [probe(model, 'sum'), (x: Tensor4D) => upTo(model, 'sum').apply(x) as tf.Tensor].map((f) =>
      tf.grad((x) => tf.sum(tf.square(f(x as Tensor4D))))(images),
    );
    const expected = await valuesOf(theirs!);
    (await valuesOf(ours!)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
    model.dispose();
  });

  it('keeps a tensor that a layer of the user holds', async () => {
    const held = tf.keep(tf.ones([1, 2, 2, 1]));
    class Constant extends tfl.layers.Layer {
      static className = 'Constant';
      override call() {
        return held;
      }
      override computeOutputShape(shape: tfl.Shape) {
        return shape;
      }
    }
    const image = tfl.input({ shape: [2, 2, 1] });
    const constant = new Constant({ name: 'constant' }).apply(image) as tfl.SymbolicTensor;
    const doubled = tfl.layers.add({ name: 'doubled' }).apply([constant, constant]) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: image, outputs: doubled });
    const images = photos([2, 2, 1], 1);
    for (let call = 0; call < 2; call++) {
      expect(await valuesOf(probe(model, 'doubled')(images))).toEqual(Float32Array.of(2, 2, 2, 2));
    }
    tf.dispose([images, held]);
    model.dispose();
  });
});

describe('a probe of a layer within a model within', () => {
  /** A base as transfer learning has it: a model as a layer of another. */
  const transfer = () => {
    const base = tfl.sequential({
      name: 'base',
      layers: [
        tfl.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
        tfl.layers.maxPooling2d({ name: 'pool', poolSize: 2 }),
      ],
    });
    const image = tfl.input({ name: 'image', shape: [6, 6, 2] });
    const doubled = tfl.layers.add({ name: 'doubled' }).apply([image, image]) as tfl.SymbolicTensor;
    const maps = base.apply(doubled) as tfl.SymbolicTensor;
    const average = tfl.layers.globalAveragePooling2d({ name: 'average' }).apply(maps) as tfl.SymbolicTensor;
    return { base, model: drawn(tfl.model({ inputs: image, outputs: average })) };
  };

  it('sees what enters the model within, by its path', async () => {
    const { base, model } = transfer();
    const images = photos([6, 6, 2]);
    const maps = await valuesOf(probe(model, 'base/conv')(images));
    const expected = tf.tidy(() => upTo(base, 'conv').predict(tf.mul(images, 2)) as tf.Tensor);
    expect(maps).toEqual(await valuesOf(expected));
    const whole = tf.tidy(() => base.predict(tf.mul(images, 2)) as tf.Tensor);
    const pooled = await valuesOf(whole);
    for (const name of ['base', 'base/pool']) expect(await valuesOf(probe(model, name)(images))).toEqual(pooled);
    images.dispose();
    model.dispose();
  });
});

describe('a probe of a layer that is applied more than once', () => {
  it('sees the application that belongs to the model', async () => {
    const image = tfl.input({ name: 'image', shape: [4, 4, 1] });
    const conv = tfl.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 1 });
    const model = drawn(tfl.model({ inputs: image, outputs: conv.apply(image) as tfl.SymbolicTensor }));
    const other = tfl.input({ shape: [4, 4, 1] });
    const twice = tfl.model({
      inputs: other,
      outputs: conv.apply(conv.apply(other) as tfl.SymbolicTensor) as tfl.SymbolicTensor,
    });
    const images = photos([4, 4, 1]);
    const [once, again] = await Promise.all([model, twice].map((each) => valuesOf(each.predict(images) as tf.Tensor)));
    expect(await valuesOf(probe(model, 'conv')(images))).toEqual(once);
    expect(await valuesOf(probe(twice, 'conv')(images))).toEqual(once);
    expect(await valuesOf(probe(twice, 'conv#2')(images))).toEqual(again);
    images.dispose();
    model.dispose();
  });
});

describe('a probe of a graph', () => {
  const weights = {
    kernel: { shape: [1, 1, 1, 2], values: [2, -1] },
    axes: { shape: [2], values: [1, 2], dtype: 'int32' as const },
    axis: { shape: [], values: [3], dtype: 'int32' as const },
  };
  const nodes = [
    placeholder('image', [-1, 2, 2, 1]),
    conv2d('conv', 'image', 'kernel'),
    node('Split', 'parts', ['axis', 'conv'], { num_split: { i: '2' } }),
    node('Relu', 'relu', ['parts:1']),
    reduce('Mean', 'mean', 'relu', 'axes'),
  ];

  it('reads any output of a node', async () => {
    const model = graphModel(nodes, weights);
    const images = tf.tensor4d([0, 1, 2, -5], [1, 2, 2, 1]);
    expect([...(await valuesOf(probe(model, 'parts')(images)))]).toEqual([0, 2, 4, -10]);
    expect([...(await valuesOf(probe(model, 'parts:1')(images)))].map((value) => value + 0)).toEqual([0, -1, -2, 5]);
    expect([...(await valuesOf(probe(model, 'mean')(images)))]).toEqual([1.25]);
    expect(() => probe(model, 'kernel')).toThrow('layer must be the name of a layer or node, such as "relu"');
    images.dispose();
    model.dispose();
  });

  it('says what is no map', () => {
    const model = graphModel([...nodes, node('Shape', 'size', ['conv'], { out_type: { type: 'DT_INT32' } })], weights);
    const images = photos([2, 2, 1]);
    expect(() => probe(model, 'size', { batchSize: 4 })(images)).toThrow(
      '@cnnviz/models: probe: "size" is int32 [2]: activations are float32 [n, h, w, units] or [n, units]',
    );
    images.dispose();
    model.dispose();
  });
});

describe('probes', () => {
  it('read several layers in one pass', async () => {
    const model = branches([8, 8, 2]);
    const before = tf.memory().numTensors;
    const images = photos([8, 8, 2]);
    const { wide, average } = probes(model, ['wide', 'average'])(images);
    expect(average.shape).toEqual([2, 1, 1, 8]);
    expect(await valuesOf(wide)).toEqual(await valuesOf(upTo(model, 'wide').predict(images) as tf.Tensor));
    expect(await valuesOf(average)).toEqual(await valuesOf(upTo(model, 'average').predict(images) as tf.Tensor));
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('refuse a list without names, and name what is like a name that there is not', () => {
    const model = branches();
    expect(() => probes(model, [])).toThrow('@cnnviz/models: probes: layers must be a list of names, got []');
    expect(() => probes(model, ['wide', 'narow'])).toThrow(
      'layers must be the name of a layer or node, such as "narrow", ',
    );
    model.dispose();
  });
});
