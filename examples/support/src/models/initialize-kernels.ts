import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * - `lecun-uniform`: uniform, variance 1 / inputs of a unit. What Caffe calls `xavier`.
 * - `he-normal`: normal, variance 2 / inputs of a unit, for units that are followed by ReLU.
 *
 * @see LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998.
 * @see He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015.
 */
export type KernelScheme = 'lecun-uniform' | 'he-normal';

/**
 * Draws the kernels of all layers, in their order; leaves biases and batch normalization as they are.
 *
 * The numbers are drawn on the host: the initializers of tfjs-layers draw others on each backend, and not seed 0.
 */
export function initializeKernels(model: LayersModel, { seed, scheme }: { seed: number; scheme: KernelScheme }): void {
  const random = createRandom(seed);
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    if (!weights.some((weight) => weight.rank > 1)) continue;
    const drawn = weights.map((weight) => {
      if (weight.rank < 2) return tf.clone(weight);
      const inputs = weight.size / weight.shape.at(-1)!;
      const values = new Float32Array(weight.size);
      if (scheme === 'he-normal') random.fillNormal(values, 0, Math.sqrt(2 / inputs));
      else random.fillUniform(values, -Math.sqrt(3 / inputs), Math.sqrt(3 / inputs));
      return tf.tensor(values, weight.shape);
    });
    layer.setWeights(drawn);
    tf.dispose(drawn);
  }
}

/** Numbers that training changes: neither running statistics nor what is frozen. */
export function countParameters(model: LayersModel): number {
  return model.trainableWeights.reduce(
    (count, weight) => count + weight.shape.reduce<number>((size, axis) => size * axis!, 1),
    0,
  );
}
