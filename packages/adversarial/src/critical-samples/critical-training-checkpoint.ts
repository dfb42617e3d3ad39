import {
  type Check,
  checker,
  decodeCheckpointBytes,
  encodeCheckpointBytes,
  type KeptWeights,
  type OptimizerState,
  type RandomState,
  requirePosition,
  requireSavedState,
  requireTrainedPart,
  type SavedState,
  type TrainingPosition,
} from '@cnnviz/internal';
import type { CriticalTrainingRecord } from './train-on-critical-samples.ts';

/** What a checkpoint begins with. */
export const format = { kind: 'trainOnCriticalSamples', version: 1 } as const;

/**
 * A state of `trainOnCriticalSamples`: how far it has come, and all that decides how it continues. Plain data, with
 * weights as typed arrays; `encodeCriticalTrainingCheckpoint` makes bytes of it.
 */
export interface CriticalTrainingCheckpoint extends SavedState<'trainOnCriticalSamples'>, TrainingPosition {
  /** Types and shapes of the model's variables. */
  readonly model: string;
  readonly seed: number;
  /** Draws the seed of each epoch's mixing and of each step. */
  readonly random: RandomState;
  /** Draws which images of a batch give way, and the noise of the searches. Null before the first batch. */
  readonly mixing: RandomState | null;
  /** Sums over the batches of the epoch so far. */
  readonly running: CriticalTrainingSums;
  readonly history: readonly CriticalTrainingRecord[];
  readonly weights: readonly KeptWeights[];
  readonly optimizer: OptimizerState;
}

export interface CriticalTrainingSums {
  readonly examples: number;
  readonly loss: number;
  readonly correct: number;
  readonly searched: number;
  readonly critical: number;
}

/** Throws unless it is a checkpoint of this model and seed. */
export function requireCheckpoint(
  check: Check,
  checkpoint: CriticalTrainingCheckpoint,
  { model, seed }: { model: string; seed: number },
): void {
  requireParts(check, 'resume', checkpoint);
  if (checkpoint.model !== model) check.fail('range', 'resume', `of a model ${model}`, checkpoint.model);
  if (checkpoint.seed !== seed) check.fail('range', 'seed', `${checkpoint.seed}, as in the saved state`, seed);
}

/** Throws unless it is a whole checkpoint. Weights and random numbers are checked where they are restored. */
function requireParts(check: Check, name: string, checkpoint: CriticalTrainingCheckpoint): void {
  requireSavedState(check, checkpoint, format, name);
  requirePosition(check, name, checkpoint);
  requireTrainedPart(check, name, checkpoint);
  check.seed(`${name}.seed`, checkpoint.seed);
  const running = check.options(checkpoint.running, `${name}.running`);
  check.number(`${name}.running.loss`, running.loss);
  for (const part of ['examples', 'correct', 'searched', 'critical'] as const) {
    check.number(`${name}.running.${part}`, running[part], { integer: true, min: 0 });
  }
  const { history } = checkpoint;
  if (!Array.isArray(history)) check.fail('type', `${name}.history`, 'a list of records', history);
  for (const [index, record] of history.entries()) {
    const place = `${name}.history[${index}]`;
    for (const part of ['epoch', 'loss', 'accuracy'] as const) check.number(`${place}.${part}`, record?.[part]);
    if (record.criticalSampleRatio !== null) {
      check.number(`${place}.criticalSampleRatio`, record.criticalSampleRatio, { min: 0, max: 1 });
    }
  }
  check.options(checkpoint.random, `${name}.random`);
  if (checkpoint.mixing !== null) check.options(checkpoint.mixing, `${name}.mixing`);
  if (checkpoint.mixing === null && checkpoint.batch > 0) {
    check.fail('type', `${name}.mixing`, 'a state of random numbers', checkpoint.mixing);
  }
}

const magic = 'cnnviz-critical-training-checkpoint\n';

/**
 * Makes bytes of a checkpoint, little-endian and with a checksum, to write to a file.
 *
 * Write them under another name and rename the file, so that a kill while writing leaves the previous checkpoint.
 *
 * @param checkpoint From `onCheckpoint` or `progress.state()` of `trainOnCriticalSamples`.
 * @returns The bytes, which `decodeCriticalTrainingCheckpoint` takes.
 * @throws RangeError or TypeError if it is not a whole checkpoint.
 * @see `decodeCriticalTrainingCheckpoint`
 *
 * @example
 * import {
 *   decodeCriticalTrainingCheckpoint,
 *   encodeCriticalTrainingCheckpoint,
 *   trainOnCriticalSamples,
 * } from '@cnnviz/adversarial';
 *
 * const options = { optimizer: tf.train.sgd(0.01), bounds: [0, 1] } as const;
 * const files: Uint8Array[] = [];
 * await trainOnCriticalSamples(trainable, [{ images, labels }], {
 *   ...options,
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => void files.push(encodeCriticalTrainingCheckpoint(checkpoint)),
 * });
 * const resume = decodeCriticalTrainingCheckpoint(files[0]!);
 * await trainOnCriticalSamples(trainable, [{ images, labels }], { ...options, epochs: 2, resume });
 */
export function encodeCriticalTrainingCheckpoint(checkpoint: CriticalTrainingCheckpoint): Uint8Array {
  requireParts(checker('@cnnviz/adversarial', 'encodeCriticalTrainingCheckpoint'), 'checkpoint', checkpoint);
  return encodeCheckpointBytes(magic, checkpoint);
}

/**
 * Reads a checkpoint from the bytes that `encodeCriticalTrainingCheckpoint` made of it.
 *
 * @param bytes The contents of the file.
 * @returns The checkpoint, which `trainOnCriticalSamples` takes as `resume`.
 * @throws RangeError if the bytes are no such checkpoint, of another version, cut off or damaged.
 * @see `encodeCriticalTrainingCheckpoint`
 *
 * @example
 * import {
 *   decodeCriticalTrainingCheckpoint,
 *   encodeCriticalTrainingCheckpoint,
 *   trainOnCriticalSamples,
 * } from '@cnnviz/adversarial';
 *
 * await trainOnCriticalSamples(trainable, [{ images, labels }], {
 *   optimizer: tf.train.sgd(0.01),
 *   bounds: [0, 1],
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => {
 *     const again = decodeCriticalTrainingCheckpoint(encodeCriticalTrainingCheckpoint(checkpoint));
 *     console.log(again.history.length);
 *   },
 * });
 */
export function decodeCriticalTrainingCheckpoint(bytes: Uint8Array): CriticalTrainingCheckpoint {
  const check = checker('@cnnviz/adversarial', 'decodeCriticalTrainingCheckpoint');
  const checkpoint = decodeCheckpointBytes(check, magic, bytes) as CriticalTrainingCheckpoint;
  return requireSavedState(check, checkpoint, format, 'the checkpoint');
}
