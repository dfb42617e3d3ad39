import { checker, type Generator } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { modelOfArtifacts } from './files/model-of-artifacts.ts';
import { type ModelSource, readSource } from './files/read-source.ts';
import type { FetchOptions } from './files/url-files.ts';
import { disposeModel } from './networks/dispose-model.ts';
import { networkOf } from './networks/network-of.ts';

/** A network that makes images. */
export interface LoadedGenerator {
  /** Codes `[n, codeLength]` to images `[n, h, w, c]`. */
  readonly generator: Generator;
  /** Numbers of a code. */
  readonly codeLength: number;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Loads a LayersModel or a GraphModel that makes images `[n, h, w, c]` of codes `[n, d]`.
 *
 * @param source As {@link loadModel} takes it.
 * @returns The caller disposes it, and the images that it makes.
 * @throws Error that names the file if one is missing or not what it should be, or if the model takes no codes.
 *
 * @example
 * ```ts no-run
 * import { loadGenerator } from '@cnnviz/models';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { generator, codeLength } = await loadGenerator('models/dcgan');
 * const pictures = generator(tf.zeros([1, codeLength]));
 * ```
 */
export async function loadGenerator(source: ModelSource, options: FetchOptions = {}): Promise<LoadedGenerator> {
  const check = checker('@cnnviz/models', 'loadGenerator');
  const { artifacts, name } = await readSource(check, source, options);
  return modelOfArtifacts(check, artifacts, name, (model) => {
    const { inputs, outputs, route } = networkOf(check, model);
    const [input, output] = [inputs[0], outputs[0]];
    const [, codeLength, ...rest] = input?.shape ?? [];
    const makesImages = output?.shape === undefined || output.shape.length === 4;
    if (typeof codeLength !== 'number' || rest.length > 0 || !makesImages) {
      return check.failBecause('state', `${name} must make images of codes [n, d]`);
    }
    const run = route(check, [input!], [output!]);
    return {
      codeLength,
      generator: (codes) => tf.tidy(() => run([codes], false)[0] as Tensor4D),
      dispose: () => disposeModel(model),
    };
  });
}
