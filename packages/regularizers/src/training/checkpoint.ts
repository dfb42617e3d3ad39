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
import type { EarlyStoppingState } from './early-stopping.ts';
import { requireEpochs } from './require-epochs.ts';
import type { EpochRecord, StoppedBy } from './train-options.ts';

/** What a checkpoint begins with. */
export const format = { kind: 'train', version: 1 } as const;

/**
 * A state of `train`: how far it has come, and all that decides how it continues. Plain data, with weights as typed
 * arrays; `encodeCheckpoint` makes bytes of it.
 */
export interface Checkpoint extends SavedState<'train'>, TrainingPosition {
  /** Types and shapes of the model's variables. */
  readonly model: string;
  readonly seed: number;
  readonly random: RandomState;
  /** Sums over the batches of the epoch so far. */
  readonly running: RunningSums;
  readonly history: readonly EpochRecord[];
  /** Null until the training is over. */
  readonly stoppedBy: StoppedBy | null;
  readonly weights: readonly KeptWeights[];
  readonly optimizer: OptimizerState;
  readonly earlyStopping: (EarlyStoppingState & { readonly monitor: string }) | null;
}

export interface RunningSums {
  readonly examples: number;
  readonly loss: number;
  readonly penalty: number;
  readonly correct: number;
}

/** Throws unless it is a checkpoint of this model and seed. */
export function requireCheckpoint(
  check: Check,
  checkpoint: Checkpoint,
  { model, seed }: { model: string; seed: number },
): void {
  requireParts(check, 'resume', checkpoint);
  if (checkpoint.model !== model) check.fail('range', 'resume', `of a model ${model}`, checkpoint.model);
  if (checkpoint.seed !== seed) check.fail('range', 'seed', `${checkpoint.seed}, as in the saved state`, seed);
}

/** Throws unless it is a whole checkpoint. Its random numbers are checked where they are restored. */
function requireParts(check: Check, name: string, checkpoint: Checkpoint): void {
  requireSavedState(check, checkpoint, format, name);
  requirePosition(check, name, checkpoint);
  requireTrainedPart(check, name, checkpoint);
  check.seed(`${name}.seed`, checkpoint.seed);
  check.number(`${name}.running.examples`, checkpoint.running?.examples, { integer: true, min: 0 });
  check.number(`${name}.running.correct`, checkpoint.running.correct, { min: 0 });
  for (const part of ['loss', 'penalty'] as const) check.number(`${name}.running.${part}`, checkpoint.running[part]);
  const { history, stoppedBy } = checkpoint;
  if (!Array.isArray(history)) check.fail('type', `${name}.history`, 'a list of records', history);
  for (const [index, record] of history.entries()) {
    for (const part of ['epoch', 'learningRate', 'loss', 'penalty', 'accuracy'] as const) {
      check.number(`${name}.history[${index}].${part}`, record?.[part]);
    }
  }
  requireEpochs(check, `${name}.history`, history);
  if (stoppedBy !== null) {
    check.oneOf(`${name}.stoppedBy`, stoppedBy, ['epochs', 'earlyStopping', 'stopWhen']);
  }
  check.options(checkpoint.random, `${name}.random`);
  if (checkpoint.earlyStopping !== null) check.options(checkpoint.earlyStopping, `${name}.earlyStopping`);
}

const magic = 'cnnviz-checkpoint\n';

/**
 * Makes bytes of a checkpoint, to write to a file: a line that names the format, the lengths of header and weights, the
 * header as JSON, the weights as little-endian float32 or int32, and a checksum.
 *
 * Write them under another name and rename the file, so that a kill while writing leaves the previous checkpoint.
 *
 * @param checkpoint From `onCheckpoint` or `progress.state()` of `train`.
 * @returns The bytes, which `decodeCheckpoint` takes.
 * @throws RangeError or TypeError if it is not a whole checkpoint.
 * @see `decodeCheckpoint`
 *
 * @example
 * import { decodeCheckpoint, encodeCheckpoint, train } from '@cnnviz/regularizers';
 *
 * await train(trainable, [{ images, labels }], {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => {
 *     const bytes = encodeCheckpoint(checkpoint);
 *     const same = decodeCheckpoint(bytes);
 *   },
 * });
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  requireParts(checker('@cnnviz/regularizers', 'encodeCheckpoint'), 'checkpoint', checkpoint);
  return encodeCheckpointBytes(magic, checkpoint);
}

/**
 * Reads a checkpoint from the bytes that `encodeCheckpoint` made of it.
 *
 * @param bytes The contents of the file.
 * @returns The checkpoint, which `train` takes as `resume`.
 * @throws RangeError if the bytes are no checkpoint, of another version, cut off or damaged.
 * @see `encodeCheckpoint`
 *
 * @example
 * import { decodeCheckpoint, encodeCheckpoint, train } from '@cnnviz/regularizers';
 *
 * const options = { optimizer: tf.train.sgd(0.01), epochs: 2 };
 * const files: Uint8Array[] = [];
 * await train(trainable, [{ images, labels }], {
 *   ...options,
 *   epochs: 1,
 *   onCheckpoint: (checkpoint) => void files.push(encodeCheckpoint(checkpoint)),
 * });
 * await train(trainable, [{ images, labels }], { ...options, resume: decodeCheckpoint(files[0]!) });
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const check = checker('@cnnviz/regularizers', 'decodeCheckpoint');
  return requireSavedState(check, decodeCheckpointBytes(check, magic, bytes) as Checkpoint, format, 'the checkpoint');
}
