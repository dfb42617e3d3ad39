import { randomRotation, rotateUnits } from '@cnnviz/dissect';
import { initializeKernels } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** A network to compare with: the same layers, with maps of the same size, that learned less. */
export interface Control {
  name: string;
  /** Activations of the layers given to `controls`, by name. */
  probe: (images: Tensor4D) => Record<string, Tensor4D>;
}

const SEED = 0;

/** The layers of the network with their units rotated at random, and those of the untrained network, if there is one. */
export function controls(network: ImageModel, layers: readonly string[], untrained: ImageModel | undefined): Control[] {
  const rotations = new Map(
    network.layers
      .filter(({ name }) => layers.includes(name))
      .map(({ name, shape }) => [name, randomRotation({ units: shape[2], seed: SEED })]),
  );
  const probe = network.probes(layers);
  const turned: Control = {
    name: 'turned at random',
    probe: (images) =>
      tf.tidy(() =>
        Object.fromEntries(
          Object.entries(probe(images)).map(([layer, maps]) => [
            layer,
            rotateUnits(() => maps, rotations.get(layer)!)(images),
          ]),
        ),
      ),
  };
  return untrained === undefined ? [turned] : [turned, { name: 'untrained', probe: untrained.probes(layers) }];
}

/** Name of a control's layer in results. */
export const controlledLayer = (layer: string, { name }: Pick<Control, 'name'>): string => `${layer}, ${name}`;

/**
 * Resets a network to weights as before training: kernels with normal numbers of variance 2 / inputs, no biases, and batch
 * normalization that does nothing.
 *
 * @returns Whether that was possible. It is not for a graph, whose weights do not say what they are.
 */
export function forgetTraining({ topology }: ImageModel): boolean {
  if ('node' in topology) return false;
  initializeKernels(topology, { seed: SEED, scheme: 'he-normal' });
  for (const layer of topology.layers) resetVectors(layer);
  return true;
}

function resetVectors(layer: LayersModel['layers'][number]): void {
  const weights = layer.weights.map(({ originalName }, index) => {
    const values = layer.getWeights()[index]!;
    if (values.rank > 1) return tf.clone(values);
    return /(gamma|moving_variance)$/.test(originalName) ? tf.onesLike(values) : tf.zerosLike(values);
  });
  layer.setWeights(weights);
  tf.dispose(weights);
}
