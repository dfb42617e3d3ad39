import { checker, type Generator } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { explainModel } from './explain-model.ts';
import { loadLayers } from './load-layers.ts';
import { readModelFiles } from './model-files.ts';

export interface LoadedGenerator {
  readonly generator: Generator;
  /** Numbers of a code. */
  readonly codeLength: number;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Loads a LayersModel that makes images `[n, h, w, c]` of codes `[n, d]`.
 *
 * @param source A folder, or the path or the URL of a folder or of its `model.json`.
 * @throws Error that names the file if one is missing or not what it should be, or if the model takes no codes.
 */
export async function loadGenerator(source: string): Promise<LoadedGenerator> {
  const artifacts = await readModelFiles(source);
  const model = await explainModel(source, () => loadLayers(artifacts));
  const [, codeLength, ...rest] = model.inputs[0]?.shape ?? [];
  if (typeof codeLength !== 'number' || rest.length > 0 || model.outputs[0]?.shape.length !== 4) {
    model.dispose();
    const check = checker('@cnnviz/example-support', 'loadGenerator');
    return check.failBecause('state', `${source} must make images of codes [n, d]`);
  }
  return {
    codeLength,
    generator: (codes) => tf.tidy(() => model.apply(codes, { training: false }) as Tensor4D),
    dispose: () => void model.dispose(),
  };
}
