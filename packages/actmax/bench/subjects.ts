import { join } from 'node:path';
import { lenet, loadSqueezeNet } from '@cnnviz/example-support';
import { type Bounds, type Classifier, createRandom, type Generator } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

/** A network, and a generator of images for it. */
export interface Subject {
  name: string;
  model: Classifier;
  bounds: Bounds;
  shape: readonly [height: number, width: number, channels: number];
  /** The class that each image of the batch is to show. */
  classes: readonly number[];
  generator: Generator;
  codeLength: number;
  /** Steps that are timed in a run. */
  timedSteps: number;
}

export function lenetSubject(): Subject {
  const network = lenet({ seed: 0 });
  return {
    name: 'LeNet, batch 64',
    model: (images) => network.apply(images) as tf.Tensor2D,
    bounds: [0, 1],
    shape: [28, 28, 1],
    classes: Array.from({ length: 64 }, (_, image) => image % 10),
    ...smallGenerator([28, 28, 1]),
    timedSteps: 40,
  };
}

/** Undefined where CNNVIZ_DATA does not say where the network is. */
export async function squeezeNetSubject(): Promise<Subject | undefined> {
  const folder = process.env.CNNVIZ_DATA;
  if (!folder) return undefined;
  const { classifier, bounds, inputShape } = await loadSqueezeNet(join(folder, 'models'));
  return {
    name: 'SqueezeNet, batch 4',
    model: classifier,
    bounds,
    shape: inputShape,
    classes: [1, 130, 388, 985],
    ...smallGenerator(inputShape),
    timedSteps: 10,
  };
}

/** One layer to 14x14 pixels, and up: as cheap as generators get, so that what is measured is not theirs. */
function smallGenerator([height, width, channels]: Subject['shape']): Pick<Subject, 'generator' | 'codeLength'> {
  const codeLength = 64;
  const values = createRandom(0).fillNormal(new Float32Array(codeLength * 14 * 14 * channels), 0, 0.2);
  const weights = tf.tensor2d(values, [codeLength, 14 * 14 * channels]);
  const generator: Generator = (codes) =>
    tf.tidy(() => {
      const small = tf.reshape(tf.sigmoid(tf.matMul(codes, weights)), [-1, 14, 14, channels]) as tf.Tensor4D;
      return tf.image.resizeBilinear(small, [height, width]);
    });
  return { generator, codeLength };
}
