import { accuracy, imageBatches, lenet, mnist, type ProgressUpdate, trainModel } from '@cnnviz/example-support';
import { classifier, trainable } from '@cnnviz/models';
import type { Subject } from './subject.ts';

const BATCH = 64;
const TEST_BATCH = 500;
const LEARNING_RATE = 0.04;
/** By epoch; with 0.5 the network is hardly surer after six epochs than after three. */
const LEARNING_RATE_DECAY = 0.75;

export interface DigitReader extends Subject {
  /** Of 2,000 digits that it did not learn from. */
  testAccuracy: number;
}

/** Trains LeNet on 8,000 handwritten digits. */
export async function learnDigits({
  seed,
  epochs,
  update,
}: {
  seed: number;
  epochs: number;
  update: ProgressUpdate;
}): Promise<DigitReader> {
  const { train, test } = await mnist({ seed });
  const network = lenet({ seed, inputShape: train.shape, classes: train.classes.length });
  const model = trainable(network);
  const testBatches = imageBatches(test, { size: TEST_BATCH });
  await trainModel(model, (epoch) => imageBatches(train, { size: BATCH, seed, epoch }), {
    epochs,
    learningRate: (epoch) => LEARNING_RATE * LEARNING_RATE_DECAY ** epoch,
    onProgress: (progress) => update(progress),
  });
  const classify = classifier(network);
  return {
    name: 'LeNet',
    model: classify,
    shape: train.shape,
    bounds: train.bounds,
    classes: train.classes,
    testAccuracy: await accuracy(classify, testBatches),
    dispose: () => void network.dispose(),
  };
}
