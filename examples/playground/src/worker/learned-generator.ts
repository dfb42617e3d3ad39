import { type TrainableGenerator, upconvolutionalGenerator } from '@cnnviz/actmax';
import type { Generator } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import generatorJson from '../../generator/generator.json?url';
import generatorWeights from '../../generator/weights.bin?url';
import { readShipped } from './networks.ts';

/** What `scripts/train-generator.ts` writes. */
export interface GeneratorFile {
  architecture: { codeSize: number; hidden: number; filters: number[]; codeScale: number };
  /** What the hidden units of the digit network are on its training digits. */
  codeBounds: { lower: number[]; upper: number[] };
  /** The largest of each class' logit and of each hidden unit over the training digits. */
  largest: { classes: number[]; hidden: number[] };
  weights: tf.io.WeightsManifestEntry[];
}

/** Draws a digit from what the hidden units of the digit network are to say of it. */
export interface LearnedGenerator {
  /** Codes `[n, 64]` to images `[n, 28, 28, 1]` in [0, 1]. */
  generate: Generator;
  codeBounds: GeneratorFile['codeBounds'];
  dispose(): void;
}

/** The shipped one, without its weights. */
export async function generatorFile(): Promise<GeneratorFile> {
  return JSON.parse(new TextDecoder().decode(await readShipped(generatorJson))) as GeneratorFile;
}

/** The shipped one. The caller disposes. */
export async function loadGenerator(file: GeneratorFile): Promise<LearnedGenerator> {
  return generatorOf(file, await readShipped(generatorWeights));
}

/** @param bytes Of `weights.bin`. */
export function generatorOf({ architecture, codeBounds, weights }: GeneratorFile, bytes: Uint8Array): LearnedGenerator {
  const network = upconvolutionalGenerator({ ...architecture, shape: [28, 28, 1], bounds: [0, 1], seed: 0 });
  assign(network, tf.io.decodeWeights(Uint8Array.from(bytes).buffer, weights));
  return {
    generate: (codes) => network.apply(codes, { training: false }),
    codeBounds,
    dispose: () => tf.dispose(network.variables),
  };
}

/** @param weights By their places among the variables; disposed. */
function assign({ variables }: TrainableGenerator, weights: tf.NamedTensorMap): void {
  for (const [place, variable] of variables.entries()) variable.assign(weights[place]!);
  tf.dispose(weights);
}
