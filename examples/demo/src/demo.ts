import { criticalSamplesChapter, runExperiment, type Scale, scales } from '@cnnviz/example-critical-samples';
import {
  type Chapter,
  type ChosenBackend,
  type DataSet,
  type ImageSet,
  imageBatches,
  mnist,
  type Progress,
  selectImages,
  writeReport,
} from '@cnnviz/example-support';
import type { LabeledImages } from '@cnnviz/internal';
import { classifier } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import { evolutionChapters } from './evolution.ts';
import { filtersChapter } from './filters.ts';
import { foolingChapter } from './fooling.ts';
import { firstKernel, type Learned, learn, learningChapter } from './learning.ts';
import { maximizationChapter } from './maximization.ts';
import { MEMORIZING_NETWORKS, memorizationChapter } from './memorization.ts';
import { percent } from './percent.ts';
import { perturbationChapter, STRENGTHS } from './perturbation.ts';
import { unitsChapter } from './units.ts';

export interface DemoOptions {
  /** Folder of the report. */
  out: string;
  seed: number;
  backend: Pick<ChosenBackend, 'name' | 'detail'>;
  progress: Progress;
  /** Default 3. */
  epochs?: number;
  /** Most images tried per faked digit. Default 300. */
  foolingSteps?: number;
  /** Generations of evolving images, for each of two encodings. Default 80. */
  evolutionGenerations?: number;
  /** Most epochs of each network that learns by heart. Default 30. */
  memorizingEpochs?: number;
  /** Digits from which a generator learns to draw. Default 2000. */
  generatorImages?: number;
  /** Default 3. */
  generatorEpochs?: number;
  /** Most steps of each ascent that draws what the network wants to see. Default 90. */
  ascentSteps?: number;
  /** Training of the networks whose critical samples are counted. Default 30 epochs, counted after every 10. */
  criticalSamples?: Pick<Scale, 'epochs' | 'every'>;
  /** Rendered scenes on which another network is dissected. Default 120. */
  dissectedScenes?: number;
  /** Default: MNIST, 8,000 digits to learn from and 2,000 to be tested on. */
  data?: DataSet;
}

export interface DemoResult {
  /** Path of the page. */
  page: string;
  testAccuracy: number;
  seconds: number;
}

export const STAGES = 9;
const PERTURBED = 500;

/**
 * Writes the page of the demo: trains LeNet on handwritten digits, looks at its filters, fools it by gradients and by
 * evolution, draws what it wants to see, shows what a network learns by heart, and dissects another network.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const {
    out,
    seed,
    backend,
    progress,
    epochs = 3,
    foolingSteps = 300,
    evolutionGenerations = 80,
    memorizingEpochs = 30,
    generatorImages = 2000,
    generatorEpochs = 3,
    dissectedScenes = 120,
    ascentSteps = 90,
    criticalSamples = scales.demo,
  } = options;
  const start = performance.now();
  const data = options.data ?? (await mnist({ seed }));
  const { train, test } = data;
  const learned = await progress.stage('learning digits', epochs * train.labels.length, (update) =>
    learn({
      data,
      epochs,
      seed,
      onProgress: (at) => update(at, `${percent(at.accuracy)} correct`),
    }),
  );
  const { network, testAccuracy } = learned;
  const model = classifier(network);
  try {
    const learning = await learningChapter(learned, data, model);
    const [filters, perturbation] = await withFirstImages(test, PERTURBED, async (digits) => [
      await filtersOf(learned, digits, test),
      await progress.stage('perturbing digits', STRENGTHS.length, (update) =>
        perturbationChapter({ model, digits, bounds: test.bounds, seed, onProgress: update }),
      ),
    ]);
    const fooling = await progress.stage('making noise that is read as digits', foolingSteps, (update) =>
      foolingChapter({
        model,
        shape: test.shape,
        classes: test.classes,
        bounds: test.bounds,
        seed,
        steps: foolingSteps,
        onProgress: (iteration, confidence) => update(iteration, `all above ${percent(confidence)}`),
      }),
    );
    const memorization = await progress.stage(
      'learning digits by heart',
      MEMORIZING_NETWORKS * memorizingEpochs,
      (update) => memorizationChapter({ data, seed, epochs: memorizingEpochs, onProgress: update }),
    );
    const { epochs: searchedEpochs, every } = criticalSamples;
    const scale = { ...scales.demo, epochs: searchedEpochs, every, seeds: [seed] };
    const searched = await runExperiment({ data, scale, progress });
    const evolution = await progress.stage('evolving strings and images', 2 * evolutionGenerations, (update) =>
      evolutionChapters({ model, digits: test, seed, generations: evolutionGenerations, onProgress: update }),
    );
    const maximization = await progress.stage('drawing what digits it wants to see', 1, (update) =>
      maximizationChapter({
        network,
        data,
        seed,
        images: generatorImages,
        generatorEpochs,
        steps: ascentSteps,
        onProgress: update,
      }),
    );
    const units = await progress.stage('dissecting a network', 1, (update) =>
      unitsChapter({ count: dissectedScenes, seed, onProgress: update }),
    );
    const seconds = (performance.now() - start) / 1000;
    const page = await progress.stage('writing the report', 1, () =>
      writeReport(out, {
        title: 'What a small network has learned about digits',
        intro: [
          'A convolutional network was trained on handwritten digits and then examined: what it looks for, how little it takes to change its mind, and what else it takes for a digit.',
        ],
        facts: [
          { label: 'test accuracy', value: percent(testAccuracy) },
          { label: 'backend', value: `${backend.name}, ${backend.detail}` },
          { label: 'seed', value: String(seed) },
          { label: 'time', value: `${seconds.toFixed(0)} s` },
        ],
        chapters: [
          learning,
          filters,
          perturbation,
          fooling,
          ...evolution,
          maximization,
          memorization,
          criticalSamplesChapter(searched, train.name),
          units,
        ],
      }),
    );
    return { page, testAccuracy, seconds };
  } finally {
    network.dispose();
    learned.initialKernel.dispose();
  }
}

async function filtersOf(
  { network, initialKernel }: Learned,
  digits: LabeledImages,
  { classes }: ImageSet,
): Promise<Chapter> {
  const image = tf.slice(digits.images, 0, 1);
  try {
    const [label = 0] = await digits.labels.data();
    return await filtersChapter({
      kernel: firstKernel(network),
      initialKernel,
      image,
      imageClass: classes[label] ?? '',
    });
  } finally {
    image.dispose();
  }
}

async function withFirstImages<T>(
  set: ImageSet,
  count: number,
  use: (images: LabeledImages) => Promise<T>,
): Promise<T> {
  const indices = Array.from({ length: Math.min(count, set.labels.length) }, (_, index) => index);
  for (const batch of imageBatches(selectImages(set, indices), { size: count })) return await use(batch);
  throw new RangeError('@cnnviz/example-demo: runDemo: data must hold test images, got none');
}
