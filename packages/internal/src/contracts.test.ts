import { useBackend } from '@cnnviz/testing';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type {
  AnyClassifier,
  AnyProbe,
  Batches,
  Bounds,
  Classifier,
  Generator,
  LabeledImages,
  Probe,
  Trainable,
} from './contracts.ts';

/** The line that the documentation gives for each kind of model. */
const ofLayersModel = (model: LayersModel) => (images: Tensor4D) => model.predict(images) as Tensor2D;
const ofGraphModel = (model: GraphModel) => (images: Tensor4D) => model.predict(images) as Tensor2D;
const probeOfGraphModel = (model: GraphModel) => (images: Tensor4D) => model.execute(images, 'conv1') as Tensor4D;
const trainableOfLayersModel = (model: LayersModel): Trainable => ({
  apply: (images, options) => model.apply(images, options) as Tensor2D,
  variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
});

// `pnpm typecheck` is what fails here; the runner only erases these.
describe('types', () => {
  test('a Classifier is a LayersModel, a GraphModel or a plain function', () => {
    expectTypeOf(ofLayersModel).returns.toExtend<Classifier>();
    expectTypeOf(ofGraphModel).returns.toExtend<Classifier>();
    expectTypeOf((images: Tensor4D) => tf.mean(images, [1, 2]) as Tensor2D).toExtend<Classifier>();
    expectTypeOf<(images: Tensor2D) => Tensor2D>().not.toExtend<Classifier>();
    expectTypeOf<(images: Tensor4D) => Tensor4D>().not.toExtend<Classifier>();
    expectTypeOf<(images: Tensor4D) => Promise<Tensor2D>>().not.toExtend<Classifier>();
    expectTypeOf<LayersModel['predict']>().not.toExtend<Classifier>();
  });

  test('a Probe gives activations and a Generator takes codes', () => {
    expectTypeOf(probeOfGraphModel).returns.toExtend<Probe>();
    expectTypeOf<Classifier>().not.toExtend<Probe>();
    expectTypeOf<(codes: Tensor2D) => Tensor4D>().toExtend<Generator>();
    expectTypeOf<Probe>().not.toExtend<Generator>();
  });

  test('what may answer later takes promises, and all that answers at once', () => {
    expectTypeOf<Classifier>().toExtend<AnyClassifier>();
    expectTypeOf<(images: Tensor4D) => Promise<Tensor2D>>().toExtend<AnyClassifier>();
    expectTypeOf<(images: Tensor4D) => Promise<Tensor4D>>().not.toExtend<AnyClassifier>();
    expectTypeOf<AnyClassifier>().not.toExtend<Classifier>();
    expectTypeOf<Probe>().toExtend<AnyProbe>();
    expectTypeOf<(images: Tensor4D) => Promise<Tensor4D>>().toExtend<AnyProbe>();
    expectTypeOf<AnyProbe>().not.toExtend<Probe>();
  });

  test('Bounds are a pair', () => {
    expectTypeOf<[number, number]>().toExtend<Bounds>();
    expectTypeOf<number[]>().not.toExtend<Bounds>();
  });

  test('Batches are arrays, generators and anything else that can be iterated', () => {
    expectTypeOf<LabeledImages[]>().toExtend<Batches<LabeledImages>>();
    expectTypeOf<AsyncIterable<Tensor4D>>().toExtend<Batches<Tensor4D>>();
    expectTypeOf<{ images: Tensor4D; labels: Tensor1D; names: string[] }>().toExtend<LabeledImages>();
    expectTypeOf<Tensor[]>().not.toExtend<Batches<LabeledImages>>();
  });
});

describe('a LayersModel', () => {
  useBackend('cpu');

  test('is a Classifier and a Trainable as it is', () => {
    const model = sequential({
      layers: [
        layers.flatten({ inputShape: [2, 2, 1] }),
        layers.dense({ units: 3, kernelInitializer: 'ones', biasInitializer: 'ones' }),
      ],
    });
    const images: Tensor4D = tf.ones([5, 2, 2, 1]);
    const classifier: Classifier = ofLayersModel(model);
    const trainable = trainableOfLayersModel(model);
    expect(classifier(images).shape).toEqual([5, 3]);
    expect(trainable.apply(images, { training: true }).shape).toEqual([5, 3]);
    expect(trainable.variables.map(({ shape }) => shape)).toEqual([[4, 3], [3]]);
    const { grads } = tf.variableGrads(() => tf.sum(trainable.apply(images, { training: true })), trainable.variables);
    expect(Object.keys(grads).sort()).toEqual(trainable.variables.map(({ name }) => name).sort());
    model.dispose();
  });
});
