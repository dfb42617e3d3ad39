import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';

const bytesOfType: Record<string, number> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/**
 * Reads a TensorFlow.js model's files from a folder or URL, which tfjs-core itself does only in browsers or with
 * tfjs-node, and checks that all of them are there and whole.
 *
 * @param source A folder, or the path or the URL of a folder or of its `model.json`.
 * @throws Error that names the file, what was expected and what was found: not there, not a model, bytes that are too few
 * or too many for the weights that it should hold.
 */
export async function readModelFiles(source: string): Promise<tf.io.ModelArtifacts> {
  const isUrl = /^https?:\/\//.test(source);
  const isJson = source.endsWith('.json');
  const fileAt = (name: string): string => {
    if (isUrl) return new URL(name, isJson || source.endsWith('/') ? source : `${source}/`).href;
    return join(isJson ? dirname(source) : source, name);
  };
  const read = isUrl ? fetchFile : readLocalFile;

  const jsonPath = isJson ? source : fileAt('model.json');
  const model = parseModelJson(new TextDecoder().decode(await read(jsonPath)), jsonPath);
  const weightData: ArrayBuffer[] = [];
  for (const group of model.weightsManifest) {
    const shards = await Promise.all(
      group.paths.map(async (name) => ({ path: fileAt(name), bytes: await read(fileAt(name)) })),
    );
    requireWhole(shards, group.weights);
    weightData.push(...shards.map(({ bytes }) => Uint8Array.from(bytes).buffer));
  }
  const weightSpecs = tf.io.getWeightSpecs(model.weightsManifest);
  return tf.io.getModelArtifactsForJSONSync(model, weightSpecs, weightData);
}

async function readLocalFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    const found = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new Error(`${path}: expected a file of a model, found ${found}`, { cause: error });
  });
}

async function fetchFile(url: string): Promise<Uint8Array> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(`${url}: expected a file of a model, found no connection: ${error.message}`, { cause: error });
  });
  if (!response.ok) throw new Error(`${url}: expected a file of a model, found HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function parseModelJson(json: string, path: string): tf.io.ModelJSON {
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a TensorFlow.js model with modelTopology and weightsManifest, found ${found}`);
  };
  let model: Partial<tf.io.ModelJSON> | null;
  try {
    model = JSON.parse(json);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (typeof model !== 'object' || model === null) return fail('no object');
  if (typeof model.modelTopology !== 'object') return fail('no modelTopology');
  if (!Array.isArray(model.weightsManifest)) return fail('no weightsManifest');
  return model as tf.io.ModelJSON;
}

/** A manifest states what a group of shards holds together; all but the last have one size. */
function requireWhole(
  shards: readonly { path: string; bytes: Uint8Array }[],
  weights: readonly tf.io.WeightsManifestEntry[],
): void {
  const isSized = weights.every(({ dtype, quantization }) => (quantization?.dtype ?? dtype) in bytesOfType);
  if (!isSized) return;
  const expected = weights.reduce((sum, { shape, dtype, quantization }) => {
    return sum + shape.reduce((product, size) => product * size, 1) * bytesOfType[quantization?.dtype ?? dtype]!;
  }, 0);
  const found = shards.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (found === expected) return;

  const size = Math.max(...shards.slice(0, -1).map(({ bytes }) => bytes.length));
  const odd = shards.slice(0, -1).find(({ bytes }) => bytes.length !== size);
  const wrong = odd ?? shards.at(-1);
  const names = weights.map(({ name }) => name).join(', ');
  if (wrong === undefined)
    throw new Error(`expected a file with ${expected} bytes for the weights ${names}, found none`);
  const expectedOfWrong = expected - found + wrong.bytes.length;
  throw new Error(`${wrong.path}: expected ${expectedOfWrong} bytes of weights, found ${wrong.bytes.length}`);
}
