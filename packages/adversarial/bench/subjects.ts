import { join } from 'node:path';
import { lenet, loadSqueezeNet } from '@cnnviz/example-support';
import { type Bounds, type Classifier, createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

/** A network and a batch that an attack is measured on. */
export interface Subject {
  name: string;
  model: Classifier;
  bounds: Bounds;
  images: tf.Tensor4D;
  labels: tf.Tensor1D;
  /** Steps of an attack that are measured; the rest of {@link STEPS} would be like them. */
  steps: number;
}

/** Steps of the attacks whose cost is stated: the default of `pgd` in L∞. */
export const STEPS = 40;

export function lenetSubject(): Subject {
  const network = lenet({ seed: 0 });
  const model: Classifier = (images) => network.apply(images) as tf.Tensor2D;
  return { name: 'LeNet, batch 64', model, bounds: [0, 1], steps: STEPS, ...randomBatch([64, 28, 28, 1], 10) };
}

/** Undefined where CNNVIZ_DATA does not say where the network is. */
export async function squeezeNetSubject(): Promise<Subject | undefined> {
  const folder = process.env.CNNVIZ_DATA;
  if (!folder) return undefined;
  const { classifier, bounds } = await loadSqueezeNet(join(folder, 'models'));
  return {
    name: 'SqueezeNet, batch 8',
    model: classifier,
    bounds,
    steps: 10,
    ...randomBatch([8, 227, 227, 3], 1000),
  };
}

/** What the pixels show makes no difference to the time. */
function randomBatch(shape: tf.Tensor4D['shape'], classes: number) {
  const random = createRandom(0);
  const pixels = random.fillUniform(new Float32Array(tf.util.sizeFromShape(shape)), 0, 1);
  const labels = Int32Array.from({ length: shape[0] }, () => random.integer(classes));
  return { images: tf.tensor4d(pixels, shape), labels: tf.tensor1d(labels, 'int32') };
}
