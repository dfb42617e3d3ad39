/** An array as an IDX file holds it. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

const readersOfType = {
  8: { name: 'uint8', bytes: 1, make: (n: number) => new Uint8Array(n), read: 'getUint8' },
  9: { name: 'int8', bytes: 1, make: (n: number) => new Int8Array(n), read: 'getInt8' },
  11: { name: 'int16', bytes: 2, make: (n: number) => new Int16Array(n), read: 'getInt16' },
  12: { name: 'int32', bytes: 4, make: (n: number) => new Int32Array(n), read: 'getInt32' },
  13: { name: 'float32', bytes: 4, make: (n: number) => new Float32Array(n), read: 'getFloat32' },
  14: { name: 'float64', bytes: 8, make: (n: number) => new Float64Array(n), read: 'getFloat64' },
} as const;

/**
 * Reads the format of the MNIST family: two zero bytes, a type, a rank, big-endian sizes, big-endian values.
 *
 * @param file The whole file, decompressed.
 * @param path What errors call it.
 * @throws Error that names the file, what was expected and what was found: another magic number, an unknown type, too
 * few or too many bytes.
 * @see http://yann.lecun.com/exdb/mnist/, "The IDX file format"
 */
export function parseIdx(file: Uint8Array, path: string): IdxArray {
  const fail = (expected: string, found: string): never => {
    throw new Error(`${path}: expected ${expected}, found ${found}`);
  };
  const hex = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (file.length < 4) fail('an IDX header of 4 bytes', `${file.length} bytes`);
  if (file[0] !== 0 || file[1] !== 0) fail('an IDX file, which starts with 00 00', `the bytes ${hex}`);
  const reader = readersOfType[file[2] as keyof typeof readersOfType];
  if (reader === undefined) return fail('an IDX type of 08, 09, 0b, 0c, 0d or 0e', `the bytes ${hex}`);
  const rank = file[3]!;
  if (rank === 0) fail('an IDX array of rank 1 or more', 'rank 0');

  const header = 4 + 4 * rank;
  if (file.length < header) fail(`an IDX header of ${header} bytes`, `${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  const expected = header + count * reader.bytes;
  if (file.length !== expected) {
    fail(`${expected} bytes for ${reader.name} [${shape.join(', ')}]`, `${file.length} bytes`);
  }

  if (reader.name === 'uint8') return { shape, data: new Uint8Array(file.subarray(header)) };
  const data = reader.make(count);
  for (let i = 0; i < count; i++) data[i] = view[reader.read](header + i * reader.bytes);
  return { shape, data };
}
