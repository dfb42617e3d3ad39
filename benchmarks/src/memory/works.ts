import { logit, maximizeActivation, pixels } from '@cnnviz/actmax';
import { criticalSamples, pgd } from '@cnnviz/adversarial';
import { conceptScenes, dissect } from '@cnnviz/dissect';
import { imageBatches, lenet, mnist, selectImages, trainModel } from '@cnnviz/example-support';
import { bitEncoding, cppnEncoding, directEncoding, evolve, evolveFoolingImages } from '@cnnviz/genetic';
import { createRandom } from '@cnnviz/internal';
import { type ImageModel, trainable } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';

/** Something that takes longer the more there is to do. */
export interface Work {
  /** What there is more of. */
  unit: 'epochs' | 'steps' | 'generations' | 'images';
  /** So many, and so many more. */
  sizes: readonly [few: number, many: number];
  run: (network: ImageModel, size: number) => Promise<void>;
}

const digits = (count: number) => Array.from({ length: count }, (_, index) => index);

async function attacked(
  { classifier }: ImageModel,
  attack: (images: tf.Tensor4D, labels: tf.Tensor1D) => Promise<{ images: tf.Tensor4D }>,
): Promise<void> {
  const { test } = await mnist({ seed: 0 });
  for (const { images } of imageBatches(selectImages(test, digits(64)), { size: 64 })) {
    const labels = tf.tidy(() => tf.argMax(classifier(images), 1) as tf.Tensor1D);
    const result = await attack(images, labels);
    tf.dispose([labels, result.images]);
  }
}

const evolved =
  (encoding: Parameters<typeof evolveFoolingImages>[1]['encoding']): Work['run'] =>
  async ({ classifier, bounds }, generations) => {
    await evolveFoolingImages(classifier, { encoding, bounds, populationSize: 100, generations, seed: 0 });
  };

export const works: Record<string, Work> = {
  'training LeNet, 1,600 digits': {
    unit: 'epochs',
    sizes: [8, 32],
    run: async (_, epochs) => {
      const { train } = await mnist({ seed: 0 });
      const images = selectImages(train, digits(1600));
      const network = lenet({ seed: 0, classes: 10 });
      await trainModel(trainable(network), (epoch) => imageBatches(images, { size: 64, seed: 0, epoch }), {
        epochs,
        learningRate: 0.01,
      });
      network.dispose();
    },
  },
  'PGD, 64 digits': {
    unit: 'steps',
    sizes: [50, 200],
    run: ({ bounds, ...network }, steps) =>
      attacked({ bounds, ...network }, (images, labels) =>
        pgd(network.classifier, images, labels, { epsilon: 0.1, bounds, steps, seed: 0 }),
      ),
  },
  'critical samples, 64 digits': {
    unit: 'steps',
    sizes: [50, 200],
    run: ({ bounds, ...network }, maxSteps) =>
      attacked({ bounds, ...network }, (images) =>
        // So near that none becomes critical and ends early.
        criticalSamples(network.classifier, images, { bounds, radius: 1e-7, maxSteps, seed: 0 }),
      ),
  },
  'ascent by pixels, ten logits': {
    unit: 'steps',
    sizes: [100, 400],
    run: async ({ classifier, bounds, inputShape }, steps) => {
      const { images, last } = await maximizeActivation({
        objective: logit(classifier, digits(10)),
        parameterization: pixels({ shape: inputShape, bounds }),
        steps,
        seed: 0,
      });
      tf.dispose([images, last.images]);
    },
  },
  'images evolved pixel by pixel, 100 a generation': {
    unit: 'generations',
    sizes: [50, 200],
    run: evolved(directEncoding({ shape: [28, 28, 1] })),
  },
  'images evolved as patterns, 100 a generation': {
    unit: 'generations',
    sizes: [50, 200],
    run: evolved(cppnEncoding({ shape: [28, 28, 1] })),
  },
  'OneMax, 300 a generation': {
    unit: 'generations',
    sizes: [250, 1000],
    run: async (_, generations) => {
      const fitness = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0);
      await evolve({ encoding: bitEncoding({ length: 100 }), fitness, populationSize: 300, generations, seed: 0 });
    },
  },
  'dissection of 64 filters, 10 MB for thresholds and 10 MB for activations': {
    unit: 'images',
    sizes: [250, 1000],
    run: async (_, count) => {
      const filters = tf.tensor4d(createRandom(0).fillNormal(new Float32Array(5 * 5 * 3 * 64)), [5, 5, 3, 64]);
      await dissect({
        probe: (images) => tf.tidy(() => tf.relu(tf.conv2d(images, filters, 2, 'same'))),
        concepts: conceptScenes({ seed: 0, count, size: 64 }),
        upsampling: 'half-pixel',
        thresholdMemory: 10e6,
        activationMemory: 10e6,
      });
      filters.dispose();
    },
  },
};
