import type { Check } from './check.ts';
import type { KeptValues } from './kept-weights.ts';
import { isA } from './realm.ts';
import { restoring } from './restoring.ts';

/** How the header names a kind of array, and how its values are written; each takes four bytes. */
const kinds = {
  float32: { name: 'Float32Array', array: Float32Array, read: 'getFloat32', write: 'setFloat32' },
  int32: { name: 'Int32Array', array: Int32Array, read: 'getInt32', write: 'setInt32' },
  uint8: { name: 'Uint8Array', array: Uint8Array, read: 'getInt32', write: 'setInt32' },
} as const;
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];

/**
 * Plain data with its typed arrays as bytes: a line that names the format, the lengths of header and weights, the
 * header as JSON, the weights as little-endian float32 or int32, and a checksum.
 *
 * @param magic The line that names the format, with its line feed.
 */
export function encodeCheckpointBytes(magic: string, checkpoint: object): Uint8Array {
  const arrays: { kind: keyof typeof kinds; array: KeptValues }[] = [];
  let values = 0;
  const header = JSON.stringify(checkpoint, (_, value: unknown) => {
    // JSON has no such numbers, and would keep null.
    if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
    const kind = kindNames.find((name) => isA(kinds[name].name, value));
    if (kind === undefined) return value;
    const array = value as KeptValues;
    arrays.push({ kind, array });
    values += array.length;
    return { [kind]: array.length };
  });
  const headerBytes = new TextEncoder().encode(header);
  const prefix = magic.length + 8;
  const bytes = new Uint8Array(prefix + headerBytes.length + 4 * values + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(magic.length, headerBytes.length, true);
  view.setUint32(magic.length + 4, values, true);
  bytes.set(headerBytes, prefix);
  let offset = prefix + headerBytes.length;
  for (const { kind, array } of arrays) {
    for (const value of array) {
      view[kinds[kind].write](offset, value, true);
      offset += 4;
    }
  }
  view.setUint32(offset, checksum(bytes.subarray(0, offset)), true);
  return bytes;
}

/**
 * What `encodeCheckpointBytes` made bytes of.
 *
 * @throws RangeError if the bytes are of another format, cut off or damaged.
 */
export function decodeCheckpointBytes(check: Check, magic: string, bytes: Uint8Array): unknown {
  if (!isA('Uint8Array', bytes)) check.fail('type', 'bytes', 'a Uint8Array', bytes);
  const decoder = new TextDecoder();
  if (decoder.decode(bytes.subarray(0, magic.length)) !== magic) {
    check.failBecause('range', 'bytes must begin like a checkpoint, and do not');
  }
  const prefix = magic.length + 8;
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
  const end = expected - 4;
  const header = decoder.decode(bytes.subarray(prefix, offset));
  return restoring(check, 'the checkpoint', () =>
    JSON.parse(header, (_, value: unknown) => {
      const written = (value as { number?: unknown } | null)?.number;
      if (typeof written === 'string') return Number(written);
      const lengths = value as Partial<Record<keyof typeof kinds, unknown>> | null;
      const kind = kindNames.find((name) => typeof lengths?.[name] === 'number');
      if (kind === undefined) return value;
      const length = lengths![kind] as number;
      if (!(Number.isInteger(length) && length >= 0 && offset + 4 * length <= end)) {
        check.failBecause('range', `the checkpoint is damaged: it has no ${length} further weights`);
      }
      const array = new kinds[kind].array(length);
      for (let index = 0; index < length; index++) array[index] = view[kinds[kind].read](offset + 4 * index, true);
      offset += 4 * length;
      return array;
    }),
  );
}

/** FNV-1a: finds damage, not forgery. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash >>> 0;
}
