import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

type Shape = readonly [height: number, width: number, channels: number];

/** Two convolutions with pooling, two dense layers: LeNet with few units, and logits. */
export function chain(inputShape: Shape = [28, 28, 1], activation: 'linear' | 'softmax' = 'linear'): tfl.Sequential {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ name: 'conv1', inputShape: [...inputShape], filters: 4, kernelSize: 5 }),
      tfl.layers.maxPooling2d({ name: 'pool1', poolSize: 2, strides: 2 }),
      tfl.layers.conv2d({ name: 'conv2', filters: 6, kernelSize: 5, padding: 'same', activation: 'relu' }),
      tfl.layers.maxPooling2d({ name: 'pool2', poolSize: 2, strides: 2 }),
      tfl.layers.flatten({ name: 'flatten' }),
      tfl.layers.dense({ name: 'fc1', units: 16, activation: 'relu' }),
      tfl.layers.dense({ name: 'logits', units: 10, activation }),
    ],
  });
  return drawn(model);
}

/** Branches that add and concatenate, and batch normalization. */
export function branches(
  inputShape: Shape = [16, 16, 3],
  activation: 'linear' | 'softmax' = 'linear',
): tfl.LayersModel {
  const input = tfl.input({ name: 'image', shape: [...inputShape] });
  const apply = (layer: tfl.layers.Layer, ...inputs: tfl.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tfl.SymbolicTensor;
  const conv = (name: string, kernelSize: number) =>
    tfl.layers.conv2d({ name, filters: 4, kernelSize, padding: 'same' });
  const wide = apply(tfl.layers.batchNormalization({ name: 'bn' }), apply(conv('wide', 3), input));
  const narrow = apply(tfl.layers.reLU({ name: 'relu' }), apply(conv('narrow', 1), input));
  const sum = apply(tfl.layers.add({ name: 'sum' }), wide, narrow);
  const both = apply(tfl.layers.concatenate({ name: 'both' }), sum, narrow);
  const average = apply(tfl.layers.globalAveragePooling2d({ name: 'average' }), both);
  const classes = apply(tfl.layers.dense({ name: 'classes', units: 5, activation }), average);
  return drawn(tfl.model({ inputs: input, outputs: classes }));
}

/** Gives all weights values that are the same on each run and backend, those of moving averages too. */
export function drawn<M extends tfl.LayersModel>(model: M, seed = 1): M {
  const random = createRandom(seed);
  const weights = model.weights.map(({ shape, name }) => {
    const size = tf.util.sizeFromShape(shape as number[]);
    const values = random.fillNormal(new Float32Array(size), 0, Math.min(1, Math.sqrt(2 / Math.max(1, size / 8))));
    return tf.tensor(
      name.includes('variance') ? values.map((value) => 0.5 + value * value) : values,
      shape as number[],
    );
  });
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

/** Images in [0, 1]. */
export function photos(shape: Shape, count = 2): tf.Tensor4D {
  const values = createRandom(5).fillUniform(new Float32Array(count * tf.util.sizeFromShape([...shape])));
  return tf.tensor4d(values, [count, ...shape]);
}

/** What a tensor holds; it is disposed. */
export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}
