import { type Check, checker, type RandomState } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import type { EarlyStoppingState, KeptWeights } from './early-stopping.ts';
import type { OptimizerState } from './optimizer-state.ts';
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
  readonly earlyStopping: EarlyStoppingState | null;
}

export interface RunningSums {
  readonly examples: number;
  readonly loss: number;
  readonly penalty: number;
  readonly correct: number;
}

export function fingerprint(variables: readonly Variable[]): string {
  return variables.map(({ shape, dtype }) => `${dtype}[${shape.join(',')}]`).join(' ');
}

/** Rejects what is no checkpoint, or one of another version, model or seed. */
export function requireCheckpoint(
  check: Check,
  checkpoint: Checkpoint,
  { model, seed }: { model: string; seed: number },
): void {
  requireVersion(check, checkpoint?.version);
  if (checkpoint.model !== model) check.fail('range', 'checkpoint', `of a model ${model}`, checkpoint.model);
  if (checkpoint.seed !== seed) check.fail('range', 'seed', `${checkpoint.seed}, as in the checkpoint`, seed);
}

function requireVersion(check: Check, version: unknown): void {
  if (version !== checkpointVersion) {
    check.fail('range', 'checkpoint', `a checkpoint of version ${checkpointVersion}`, version);
  }
}

const magic = 'cnnviz-checkpoint\n';
const prefix = magic.length + 8;

/**
 * A checkpoint as bytes: a line that names the format, the lengths of header and weights, the header as JSON, the
 * weights as little-endian float32, and a checksum.
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
  requireVersion(checker('@cnnviz/regularizers', 'encodeCheckpoint'), checkpoint?.version);
  const arrays: Float32Array[] = [];
  let values = 0;
  const header = JSON.stringify(checkpoint, (_, value: unknown) => {
    if (!(value instanceof Float32Array)) return value;
    arrays.push(value);
    values += value.length;
    return { float32: value.length };
  });
  const headerBytes = new TextEncoder().encode(header);
  const bytes = new Uint8Array(prefix + headerBytes.length + 4 * values + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(magic.length, headerBytes.length, true);
  view.setUint32(magic.length + 4, values, true);
  bytes.set(headerBytes, prefix);
  let offset = prefix + headerBytes.length;
  for (const array of arrays) {
    for (const value of array) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  view.setUint32(offset, checksum(bytes.subarray(0, offset)), true);
  return bytes;
}

/**
 * The checkpoint that `encodeCheckpoint` made bytes of.
 *
 * @throws RangeError if the bytes are no checkpoint, of another version, cut off or damaged.
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const check = checker('@cnnviz/regularizers', 'decodeCheckpoint');
  if (!(bytes instanceof Uint8Array)) check.fail('type', 'bytes', 'a Uint8Array', bytes);
  const decoder = new TextDecoder();
  if (decoder.decode(bytes.subarray(0, magic.length)) !== magic) {
    check.failBecause('range', 'bytes must begin like a checkpoint, and do not');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [headerLength, values] =
    bytes.length < prefix ? [0, 0] : [view.getUint32(magic.length, true), view.getUint32(magic.length + 4, true)];
  const expected = prefix + headerLength + 4 * values + 4;
  if (bytes.length !== expected) {
    const fate = bytes.length < expected ? 'it is cut off' : 'something follows it';
    check.failBecause('range', `the checkpoint must have ${expected} bytes, got ${bytes.length}: ${fate}`);
  }
  if (view.getUint32(expected - 4, true) !== checksum(bytes.subarray(0, expected - 4))) {
    check.failBecause('range', 'the checkpoint is damaged: its checksum does not fit');
  }
  let offset = prefix + headerLength;
  const checkpoint = JSON.parse(decoder.decode(bytes.subarray(prefix, offset)), (_, value: unknown) => {
    const length = (value as { float32?: unknown } | null)?.float32;
    if (typeof length !== 'number') return value;
    const array = Float32Array.from({ length }, (_unused, index) => view.getFloat32(offset + 4 * index, true));
    offset += 4 * length;
    return array;
  }) as Checkpoint;
  requireVersion(check, checkpoint.version);
  return checkpoint;
}

/** FNV-1a: finds damage, not forgery. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash >>> 0;
}
