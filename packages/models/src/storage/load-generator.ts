import { checker, type Generator } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { modelOfArtifacts } from '../files/model-of-artifacts.ts';
import { type ModelSource, readSource } from '../files/read-source.ts';
import type { FetchOptions } from '../files/url-files.ts';
import { disposeModel } from '../networks/dispose-model.ts';
import { networkOf } from '../networks/network-of.ts';

/** A loaded network that generates images. */
export interface LoadedGenerator {
  /** Maps codes `[n, codeLength]` to images `[n, h, w, c]`. */
  readonly generator: Generator;
  /** Number of values in a code. */
  readonly codeLength: number;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Loads a LayersModel or a GraphModel that maps codes `[n, d]` to images `[n, h, w, c]`.
 *
 * @param source A source as for {@link loadModel}.
 * @returns The generator and the length of its codes. The caller disposes the result, and the images that it generates.
 * @throws Error if a file is missing or damaged, or if the model takes no codes. The message names the file.
 * @throws TypeError if the source or an option has the wrong type.
 * @see Nguyen, Dosovitskiy, Yosinski, Brox, Clune, ["Synthesizing the preferred inputs for neurons in neural networks via deep
 *   generator networks"](https://arxiv.org/abs/1605.09304), NIPS 2016, which optimizes such codes.
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
      return check.failBecause('state', `${name} must map codes [n, d] to images`);
    }
    const run = route(check, [input!], [output!]);
    return {
      codeLength,
      generator: (codes) => tf.tidy(() => run([codes], false)[0] as Tensor4D),
      dispose: () => disposeModel(model),
    };
  });
}
