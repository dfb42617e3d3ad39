import { randomRotation, rotateUnits } from '@cnnviz/dissect';
import { initializeKernels } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a network is held against: the same layers, with the same maps, of something that learned less. */
export interface Control {
  name: string;
  /** Activations of the layers that `controls` was given, by name. */
  probe: (images: Tensor4D) => Record<string, Tensor4D>;
}

const SEED = 0;

/** Each layer of the network with its units turned at random, and each of the untrained network, where there is one. */
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

/** How a layer of a control is called in results. */
export const controlledLayer = (layer: string, { name }: Pick<Control, 'name'>): string => `${layer}, ${name}`;

/**
 * Gives a network weights as before a training: kernels with normal numbers of variance 2 / inputs, no biases, and batch
 * normalization that does nothing.
 *
 * @returns Whether it could: the weights of a graph do not say what they are.
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
