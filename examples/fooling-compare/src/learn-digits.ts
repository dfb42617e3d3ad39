import { accuracy, type DataSet, imageBatches, type ProgressUpdate, trainModel } from '@cnnviz/example-support';
import type { Classifier } from '@cnnviz/internal';
import { classifier, trainable } from '@cnnviz/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';

const BATCH = 64;
const TEST_BATCH = 500;
const LEARNING_RATE = 0.04;

export interface LearnedNetwork {
  model: Classifier;
  testAccuracy: number;
}

/** Trains a network on digits; its weights are changed. */
export async function learnDigits(
  network: LayersModel,
  { train, test }: DataSet,
  { seed, epochs, update }: { seed: number; epochs: number; update: ProgressUpdate },
): Promise<LearnedNetwork> {
  await trainModel(trainable(network), (epoch) => imageBatches(train, { size: BATCH, seed, epoch }), {
    epochs,
    learningRate: (epoch) => LEARNING_RATE * 0.5 ** epoch,
    onProgress: (progress) => update(progress),
  });
  const model = classifier(network);
  return { model, testAccuracy: await accuracy(model, imageBatches(test, { size: TEST_BATCH })) };
}
