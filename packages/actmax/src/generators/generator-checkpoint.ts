import {
  assignWeights,
  type Check,
  checker,
  decodeCheckpointBytes,
  encodeCheckpointBytes,
  fingerprint,
  type KeptWeights,
  type OptimizerState,
  requireKept,
  requireOptimizerState,
  requireVariables,
} from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import type { GeneratorEpochRecord } from './train-generator.ts';

export const checkpointVersion = 1;

/** A network and its optimizer. */
export interface TrainedPart {
  /** Shapes of the variables. */
  readonly model: string;
  readonly weights: readonly KeptWeights[];
  readonly optimizer: OptimizerState;
}

/** Where `trainGenerator` is and all that decides how it goes on; plain data, weights as typed arrays. */
export interface GeneratorCheckpoint {
  readonly version: typeof checkpointVersion;
  /** The epoch to go on with, from 0. */
  readonly epoch: number;
  /** How many of its batches are done. */
  readonly batch: number;
  /** Sums over the batches of the epoch so far. */
  readonly running: RunningLosses;
  readonly history: readonly GeneratorEpochRecord[];
  readonly generator: TrainedPart;
  /** Of a training without adversarial loss: null. */
  readonly discriminator: TrainedPart | null;
}

export interface RunningLosses {
  readonly images: number;
  readonly total: number;
  readonly image: number;
  readonly feature: number;
  readonly adversarial: number;
  readonly discriminator: number;
}

function requireVersion(check: Check, checkpoint: GeneratorCheckpoint): void {
  if (checkpoint?.version !== checkpointVersion) {
    check.fail('range', 'checkpoint', `a checkpoint of version ${checkpointVersion}`, checkpoint?.version);
  }
}

/** Rejects what is no checkpoint, or a damaged one; its networks and optimizers are looked at where they are restored. */
export function requireCheckpoint(check: Check, checkpoint: GeneratorCheckpoint): void {
  requireVersion(check, checkpoint);
  check.number('checkpoint.epoch', checkpoint.epoch, { integer: true, min: 0 });
  check.number('checkpoint.batch', checkpoint.batch, { integer: true, min: 0 });
  check.number('checkpoint.running.images', checkpoint.running?.images, { integer: true, min: 0 });
  for (const name of ['total', 'image', 'feature', 'adversarial', 'discriminator'] as const) {
    check.number(`checkpoint.running.${name}`, checkpoint.running[name]);
  }
  const { history } = checkpoint;
  if (!Array.isArray(history)) check.fail('type', 'checkpoint.history', 'a list of records', history);
  for (const [index, record] of history.entries()) {
    for (const name of ['epoch', 'learningRate', 'loss', 'imageLoss'] as const) {
      check.number(`checkpoint.history[${index}].${name}`, record?.[name]);
    }
    for (const name of ['featureLoss', 'adversarialLoss', 'discriminatorLoss'] as const) {
      const loss = record[name] ?? undefined;
      if (loss !== undefined) check.number(`checkpoint.history[${index}].${name}`, loss);
    }
  }
  requirePart(check, 'checkpoint.generator', checkpoint.generator);
  if (checkpoint.discriminator !== null) {
    requirePart(check, 'checkpoint.discriminator', checkpoint.discriminator);
  }
}

function requirePart(check: Check, name: string, part: TrainedPart): void {
  const { model, weights, optimizer } = check.options(part, name);
  if (typeof model !== 'string') check.fail('type', `${name}.model`, 'a string', model);
  if (!Array.isArray(weights)) check.fail('type', `${name}.weights`, 'a list of weights', weights);
  for (const [index, kept] of weights.entries()) requireKept(check, `${name}.weights[${index}]`, kept);
  requireOptimizerState(check, `${name}.optimizer`, optimizer);
}

export function requireModel(check: Check, name: string, part: TrainedPart, variables: readonly Variable[]): void {
  const model = fingerprint(variables);
  if (part?.model !== model) check.fail('range', 'checkpoint', `of a ${name} ${model}`, part?.model);
}

/**
 * Gives a generator the weights of a checkpoint, to use it.
 *
 * @param variables Those of a generator built as the one that was trained.
 * @throws RangeError if the checkpoint is of another version or generator.
 */
export function restoreGenerator(variables: readonly Variable[], checkpoint: GeneratorCheckpoint): void {
  const check = checker('@cnnviz/actmax', 'restoreGenerator');
  requireCheckpoint(check, checkpoint);
  requireVariables(check, 'variables', variables);
  requireModel(check, 'generator', checkpoint.generator, variables);
  assignWeights(check, variables, checkpoint.generator.weights);
}

const magic = 'cnnviz-generator-checkpoint\n';

/**
 * A checkpoint as bytes, little-endian and with a checksum.
 *
 * Write them under another name and rename the file, so that a kill while writing leaves the checkpoint before it.
 *
 * @example
 * import {
 *   decodeGeneratorCheckpoint,
 *   encodeGeneratorCheckpoint,
 *   restoreGenerator,
 *   trainGenerator,
 *   upconvolutionalGenerator,
 * } from '@cnnviz/actmax';
 *
 * const shape = { codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], hidden: 8, filters: [4, 4] } as const;
 * const generator = upconvolutionalGenerator({ ...shape, seed: 0 });
 * await trainGenerator(generator, model, [images], {
 *   loss: 'l2',
 *   optimizer: tf.train.adam(0.001),
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => {
 *     const bytes = encodeGeneratorCheckpoint(checkpoint); // to a file, and back:
 *     const same = upconvolutionalGenerator({ ...shape, seed: 1 });
 *     restoreGenerator(same.variables, decodeGeneratorCheckpoint(bytes));
 *   },
 * });
 */
export function encodeGeneratorCheckpoint(checkpoint: GeneratorCheckpoint): Uint8Array {
  requireCheckpoint(checker('@cnnviz/actmax', 'encodeGeneratorCheckpoint'), checkpoint);
  return encodeCheckpointBytes(magic, checkpoint);
}

/**
 * The checkpoint that `encodeGeneratorCheckpoint` made bytes of.
 *
 * @throws RangeError if the bytes are no such checkpoint, of another version, cut off or damaged.
 */
export function decodeGeneratorCheckpoint(bytes: Uint8Array): GeneratorCheckpoint {
  const check = checker('@cnnviz/actmax', 'decodeGeneratorCheckpoint');
  const checkpoint = decodeCheckpointBytes(check, magic, bytes) as GeneratorCheckpoint;
  requireVersion(check, checkpoint);
  return checkpoint;
}
