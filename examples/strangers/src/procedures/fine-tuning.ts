import { conceptScenes } from '@cnnviz/dissect';
import { trainable } from '@cnnviz/models';
import { train } from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { inUnitRange, type Subject, withChannels } from '../subject.ts';
import { type Procedure, percent, rounded } from './procedure.ts';

const OF_EACH = 4;

/** The last layers are trained to tell photographs from drawn scenes, as two of the classes that are there. */
export const fineTuning: Procedure = {
  name: 'fine-tuning',
  run: async (subject) => {
    const { network, trainedFrom, notTrained, extent } = subject;
    if (trainedFrom === undefined) return { notFor: notTrained ?? 'not trained' };
    const model = network.model as LayersModel;
    const first = model.layers.findIndex(({ name }) => name === trainedFrom);
    for (const [i, layer] of model.layers.entries()) layer.trainable = i >= first;
    const whole = trainable(model, { preprocessing: network.preprocessing });
    // As Keras does, and tfjs-layers does not: what is frozen normalizes by its own statistics, not by those of a batch.
    const tuned = {
      variables: whole.variables,
      apply: (images: tf.Tensor4D) => whole.apply(images, { training: false }),
    };
    const batch = await photographsAndScenes(subject);
    const optimizer = tf.train.sgd(0.05);
    try {
      const { history } = await train(tuned, [batch], { optimizer, epochs: extent.epochs, seed: 0 });
      const [start, end] = [history[0]!, history.at(-1)!];
      if (!(end.loss < start.loss)) throw new Error(`the loss went from ${start.loss} to ${end.loss}`);
      const accuracy = `${percent(start.accuracy)} → ${percent(end.accuracy)}`;
      return { text: `loss ${rounded(start.loss)} → ${rounded(end.loss)}, accuracy ${accuracy}` };
    } finally {
      tf.dispose([batch.images, batch.labels]);
      optimizer.dispose();
    }
  },
};

async function photographsAndScenes({ network, photographs, shown }: Subject) {
  const [height, width, channels] = network.inputShape;
  const scenes = conceptScenes({ seed: 1, count: OF_EACH, size: 128 });
  const drawn: tf.Tensor3D[] = [];
  for (let i = 0; i < OF_EACH; i++) drawn.push(inUnitRange(await scenes.read(i)));
  const images = tf.tidy(() => {
    const resized = tf.image.resizeBilinear(tf.stack(drawn) as tf.Tensor4D, [height, width], false, true);
    return tf.concat([
      withChannels(resized as tf.Tensor4D, channels),
      tf.slice(photographs, 0, OF_EACH),
    ]) as tf.Tensor4D;
  });
  tf.dispose(drawn);
  // The first of the two is the class of drawings.
  const labels = Array.from({ length: 2 * OF_EACH }, (_, i) => shown[i < OF_EACH ? 0 : 1]!);
  return { images, labels: tf.tensor1d(labels, 'int32') };
}
