/**
 * Trains the digit network of the playground and writes it to `network`:
 *
 *     pnpm --filter @cnnviz/example-playground train-digit-network
 */
import { fileURLToPath } from 'node:url';
import { accuracy, chooseBackend, imageBatches, lenet, mnist, trainModel } from '@cnnviz/example-support';
import { imageModel, saveModel, trainable } from '@cnnviz/models';
import { digitOfPackage, samplePositions } from '../sample-digits.ts';

const folder = fileURLToPath(new URL('../network', import.meta.url));
const preprocessing = { range: [0, 1] } as const;
const epochs = 8;

await chooseBackend();
const { train, test } = await mnist();

const trained = new Set(
  Array.from(train.labels, (_, index) => train.images.subarray(index * 784, (index + 1) * 784).join()),
);
for (const [digit, positions] of samplePositions.entries()) {
  for (const position of positions) {
    if (!trained.has((await digitOfPackage(digit, position)).join())) continue;
    throw new Error(`sample ${position} of digit ${digit} is a training image: choose another`);
  }
}

const model = lenet({ seed: 0, widths: [10, 20, 64] });
const curve = await trainModel(trainable(model), (epoch) => imageBatches(train, { size: 64, seed: 0, epoch }), {
  epochs,
  learningRate: (epoch) => 0.05 * 0.7 ** epoch,
  test: imageBatches(test, { size: 500 }),
});
for (const { epoch, loss, testAccuracy } of curve) console.log(epoch, loss.toFixed(4), testAccuracy);

await saveModel(model, folder, { preprocessing, labels: test.classes });
const { classifier } = await imageModel(model, { preprocessing });
console.log(
  `${folder}: right on ${((await accuracy(classifier, imageBatches(test, { size: 500 }))) * 100).toFixed(2)} % of 2,000 digits`,
);
