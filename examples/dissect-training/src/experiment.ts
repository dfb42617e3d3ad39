import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConceptScenes, conceptScenes, type Dissection, type DissectionProgress } from '@cnnviz/dissect';
import { type ImageSet, imageBatches, type Progress, writeWhole } from '@cnnviz/example-support';
import { assignWeights, checker, disposeOptimizer, readWeights } from '@cnnviz/internal';
import { imageModel, saveModel, trainable } from '@cnnviz/models';
import {
  type Checkpoint,
  cosineRate,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  randomMirror,
  train,
} from '@cnnviz/regularizers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { colorAccuracy } from './color-baseline.ts';
import { dissectScenes } from './dissect-scenes.ts';
import { isDissectedEpoch, isShare, remember } from './kept-results.ts';
import { drawScenes, labeledScenes, type Task } from './scene-images.ts';
import { copyBody, createSceneNetwork, preprocessing } from './scene-network.ts';

interface Phase {
  task: Task;
  learningRate: number;
  epochs: number;
  /** After which epochs the network is dissected; 0 is before training, `epochs` is among them. */
  dissectedAfter: readonly number[];
}

export interface Scale {
  name: string;
  /** Pixels of a side. */
  size: number;
  trainingScenes: number;
  validationScenes: number;
  dissectedScenes: number;
  batchSize: number;
  /** Of labels among images, for a chance level of the networks before and after training. */
  permutations: number;
  /** What the colors alone are worth is measured in so many epochs. */
  colorEpochs: number;
  /** First from random weights, then each from what the one before has learned. */
  phases: readonly Phase[];
}

export const scales: Readonly<Record<'quick' | 'standard', Scale>> = {
  quick: {
    name: 'quick',
    size: 32,
    trainingScenes: 4000,
    validationScenes: 500,
    dissectedScenes: 200,
    batchSize: 32,
    permutations: 99,
    colorEpochs: 20,
    phases: [
      { task: 'scene', learningRate: 0.003, epochs: 6, dissectedAfter: [0, 1, 2, 3, 4, 6] },
      { task: 'texture', learningRate: 0.002, epochs: 2, dissectedAfter: [0, 1, 2] },
    ],
  },
  standard: {
    name: 'standard',
    size: 32,
    trainingScenes: 6000,
    validationScenes: 1000,
    dissectedScenes: 300,
    batchSize: 32,
    permutations: 99,
    colorEpochs: 20,
    phases: [
      { task: 'scene', learningRate: 0.003, epochs: 10, dissectedAfter: [0, 1, 2, 3, 4, 6, 8, 10] },
      { task: 'texture', learningRate: 0.002, epochs: 3, dissectedAfter: [0, 1, 2, 3] },
    ],
  },
};

/** A network as it was after some epochs. */
export interface DissectedEpoch {
  epoch: number;
  /** All layers, from the image on. */
  dissections: Dissection[];
}

export interface PhaseOutcome {
  task: Task;
  classes: readonly string[];
  history: EpochRecord[];
  /** Validation accuracy that the colors of an image allow, without seeing where they are. */
  colorAccuracy: number;
  epochs: DissectedEpoch[];
  /** Where the trained network is. */
  network: string;
}

/** Plain JSON. */
export interface Outcome {
  scale: Scale;
  seed: number;
  phases: PhaseOutcome[];
}

export interface ExperimentOptions {
  scale: Scale;
  seed: number;
  /** Checkpoints, dissections and networks go here; started again with the same, only what is missing is done. */
  folder: string;
  progress: Progress;
  signal?: AbortSignal;
}

/** How many bars of progress there are. */
export const stagesOf = ({ phases }: Scale): number => 1 + 2 * phases.length;

const check = checker('@cnnviz/example-dissect-training', 'runExperiment');

/** Of each unit, for pictures. */
const TOP_IMAGES = 6;

/** The scenes that networks are dissected on: none that they learn from. */
export function dissectedScenes(
  { size, dissectedScenes: count }: Pick<Scale, 'size' | 'dissectedScenes'>,
  seed: number,
) {
  return conceptScenes({ seed: 3 * seed + 2, count, size });
}

/**
 * Trains a network to tell scenes apart, dissects it on the way, and then does the same while it learns another task from
 * where it is.
 */
export async function runExperiment(options: ExperimentOptions): Promise<Outcome> {
  const { scale, seed, folder, progress, signal } = options;
  await claim(folder, { scale, seed });
  const { size, trainingScenes, validationScenes } = scale;
  const drawn = await progress.stage(
    'drawing scenes',
    trainingScenes + validationScenes + scale.dissectedScenes,
    async (update) => {
      let before = 0;
      const draw = async (scenes: ConceptScenes) => {
        const done = await drawScenes(scenes, { signal, onProgress: ({ done }) => update(before + done) });
        before += scenes.count;
        return done;
      };
      return {
        training: await draw(conceptScenes({ seed: 3 * seed, count: trainingScenes, size })),
        validation: await draw(conceptScenes({ seed: 3 * seed + 1, count: validationScenes, size })),
        dissected: await draw(dissectedScenes(scale, seed)),
      };
    },
  );
  const phases: PhaseOutcome[] = [];
  let network: LayersModel | undefined;
  try {
    for (const phase of scale.phases) {
      const training = await labeledScenes(drawn.training, phase.task);
      const validation = await labeledScenes(drawn.validation, phase.task);
      const next = createSceneNetwork({ seed, size, classes: training.classes.length });
      if (network !== undefined) copyBody(network, next);
      network?.dispose();
      network = next;
      phases.push(await runPhase({ ...options, phase, network, training, validation, scenes: drawn.dissected }));
    }
  } finally {
    network?.dispose();
  }
  return { scale, seed, phases };
}

interface PhaseRequest extends ExperimentOptions {
  phase: Phase;
  network: LayersModel;
  training: ImageSet;
  validation: ImageSet;
  scenes: ConceptScenes;
}

async function runPhase(request: PhaseRequest): Promise<PhaseOutcome> {
  const { phase, network, training, validation, folder, scale, seed, progress } = request;
  const { task } = phase;
  const colors = await remember(join(folder, `${task}-colors.json`), isShare, () =>
    colorAccuracy(training, validation, { seed, epochs: scale.colorEpochs }),
  );
  const { variables, state } = trainable(network);
  const weights = [...variables, ...state];
  const initial = await readWeights(weights);
  const history = await progress.stage(`learning to tell ${task}s`, phase.epochs, (update) => learn(request, update));
  const epochs = await progress.stage(`dissecting ${task} networks`, phase.dissectedAfter.length, async (update) => {
    const dissected: DissectedEpoch[] = [];
    for (const [index, epoch] of phase.dissectedAfter.entries()) {
      const kept = epoch === 0 ? initial : (await readCheckpoint(checkpointOf(folder, task, epoch))).weights;
      assignWeights(check, weights, kept);
      dissected.push(
        await remember(
          join(folder, `${task}-epoch-${epoch}.json`),
          isDissectedEpoch(epoch, request.scenes),
          async () => ({
            epoch,
            dissections: await dissectNetwork(request, epoch, (share) => update(index + share)),
          }),
        ),
      );
    }
    return dissected;
  });
  const saved = join(folder, `${task}-network`);
  await saveModel(network, saved, { preprocessing, labels: training.classes });
  return { task, classes: training.classes, history, colorAccuracy: colors, epochs, network: saved };
}

/** Trains, or resumes from the last checkpoint; saves a checkpoint of each epoch that is to be dissected. */
async function learn(
  { phase, network, training, validation, folder, scale, seed, signal }: PhaseRequest,
  update: (epochs: number, note: string) => void,
): Promise<EpochRecord[]> {
  const { task, epochs, learningRate, dissectedAfter } = phase;
  const latest = join(folder, `${task}-latest.checkpoint`);
  const resume = existsSync(latest) ? await readCheckpoint(latest) : undefined;
  const optimizer = tf.train.adam(learningRate);
  const batches = Math.ceil(training.labels.length / scale.batchSize);
  try {
    const { history } = await train(
      trainable(network),
      (epoch) => imageBatches(training, { size: scale.batchSize, seed, epoch }),
      {
        optimizer,
        epochs,
        seed,
        schedule: cosineRate({ initial: learningRate, epochs }),
        augmentation: randomMirror(),
        validation: imageBatches(validation, { size: 100 }),
        ...(resume !== undefined && { resume }),
        ...(signal !== undefined && { signal }),
        onCheckpoint: async (checkpoint) => {
          const bytes = encodeCheckpoint(checkpoint);
          if (dissectedAfter.includes(checkpoint.epoch))
            await writeWhole(checkpointOf(folder, task, checkpoint.epoch), bytes);
          await writeWhole(latest, bytes);
        },
        onProgress: ({ epoch, batch, accuracy, record }) => {
          if (record === undefined) update(epoch + batch / batches, `${percent(accuracy)} right`);
          else update(epoch + 1, `${percent(record.validationAccuracy!)} of validation right`);
        },
      },
    );
    return history;
  } finally {
    disposeOptimizer(optimizer);
  }
}

async function dissectNetwork(
  { network, scenes, scale, phase, signal }: PhaseRequest,
  epoch: number,
  update: (share: number) => void,
): Promise<Dissection[]> {
  // Not disposed: the network goes on.
  const model = await imageModel(network, { preprocessing, bounds: [0, 255] });
  const isFirstOrLast = epoch === 0 || epoch === phase.epochs;
  const permutations = isFirstOrLast ? scale.permutations : 0;
  const onProgress = ({ done, total }: DissectionProgress) => update(done / total);
  return dissectScenes(model, { scenes, topImages: TOP_IMAGES, permutations, signal, onProgress });
}

const checkpointOf = (folder: string, task: Task, epoch: number) => join(folder, `${task}-epoch-${epoch}.checkpoint`);

async function readCheckpoint(path: string): Promise<Checkpoint> {
  return decodeCheckpoint(await readFile(path));
}

/** Makes the folder, or finds that it was made for the same experiment. */
async function claim(folder: string, settings: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'settings.json');
  // Whatever it holds, it is told below if it is of another experiment.
  const kept: unknown = await remember(
    path,
    () => true,
    async () => settings,
  );
  if (JSON.stringify(kept) !== JSON.stringify(settings)) {
    throw new Error(`${path} is of ${JSON.stringify(kept)}: choose another --out or remove the folder`);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
