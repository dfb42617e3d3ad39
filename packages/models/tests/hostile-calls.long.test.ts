import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend } from '@cnnviz/testing';
import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll } from 'vitest';
import * as models from '../src/index.ts';
import { chain, photos } from '../test-support/networks.ts';

const size = [12, 12, 1] as const;
const preprocessing = { range: [0, 1] } as const;
const names = Array.from({ length: 10 }, (_, label) => `class ${label}`);

const from = process.cwd();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-hostile-'));
  // A hostile path is a path: what is saved there is not to stay.
  process.chdir(folder);
  await startBackend('cpu');
  const model = chain(size);
  await models.saveModel(model, folder, { preprocessing, labels: names });
  model.dispose();
  const generator = tfl.sequential({
    layers: [tfl.layers.dense({ units: 16, inputShape: [4] }), tfl.layers.reshape({ targetShape: [4, 4, 1] })],
  });
  await models.saveModel(generator, join(folder, 'generator'), { preprocessing });
  generator.dispose();
});
afterAll(async () => {
  process.chdir(from);
  await rm(folder, { recursive: true });
});

const model = () => chain(size);
const ask = (run: (images: Tensor4D) => unknown) => tf.tidy(() => run(photos(size)) as tf.TensorContainer);
const load = (handler: tf.io.IOHandler) => handler.load!();

const calls: Record<string, ValidCall> = {
  loadModel: {
    given: () => [folder, { preprocessing, labels: names, bounds: [0, 1], inputShape: [...size] }],
    accepts: { 'options.labels = a promise': 'labels are read from a file as well, and awaited' },
  },
  loadGenerator: {
    given: () => [join(folder, 'generator'), {}],
    use: ({ dispose }: models.LoadedGenerator) => dispose(),
  },
  readModel: { given: () => [folder, {}] },
  saveModel: { given: () => [model(), join(folder, 'saved'), { preprocessing, labels: names }] },
  fileSystem: { given: () => [folder], use: load },
  droppedFiles: { given: () => [[{ path: 'a/model.json', file: new Blob(['{}']) }]] },
  filesOfDrop: {
    given: () => [
      {
        items: [{ webkitGetAsEntry: () => null, getAsFile: () => new File([], 'a') }],
        files: [],
      } as unknown as DataTransfer,
    ],
  },
  classifier: { given: () => [model(), { preprocessing, bounds: [0, 1], output: 'logits' }], use: ask },
  probe: { given: () => [model(), 'conv1', { preprocessing }], use: ask },
  probes: { given: () => [model(), ['conv1', 'conv2'], { preprocessing }], use: ask },
  trainable: {
    given: () => [model(), { preprocessing }],
    use: ({ apply }: models.TrainableNetwork) => ask((images) => apply(images, { training: true })),
  },
  layersOf: { given: () => [model(), { inputShape: [...size] }] },
  imageModel: {
    given: () => [model(), { preprocessing, bounds: [0, 1], labels: names, inputShape: [...size] }],
    use: ({ classifier }: models.ImageModel) => ask(classifier),
  },
  registerMissingGradients: {},
};

describeHostileCalls('models', models, calls);
