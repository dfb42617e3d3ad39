import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Numbers in a file, for the peers, in the order of the tensor. */
export interface Numbers {
  file: string;
  shape: number[];
  dtype: 'float32' | 'int32' | 'uint8';
}

export async function writeTensor(folder: string, name: string, tensor: Tensor): Promise<Numbers> {
  const file = join(folder, `${name}.bin`);
  const { buffer, byteOffset, byteLength } = await tensor.data();
  await writeFile(file, Buffer.from(buffer, byteOffset, byteLength));
  return { file, shape: tensor.shape, dtype: tensor.dtype as 'float32' | 'int32' };
}

export async function readNumbers({ file, dtype }: Numbers): Promise<Float32Array | Int32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  return dtype === 'float32' ? new Float32Array(bytes) : new Int32Array(bytes);
}
