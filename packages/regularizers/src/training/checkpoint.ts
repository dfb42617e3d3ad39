import {
  type Check,
  checker,
  decodeCheckpointBytes,
  encodeCheckpointBytes,
  type KeptWeights,
  type OptimizerState,
  type RandomState,
  requireKept,
} from '@cnnviz/internal';
import type { EarlyStoppingState } from './early-stopping.ts';
import { requireEpochs } from './require-epochs.ts';
import type { EpochRecord, StoppedBy } from './train.ts';

export const checkpointVersion = 1;

/** Where `train` is and all that decides how it goes on; plain data, weights as typed arrays. */
export interface Checkpoint {
  readonly version: typeof checkpointVersion;
  /** Shapes of the model's variables. */
  readonly model: string;
  readonly seed: number;
  /** The epoch to go on with, from 0. */
  readonly epoch: number;
  /** How many of its batches are done. */
  readonly batch: number;
  readonly random: RandomState;
  /** Sums over the batches of the epoch so far. */
  readonly running: RunningSums;
  readonly history: readonly EpochRecord[];
  /** Set once training is over. */
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

/** Rejects what is no checkpoint, or one of another version, model or seed. */
export function requireCheckpoint(
  check: Check,
  checkpoint: Checkpoint,
  { model, seed }: { model: string; seed: number },
): void {
  requireParts(check, checkpoint);
  if (checkpoint.model !== model) check.fail('range', 'checkpoint', `of a model ${model}`, checkpoint.model);
  if (checkpoint.seed !== seed) check.fail('range', 'seed', `${checkpoint.seed}, as in the checkpoint`, seed);
}

/** Rejects what is no checkpoint of this version. Its weights, random numbers and optimizer are checked where they go. */
function requireParts(check: Check, checkpoint: Checkpoint): void {
  requireVersion(check, checkpoint?.version);
  if (typeof checkpoint.model !== 'string') check.fail('type', 'checkpoint.model', 'a string', checkpoint.model);
  check.seed('checkpoint.seed', checkpoint.seed);
  check.number('checkpoint.epoch', checkpoint.epoch, { integer: true, min: 0 });
  check.number('checkpoint.batch', checkpoint.batch, { integer: true, min: 0 });
  check.number('checkpoint.running.examples', checkpoint.running?.examples, { integer: true, min: 0 });
  check.number('checkpoint.running.correct', checkpoint.running.correct, { min: 0 });
  for (const name of ['loss', 'penalty'] as const) check.number(`checkpoint.running.${name}`, checkpoint.running[name]);
  const { history, stoppedBy } = checkpoint;
  if (!Array.isArray(history)) check.fail('type', 'checkpoint.history', 'a list of records', history);
  for (const [index, record] of history.entries()) {
    for (const name of ['epoch', 'learningRate', 'loss', 'penalty', 'accuracy'] as const) {
      check.number(`checkpoint.history[${index}].${name}`, record?.[name]);
    }
  }
  requireEpochs(check, 'checkpoint.history', history);
  if (stoppedBy !== null) {
    check.oneOf('checkpoint.stoppedBy', stoppedBy, ['epochs', 'earlyStopping', 'stopWhen']);
  }
  if (!Array.isArray(checkpoint.weights)) check.fail('type', 'checkpoint.weights', 'a list', checkpoint.weights);
  for (const [index, kept] of checkpoint.weights.entries()) requireKept(check, `checkpoint.weights[${index}]`, kept);
  check.options(checkpoint.random, 'checkpoint.random');
  check.options(checkpoint.optimizer, 'checkpoint.optimizer');
  if (checkpoint.earlyStopping !== null) check.options(checkpoint.earlyStopping, 'checkpoint.earlyStopping');
}

function requireVersion(check: Check, version: unknown): void {
  if (version !== checkpointVersion) {
    check.fail('range', 'checkpoint', `a checkpoint of version ${checkpointVersion}`, version);
  }
}

const magic = 'cnnviz-checkpoint\n';

/**
 * A checkpoint as bytes: a line that names the format, the lengths of header and weights, the header as JSON, the
 * weights as little-endian float32 or int32, and a checksum.
 *
 * Write them under another name and rename the file, so that a kill while writing leaves the checkpoint before it.
 *
 * @example
 * import { decodeCheckpoint, encodeCheckpoint, train } from '@cnnviz/regularizers';
 *
 * await train(trainable, [{ images, labels }], {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 1,
 *   seed: 0,
 *   onCheckpoint: (checkpoint) => {
 *     const bytes = encodeCheckpoint(checkpoint);
 *     const same = decodeCheckpoint(bytes);
 *   },
 * });
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  requireParts(checker('@cnnviz/regularizers', 'encodeCheckpoint'), checkpoint);
  return encodeCheckpointBytes(magic, checkpoint);
}

/**
 * The checkpoint that `encodeCheckpoint` made bytes of.
 *
 * @throws RangeError if the bytes are no checkpoint, of another version, cut off or damaged.
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const check = checker('@cnnviz/regularizers', 'decodeCheckpoint');
  const checkpoint = decodeCheckpointBytes(check, magic, bytes) as Checkpoint;
  requireVersion(check, checkpoint?.version);
  return checkpoint;
}
