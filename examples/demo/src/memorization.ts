import { compareRemedies, createNetwork, remedies } from '@cnnviz/example-overfitting';
import {
  type Chapter,
  type DataSet,
  type Done,
  fractionDone,
  imageBatches,
  type Progress,
  selectImages,
} from '@cnnviz/example-support';
import { createRandom, type LabeledImages } from '@cnnviz/internal';
import {
  type DataCondition,
  generalizationGap,
  overfittingChart,
  type RandomizationRun,
  randomizationCurves,
  randomizationTest,
  whiten,
} from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';

export interface MemorizationOptions {
  data: DataSet;
  seed: number;
  /** At most so many for each network. */
  epochs: number;
  /** Called after each epoch of each network. */
  onProgress: (done: number, note: string) => void;
}

const TRAIN = 150;
const TEST = 400;
const CORRUPTION = 0.2;
const SHOWN_REMEDIES = remedies.filter(({ name }) => ['none', 'dropout 0.5', 'augmentation'].includes(name));
const CONDITIONS: readonly DataCondition[] = ['true labels', 'random labels', 'shuffled pixels', 'gaussian'];

export const MEMORIZING_NETWORKS = SHOWN_REMEDIES.length + CONDITIONS.length;

type Spec = Extract<Chapter['figures'][number], { kind: 'chart' }>['spec'];

/** Shows how far a network with more parameters than digits goes in learning them by heart. */
export async function memorizationChapter(options: MemorizationOptions): Promise<Chapter> {
  const { data, seed, epochs, onProgress } = options;
  const progress: Progress = {
    stage: (name, total, work) => {
      const before = SHOWN_REMEDIES.findIndex((remedy) => remedy.name === name) * epochs;
      return work((at: Done | number) => onProgress(before + epochs * fractionDone(at, total), name));
    },
  };
  const outcomes = await compareRemedies({
    data,
    trainImages: TRAIN,
    testImages: TEST,
    corruption: CORRUPTION,
    epochs,
    seed,
    remedies: SHOWN_REMEDIES,
    progress,
  });
  const runs = await randomized(options);

  const { parameters, samples, parametersPerSample } = outcomes[0]!.capacity;
  const ends = outcomes.map(({ remedy, history, epoch }) => ({ remedy, ...generalizationGap(history)[epoch]! }));
  const without = ends[0]!;
  const random = runs.find(({ condition }) => condition === 'random labels')!;
  return {
    id: 'memorization',
    title: 'Understood, or learned by heart?',
    intro: [
      `A network with one hidden layer and ${parameters.toLocaleString('en-GB')} parameters was given only ${samples} of the digits: ${parametersPerSample.toFixed(0)} parameters per digit. It can learn every one of them by heart, and does, whether or not there is anything to understand.`,
    ],
    facts: [
      { label: 'training accuracy, wrong labels included', value: percent(without.trainAccuracy) },
      { label: 'accuracy on other digits', value: percent(without.testAccuracy) },
      { label: 'training accuracy, random labels', value: percent(random.trainAccuracy) },
      { label: 'accuracy on other digits then', value: percent(random.testAccuracy) },
    ],
    figures: [
      {
        kind: 'chart',
        caption: `Overfitting. The label of each of the ${samples} digits was drawn anew with a probability of ${percent(CORRUPTION, 0)}. Without a remedy, the error on them goes to zero, wrong labels included, while the error on ${TEST} other digits with correct labels soon stops falling. Dropout and augmentation make learning by heart harder; the training error is then that of the harder task.`,
        alt: `Error at the end: ${ends.map((end) => `${end.remedy}: training ${percent(1 - end.trainAccuracy)}, test ${percent(1 - end.testAccuracy)}`).join('; ')}.`,
        spec: overfittingChart(
          Object.fromEntries(outcomes.map(({ remedy, history }) => [remedy, history])),
        ) as unknown as Spec,
      },
      {
        kind: 'chart',
        caption: `The randomization test of [Zhang et al. 2017](https://arxiv.org/abs/1611.03530). The network also fits random labels, more slowly, and digits with shuffled pixels, and noise. Fitting the training set does not show that a network has understood anything. A line ends once ${percent(FITTED, 0)} are fitted.`,
        alt: `Training loss by condition. ${runs.map(({ condition, epochs, trainAccuracy, testAccuracy }) => `${condition}: ${epochs} epochs, then ${percent(trainAccuracy)} of the training digits and ${percent(testAccuracy)} of other digits`).join('; ')}.`,
        spec: randomizationCurves(runs) as unknown as Spec,
      },
      {
        kind: 'table',
        caption: 'The same in numbers.',
        columns: ['condition', 'epochs', 'training digits', 'other digits'],
        rows: runs.map(({ condition, epochs, trainAccuracy, testAccuracy }) => [
          condition,
          epochs,
          percent(trainAccuracy),
          percent(testAccuracy),
        ]),
      },
    ],
  };
}

const FITTED = 0.99;

async function randomized({ data, seed, epochs, onProgress }: MemorizationOptions): Promise<RandomizationRun[]> {
  const random = createRandom(seed);
  const chosen = (set: DataSet['train'], count: number) =>
    onDevice(selectImages(set, random.permutation(set.labels.length).subarray(0, count)));
  const [train, test] = [chosen(data.train, TRAIN), chosen(data.test, TEST)];
  const before = SHOWN_REMEDIES.length * epochs;
  try {
    return await randomizationTest(
      { train, test },
      {
        classes: data.train.classes.length,
        createModel: createNetwork,
        createOptimizer: () => tf.train.momentum(0.03, 0.9),
        conditions: CONDITIONS,
        prepare: whiten,
        batchSize: 32,
        epochs,
        seeds: [seed],
        fittedAt: FITTED,
        onProgress: ({ done, total, condition, record }) => {
          if (record !== undefined) onProgress(before + (CONDITIONS.length * epochs * done) / total, condition);
        },
      },
    );
  } finally {
    tf.dispose([train.images, train.labels, test.images, test.labels]);
  }
}

function onDevice(set: DataSet['train']): LabeledImages {
  for (const { images, labels } of imageBatches(set, { size: set.labels.length })) {
    return { images: tf.clone(images), labels: tf.clone(labels) };
  }
  throw new RangeError('@cnnviz/example-demo: memorizationChapter: data must hold images, got none');
}
