import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { assembleModel, modelFilesAtUrl } from './assemble-model.ts';

/**
 * Reads a TensorFlow.js model's files from a folder or URL, which tfjs-core itself does only in browsers or with
 * tfjs-node, and checks that all of them are there and whole.
 *
 * @param source A folder, or the path or the URL of a folder or of its `model.json`.
 * @throws Error that names the file, what was expected and what was found: not there, not a model, bytes that are too few
 * or too many for the weights that it should hold.
 */
export async function readModelFiles(source: string): Promise<io.ModelArtifacts> {
  if (/^https?:\/\//.test(source)) return assembleModel(modelFilesAtUrl(source));
  const isJson = source.endsWith('.json');
  const folder = isJson ? dirname(source) : source;
  const jsonPath = isJson ? source : join(source, 'model.json');
  return assembleModel({ jsonPath, pathOf: (name) => join(folder, name), read: readLocalFile });
}

async function readLocalFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    const found = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new Error(`${path}: expected a file of a model, found ${found}`, { cause: error });
  });
}
