import {
  assignWeights,
  type Check,
  checker,
  decodeCheckpointBytes,
  encodeCheckpointBytes,
  fingerprint,
  requirePosition,
  requireSavedState,
  requireTrainedPart,
  requireVariables,
  type SavedState,
  type TrainedPart,
  type TrainingPosition,
} from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import type { GeneratorEpochRecord } from './train-generator.ts';

/** What a checkpoint begins with. */
export const format = { kind: 'trainGenerator', version: 1 } as const;

/**
 * A state of `trainGenerator`: how far it has come, and all that decides how it continues. Plain data, with weights as
 * typed arrays; `encodeGeneratorCheckpoint` makes bytes of it.
 */
export interface GeneratorCheckpoint extends SavedState<'trainGenerator'>, TrainingPosition {
  /** Sums over the batches of the epoch so far. */
  readonly running: RunningLosses;
  readonly history: readonly GeneratorEpochRecord[];
  readonly generator: TrainedPart;
  /** Null without adversarial loss. */
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

/** Throws unless it is a whole checkpoint. Its networks and optimizers are checked where they are restored. */
export function requireCheckpoint(check: Check, checkpoint: GeneratorCheckpoint, name = 'checkpoint'): void {
  requireSavedState(check, checkpoint, format, name);
  requirePosition(check, name, checkpoint);
  check.number(`${name}.running.images`, checkpoint.running?.images, { integer: true, min: 0 });
  for (const loss of ['total', 'image', 'feature', 'adversarial', 'discriminator'] as const) {
    check.number(`${name}.running.${loss}`, checkpoint.running[loss]);
  }
  const { history } = checkpoint;
  if (!Array.isArray(history)) check.fail('type', `${name}.history`, 'a list of records', history);
  for (const [index, record] of history.entries()) {
    for (const part of ['epoch', 'learningRate', 'loss', 'imageLoss'] as const) {
      check.number(`${name}.history[${index}].${part}`, record?.[part]);
    }
    for (const part of ['featureLoss', 'adversarialLoss', 'discriminatorLoss'] as const) {
      const loss = record[part] ?? undefined;
      if (loss !== undefined) check.number(`${name}.history[${index}].${part}`, loss);
    }
  }
  requireTrainedPart(check, `${name}.generator`, checkpoint.generator);
  if (checkpoint.discriminator !== null) requireTrainedPart(check, `${name}.discriminator`, checkpoint.discriminator);
}

/**
 * Throws unless a saved network has these variables.
 *
 * @param network What it is: `generator`, `discriminator`.
 */
export function requireModel(
  check: Check,
  network: string,
  part: TrainedPart,
  variables: readonly Variable[],
  name = 'checkpoint',
): void {
  const model = fingerprint(variables);
  if (part?.model !== model) check.fail('range', name, `of a ${network} ${model}`, part?.model);
}

/**
 * Gives a generator the weights of a checkpoint, to use it.
 *
 * @param variables The variables of a generator built like the one that was trained. Changed in place.
 * @param checkpoint From `trainGenerator`, or from `decodeGeneratorCheckpoint`.
 * @returns Nothing; the generator is ready to use.
 * @throws RangeError if the checkpoint is of another version or generator.
 * @see `trainGenerator`
 *
 * @example
 * import { type GeneratorCheckpoint, restoreGenerator, trainGenerator, upconvolutionalGenerator } from '@cnnviz/actmax';
 *
 * const shape = { codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], hidden: 8, filters: [4, 4] } as const;
 * const trained = upconvolutionalGenerator({ ...shape, seed: 0 });
 * const saved: GeneratorCheckpoint[] = [];
 * const options = { loss: 'l2', optimizer: tf.train.adam(0.001), epochs: 1 } as const;
 * await trainGenerator(trained, model, [images], { ...options, onCheckpoint: (state) => void saved.push(state) });
 *
 * const restored = upconvolutionalGenerator({ ...shape, seed: 1 });
 * restoreGenerator(restored.variables, saved[0]!);
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
 * Makes bytes of a checkpoint, little-endian and with a checksum, to write to a file.
 *
 * Write them under another name and rename the file, so that a kill while writing leaves the previous checkpoint.
 *
 * @param checkpoint From `onCheckpoint` or `progress.state()` of `trainGenerator`.
 * @returns The bytes, which `decodeGeneratorCheckpoint` takes.
 * @throws RangeError or TypeError if it is not a whole checkpoint.
 * @see `decodeGeneratorCheckpoint`
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
 * Reads a checkpoint from the bytes that `encodeGeneratorCheckpoint` made of it.
 *
 * @param bytes The contents of the file.
 * @returns The checkpoint, which `trainGenerator` takes as `resume` and `restoreGenerator` takes to use the generator.
 * @throws RangeError if the bytes are no such checkpoint, of another version, cut off or damaged.
 * @see `encodeGeneratorCheckpoint`, which has an example.
 *
 * @example
 * import { decodeGeneratorCheckpoint, encodeGeneratorCheckpoint, trainGenerator, upconvolutionalGenerator } from '@cnnviz/actmax';
 *
 * const generator = upconvolutionalGenerator({ codeSize: 10, shape: [28, 28, 1], bounds: [0, 1], hidden: 8, filters: [4, 4] });
 * await trainGenerator(generator, model, [images], {
 *   loss: 'l2',
 *   optimizer: tf.train.adam(0.001),
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => {
 *     const again = decodeGeneratorCheckpoint(encodeGeneratorCheckpoint(checkpoint));
 *     console.log(again.history.length);
 *   },
 * });
 */
export function decodeGeneratorCheckpoint(bytes: Uint8Array): GeneratorCheckpoint {
  const check = checker('@cnnviz/actmax', 'decodeGeneratorCheckpoint');
  const checkpoint = decodeCheckpointBytes(check, magic, bytes) as GeneratorCheckpoint;
  return requireSavedState(check, checkpoint, format, 'the checkpoint');
}
