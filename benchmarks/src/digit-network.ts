import { join } from 'node:path';
import { imageBatches, lenet, mnist, selectImages, trainModel } from '@cnnviz/example-support';
import { type ImageModel, loadModel, saveModel, trainable } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';

/** LeNet, after three epochs of handwritten digits. */
export async function trainDigitNetwork(folder: string): Promise<void> {
  const { train } = await mnist({ seed: 0 });
  const network = lenet({ seed: 0, classes: 10 });
  await trainModel(trainable(network), (epoch) => imageBatches(train, { size: 64, seed: 0, epoch }), {
    epochs: 3,
    learningRate: (epoch) => 0.05 * 0.5 ** epoch,
  });
  await saveModel(network, join(folder, 'digits'), { preprocessing: { range: [0, 1] } });
  network.dispose();
}

export const loadDigitNetwork = (folder: string): Promise<ImageModel> => loadModel(join(folder, 'digits'));

/** `[count, 28, 28, 1]`: the first ones that nothing learned from. */
export async function testDigits(count: number): Promise<tf.Tensor4D> {
  const { test } = await mnist({ seed: 0 });
  const indices = Array.from({ length: count }, (_, index) => index);
  const [first] = Array.from(imageBatches(selectImages(test, indices), { size: count }), ({ images }) =>
    tf.clone(images),
  );
  return first!;
}
