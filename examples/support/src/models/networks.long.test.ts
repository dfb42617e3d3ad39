import { createRandom } from '@cnnviz/internal';
import { trainable } from '@cnnviz/models';
import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { countParameters } from './initialize-kernels.ts';
import { lenet } from './lenet.ts';
import { multilayerPerceptron } from './multilayer-perceptron.ts';
import type { NetworkOptions } from './network-options.ts';
import { smallAlexNet } from './small-alexnet.ts';
import { smallInception } from './small-inception.ts';
import { trainModel } from './train-model.ts';

const networks: Record<string, (options: NetworkOptions) => LayersModel> = {
  lenet,
  smallAlexNet,
  smallInception,
  'smallInception without batch normalization': (options) => smallInception({ ...options, batchNorm: false }),
  'multilayerPerceptron 1x512': (options) => multilayerPerceptron({ ...options, hiddenLayers: 1 }),
  'multilayerPerceptron 3x512': (options) => multilayerPerceptron({ ...options, hiddenLayers: 3 }),
};

/** Zhang et al., table 1; Caffe's LeNet as its 1.72 MB of weights. */
const published: Record<string, number> = {
  lenet: 431_080,
  smallAlexNet: 1_387_786,
  smallInception: 1_649_402,
  'smallInception without batch normalization': 1_649_402,
  'multilayerPerceptron 1x512': 1_209_866,
  'multilayerPerceptron 3x512': 1_735_178,
};

const noise = (shape: [number, number, number, number]) =>
  tf.tensor4d(createRandom(7).fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape);

describeOnBackends(['cpu'], () => {
  it.each(Object.keys(networks))('%s has the published number of parameters', (name) => {
    const before = tf.memory().numTensors;
    const model = networks[name]!({ seed: 0 });
    expect(countParameters(model)).toBe(published[name]);
    expect(model.outputs[0]!.shape).toEqual([null, 10]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  describe('options', () => {
    it('change the input and the classes', () => {
      const model = lenet({ seed: 0, inputShape: [32, 32, 3], classes: 100 });
      expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3]);
      expect(model.outputs[0]!.shape).toEqual([null, 100]);
      model.dispose();
    });

    it.each([
      [() => lenet({ seed: -1 }), 'lenet: seed must be an integer >= 0'],
      [
        () => lenet({ seed: 0, inputShape: [28, 15, 1] }),
        'lenet: inputShape must be at least [16, 16, channels], got [28, 15, 1]',
      ],
      [() => smallAlexNet({ seed: 0, classes: 1 }), 'smallAlexNet: classes must be an integer >= 2, got 1'],
      [
        () => smallInception({ seed: 0, inputShape: [28, 28, 0] }),
        'smallInception: inputShape must be 3 whole sizes >= 1, got [28, 28, 0]',
      ],
      [
        () => multilayerPerceptron({ seed: 0, hiddenLayers: 0 }),
        'multilayerPerceptron: hiddenLayers must be an integer >= 1, got 0',
      ],
    ])('are checked', (build, message) => {
      expect(build).toThrow(`@cnnviz/example-support: ${message}`);
    });
  });

  it('smallInception halves the picture twice and keeps the published widths', () => {
    const model = smallInception({ seed: 0 });
    const shapeOf = (layer: string) => model.getLayer(layer).outputShape;
    expect(shapeOf('inception2')).toEqual([null, 28, 28, 80]);
    expect(shapeOf('down1')).toEqual([null, 14, 14, 160]);
    expect(shapeOf('inception6')).toEqual([null, 14, 14, 144]);
    expect(shapeOf('down2')).toEqual([null, 7, 7, 240]);
    expect(shapeOf('inception8')).toEqual([null, 7, 7, 336]);
    model.dispose();
  });
});

describeOnBackends(['wasm', 'tensorflow'], () => {
  it.each(Object.keys(networks))('%s starts with logits of moderate size and learns noise by heart', async (name) => {
    const before = tf.memory().numTensors;
    const model = networks[name]!({ seed: 0, inputShape: [16, 16, 3], classes: 4 });
    const batch = { images: noise([8, 16, 16, 3]), labels: tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32') };

    const logits = model.predict(batch.images) as tf.Tensor;
    const sizes = (await logits.data()).map(Math.abs);
    expect(Math.max(...sizes)).toBeLessThan(20);
    expect(Math.max(...sizes)).toBeGreaterThan(0.01);
    logits.dispose();

    // Twenty layers without batch normalization take small steps.
    const schedule = name.includes('without')
      ? { epochs: 25, learningRate: 0.003 }
      : { epochs: 10, learningRate: 0.01 };
    const curve = await trainModel(trainable(model), () => [batch], schedule);
    expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss * 0.5);
    tf.dispose(batch);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describeOnBackends(['wasm'], () => {
  it('gives the same logits on wasm as on cpu from the same seed', async () => {
    const logitsOn = async (backend: string, build: (options: NetworkOptions) => LayersModel) => {
      await tf.setBackend(backend);
      const model = build({ seed: 3, inputShape: [16, 16, 1] });
      const images = noise([2, 16, 16, 1]);
      const logits = model.predict(images) as tf.Tensor;
      const values = [...(await logits.data())];
      tf.dispose([images, logits]);
      model.dispose();
      return values;
    };
    for (const build of [lenet, smallAlexNet]) {
      const [wasm, cpu] = [await logitsOn('wasm', build), await logitsOn('cpu', build)];
      wasm.forEach((value, i) => {
        expect(value).toBeCloseTo(cpu[i]!, 4);
      });
    }
    await tf.setBackend('wasm');
  });
});
