import type { Check } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { inKeras2Form } from './keras-3.ts';
import type { ModelFiles } from './model-files.ts';

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
 * Puts a model together from its files, after checking that they are all present and complete. A model of Keras 3 is converted
 * to the form of Keras 2.
 *
 * @throws Error if a file is not a model, or has too few or too many bytes for its weights. The message names the file, what
 *   was expected and what was found.
 */
export async function assembleModel(
  check: Check,
  { jsonPath, pathOf, read }: ModelFiles,
): Promise<tf.io.ModelArtifacts> {
  const model = parseModelJson(check, new TextDecoder().decode(await read(jsonPath)), jsonPath);
  const weightData: ArrayBuffer[] = [];
  for (const group of model.weightsManifest) {
    const shards = await Promise.all(
      group.paths.map(async (name) => ({ path: pathOf(name), bytes: await read(pathOf(name)) })),
    );
    requireWhole(check, shards, group.weights, jsonPath);
    weightData.push(...shards.map(({ bytes }) => Uint8Array.from(bytes).buffer));
  }
  const weightSpecs = tf.io.getWeightSpecs(model.weightsManifest);
  return inKeras2Form(check, tf.io.getModelArtifactsForJSONSync(model, weightSpecs, weightData), jsonPath);
}

function parseModelJson(check: Check, json: string, path: string): tf.io.ModelJSON {
  const fail = (found: string): never => {
    const expected = 'a TensorFlow.js model with modelTopology and weightsManifest';
    return check.failBecause('state', `${path}: expected ${expected}, found ${found}`);
  };
  let model: Partial<tf.io.ModelJSON> | null;
  try {
    model = JSON.parse(json);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (typeof model !== 'object' || model === null) return fail('no JSON object');
  const { modelTopology, weightsManifest } = model;
  if (typeof modelTopology !== 'object' || modelTopology === null) return fail('no modelTopology');
  if (!Array.isArray(weightsManifest)) return fail('no weightsManifest');
  for (const [index, group] of weightsManifest.entries()) {
    const isGroup = Array.isArray(group?.paths) && Array.isArray(group.weights);
    if (!isGroup || group.paths.some((path: unknown) => typeof path !== 'string')) {
      return fail(`no paths and weights in weightsManifest[${index}]`);
    }
    const outside = group.paths.find((name: string) => leadsOut(name));
    if (outside !== undefined) return fail(`a path that leads out of its folder: ${outside}`);
    const wrong = group.weights.findIndex((weight: unknown) => !isWeight(weight));
    if (wrong !== -1) return fail(`no name, shape and dtype in weightsManifest[${index}].weights[${wrong}]`);
  }
  return model as tf.io.ModelJSON;
}

/** Somebody else's model must not make us read other files. */
function leadsOut(name: string): boolean {
  return /^[/\\]|^[a-z][a-z\d+.-]*:/i.test(name) || name.split(/[/\\]/).includes('..');
}

function isWeight(weight: unknown): weight is tf.io.WeightsManifestEntry {
  if (typeof weight !== 'object' || weight === null) return false;
  const { name, shape, dtype, quantization } = weight as Partial<tf.io.WeightsManifestEntry>;
  if (typeof name !== 'string' || typeof dtype !== 'string') return false;
  if (quantization !== undefined && typeof quantization?.dtype !== 'string') return false;
  return Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
}

/** A manifest states what the shards of a group hold together; all but the last have the same size. */
function requireWhole(
  check: Check,
  shards: readonly { path: string; bytes: Uint8Array }[],
  weights: readonly tf.io.WeightsManifestEntry[],
  jsonPath: string,
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
  if (wrong === undefined) {
    const what = `a file with ${expected} bytes for the weights ${names}`;
    check.failBecause('state', `${jsonPath}: expected ${what}, found none`);
  }
  const expectedOfWrong = expected - found + wrong.bytes.length;
  check.failBecause(
    'state',
    `${wrong.path}: expected ${expectedOfWrong} bytes of weights, found ${wrong.bytes.length}`,
  );
}
