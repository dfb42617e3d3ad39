import type { AnyClassifier } from '@cnnviz/adversarial';
import type { AnyLayersProbe, AnyProbe } from '@cnnviz/dissect';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from './runtime.ts';

/** A network in onnxruntime, as the packages take one. */
export interface OnnxModel {
  /** Images `[n, height, width, channels]` to logits. */
  readonly classify: AnyClassifier;
  /** To the activations of a hidden output, `[n, height, width, units]`. */
  probe(output: string): AnyProbe;
  /** To those of several, by name, in one run. */
  probes(outputs: readonly string[]): AnyLayersProbe;
  /** Frees the session. */
  close(): Promise<void>;
}

export interface OnnxModelOptions {
  /** Name of the output that has the logits. */
  logits: string;
  /** What the network wants done to pixels. Default: nothing. */
  prepare?: (images: Tensor4D) => Tensor4D;
}

/** @param file The bytes of an ONNX file, whose input is `[n, channels, height, width]`. */
export async function openOnnxModel(
  { InferenceSession, Tensor: OnnxTensor }: Runtime,
  file: Uint8Array,
  { logits, prepare = (images) => images }: OnnxModelOptions,
): Promise<OnnxModel> {
  const session = await InferenceSession.create(file);
  const [input] = session.inputNames as [string];

  /** The outputs of the session for images, as tensors that the caller disposes. */
  const run = async (images: Tensor4D, outputs: readonly string[]): Promise<Tensor[]> => {
    // ONNX has channels before rows and columns, TensorFlow.js after them. `tf.tidy` ends before the first `await`.
    const ordered = tf.tidy(() => tf.transpose(prepare(images), [0, 3, 1, 2]));
    const pixels = await ordered.data<'float32'>();
    const { shape } = ordered;
    ordered.dispose();
    const found = await session.run({ [input]: new OnnxTensor('float32', pixels, shape) }, outputs);
    return outputs.map((output) => {
      const { data, dims } = found[output]!;
      return tf.tensor(data as Float32Array, [...dims]);
    });
  };
  const maps = async (images: Tensor4D, outputs: readonly string[]): Promise<Tensor4D[]> => {
    const found = await run(images, outputs);
    const ordered = found.map((each) => tf.transpose(each, [0, 2, 3, 1]) as Tensor4D);
    tf.dispose(found);
    return ordered;
  };
  return {
    classify: async (images) => (await run(images, [logits]))[0] as Tensor2D,
    probe: (output) => async (images) => (await maps(images, [output]))[0]!,
    probes: (outputs) => async (images) => {
      const found = await maps(images, outputs);
      return Object.fromEntries(outputs.map((output, index) => [output, found[index]!]));
    },
    close: () => session.release(),
  };
}
