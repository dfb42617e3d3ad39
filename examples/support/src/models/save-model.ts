import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Preprocessing } from './preprocessing.ts';

export interface SaveModelOptions {
  /** Written into `model.json`, where `loadModel` finds it. */
  preprocessing: Preprocessing;
  /** Likewise. Default: none. */
  classes?: readonly string[];
  /**
   * Rounds each weight to one of 256 or 65,536 levels between the smallest and the largest of its tensor: a quarter or
   * half of the bytes. Default: float32, unchanged.
   */
  quantization?: 'uint8' | 'uint16';
}

/**
 * Writes a model as TensorFlow.js' own files, `model.json` and `weights.bin`.
 *
 * @param folder Made if it is missing. Each file is written under another name first, the weights before `model.json`.
 */
export async function saveModel(model: LayersModel, folder: string, options: SaveModelOptions): Promise<void> {
  const { preprocessing, classes, quantization } = options;
  if (quantization !== undefined) {
    checker('@cnnviz/example-support', 'saveModel').oneOf('quantization', quantization, ['uint8', 'uint16']);
  }
  await mkdir(folder, { recursive: true });
  const write = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    const data = tf.io.CompositeArrayBuffer.join(artifacts.weightData as ArrayBuffer | ArrayBuffer[]);
    const specs = artifacts.weightSpecs!;
    const { weights, bytes } =
      quantization === undefined ? { weights: specs, bytes: data } : quantized(specs, data, quantization);
    const json: tf.io.ModelJSON = {
      format: 'layers-model',
      generatedBy: artifacts.generatedBy ?? '',
      modelTopology: artifacts.modelTopology!,
      weightsManifest: [{ paths: ['weights.bin'], weights }],
      userDefinedMetadata: { cnnviz: { preprocessing, ...(classes && { classes }) } },
    };
    await writeWhole(join(folder, 'weights.bin'), new Uint8Array(bytes));
    await writeWhole(join(folder, 'model.json'), JSON.stringify(json));
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  };
  await model.save(tf.io.withSaveHandler(write));
}

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

/** Each float32 tensor as min + scale · level, the form that tfjs-core reads. */
function quantized(
  specs: readonly tf.io.WeightsManifestEntry[],
  data: ArrayBuffer,
  dtype: 'uint8' | 'uint16',
): { weights: tf.io.WeightsManifestEntry[]; bytes: ArrayBuffer } {
  const highest = dtype === 'uint8' ? 255 : 65535;
  let offset = 0;
  const parts = specs.map((spec) => {
    if (spec.dtype !== 'float32') {
      checker('@cnnviz/example-support', 'saveModel').failBecause(
        'state',
        `cannot quantize ${spec.name}, ${spec.dtype}`,
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
    return { weight: { ...spec, quantization: { min, scale, dtype } }, levels };
  });
  return {
    weights: parts.map(({ weight }) => weight),
    bytes: tf.io.CompositeArrayBuffer.join(parts.map(({ levels }) => levels.buffer)),
  };
}
