import { type Check, checker, isA } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { checkLabels, type Labels } from '../adapters/labels.ts';
import { checkPreprocessing, type Preprocessing, type PreprocessingName } from '../adapters/preprocessing.ts';
import { fileSystem } from '../files/file-system.ts';
import { type AnyModel, isGraphModel, isLayersModel } from '../networks/network-of.ts';

/** Options of {@link saveModel}: what it writes besides the model. */
export interface SaveModelOptions {
  /** Preprocessing to write into `model.json`, where `loadModel` finds it. */
  preprocessing: Preprocessing | PreprocessingName;
  /** Labels to write into `model.json`. Default: none. */
  labels?: Labels;
  /**
   * Rounds each weight to one of 256 or 65,536 levels between the smallest and the largest of its tensor, which takes a quarter
   * or half of the bytes. Default: float32, unchanged.
   */
  quantization?: 'uint8' | 'uint16';
}

/**
 * Saves a model in the file format of TensorFlow.js, together with its preprocessing and labels for {@link loadModel}.
 *
 * @param model A LayersModel or a GraphModel. It stays the caller's and is not changed.
 * @param target A folder or the path of a `model.json`, in Node, Deno and Bun; or a handler of TensorFlow.js, such as
 *   `tf.io.browserDownloads`, or a URL such as `indexeddb://my-model`.
 * @returns Settles once everything is written.
 * @throws RangeError or TypeError if an argument or option is invalid.
 * @throws Error if the weights cannot be quantized, or the target cannot be written.
 * @see {@link loadModel}, which reads it back.
 *
 * @example
 * import { tmpdir } from 'node:os';
 * import { saveModel } from '@cnnviz/models';
 *
 * const labels = [...'0123456789'];
 * await saveModel(layersModel, `${tmpdir()}/cnnviz-model`, { preprocessing: { range: [0, 1] }, labels });
 */
export async function saveModel(
  model: AnyModel,
  target: string | URL | tf.io.IOHandler,
  options: SaveModelOptions,
): Promise<void> {
  const check = checker('@cnnviz/models', 'saveModel');
  if (!isLayersModel(model) && !isGraphModel(model))
    check.fail('type', 'model', 'a LayersModel or a GraphModel', model);
  const preprocessing = checkPreprocessing(check, check.options(options).preprocessing);
  const labels = (options.labels ?? undefined) === undefined ? undefined : checkLabels(check, options.labels);
  const { quantization } = options;
  if (quantization !== undefined) check.oneOf('quantization', quantization, ['uint8', 'uint16']);
  const handler = handlerOf(check, target);
  const save = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    const rounded = quantization === undefined ? artifacts : quantized(check, artifacts, quantization);
    const metadata = { ...artifacts.userDefinedMetadata, cnnviz: { preprocessing, ...(labels && { labels }) } };
    return handler.save!({ ...rounded, userDefinedMetadata: metadata });
  };
  await model.save(tf.io.withSaveHandler(save));
}

function handlerOf(check: Check, target: string | URL | tf.io.IOHandler): tf.io.IOHandler {
  if (typeof target === 'object' && target !== null && 'save' in target) return target;
  const isPath = typeof target === 'string' || isA('URL', target);
  if (!isPath) check.fail('type', 'target', 'a path, a URL or a handler', target);
  const known =
    typeof target === 'string' && /^\w{2,}:\/\//.test(target) ? tf.io.getSaveHandlers(target)[0] : undefined;
  return known ?? fileSystem(target as string | URL);
}

/** Writes each float32 tensor as min + scale · level, the form that tfjs-core reads. */
function quantized(check: Check, artifacts: tf.io.ModelArtifacts, dtype: 'uint8' | 'uint16'): tf.io.ModelArtifacts {
  const highest = dtype === 'uint8' ? 255 : 65535;
  const data = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  let offset = 0;
  const parts = (artifacts.weightSpecs ?? []).map((spec) => {
    if (spec.dtype !== 'float32' || spec.quantization !== undefined) {
      check.failBecause(
        'state',
        `cannot quantize ${spec.name}: it is ${spec.quantization?.dtype ?? spec.dtype}, not float32`,
      );
    }
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const values = new Float32Array(data, offset, count);
    offset += values.byteLength;
    const min = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const max = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const scale = max > min ? (max - min) / highest : 1;
    const levels = dtype === 'uint8' ? new Uint8Array(count) : new Uint16Array(count);
    for (let i = 0; i < count; i++) levels[i] = Math.round((values[i]! - min) / scale);
    return { spec: { ...spec, quantization: { min, scale, dtype } }, levels };
  });
  return {
    ...artifacts,
    weightSpecs: parts.map(({ spec }) => spec),
    weightData: tf.io.CompositeArrayBuffer.join(parts.map(({ levels }) => levels.buffer)),
  };
}
