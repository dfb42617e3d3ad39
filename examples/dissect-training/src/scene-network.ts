import { initializeKernels } from '@cnnviz/example-support';
import type { Preprocessing } from '@cnnviz/models';
import * as tfl from '@tensorflow/tfjs-layers';

/** What the network wants of pixels. */
export const preprocessing: Preprocessing = { range: [-1, 1] };

const filters = [16, 32, 48, 64];

/** Its layers, from the image on; each is the output of a ReLU. */
export const layerNames: readonly string[] = filters.map((_, index) => `conv${index + 1}`);

export interface SceneNetworkOptions {
  /** Decides the initial weights. */
  seed: number;
  /** Pixels of a side. */
  size: number;
  classes: number;
}

/**
 * Four 3x3 convolutions with batch normalization and ReLU, max-pooling by 2 between them, the mean over positions, logits:
 * 47,000 parameters. The caller disposes.
 */
export function createSceneNetwork({ seed, size, classes }: SceneNetworkOptions): tfl.LayersModel {
  const layers = filters.flatMap((count, index) => {
    const name = layerNames[index]!;
    const input = index === 0 ? { inputShape: [size, size, 3] } : {};
    return [
      ...(index === 0 ? [] : [tfl.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2, strides: 2 })]),
      tfl.layers.conv2d({
        ...input,
        name: `${name}_linear`,
        filters: count,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'zeros',
      }),
      tfl.layers.batchNormalization({ name: `${name}_norm`, momentum: 0.95 }),
      tfl.layers.reLU({ name }),
    ];
  });
  const model = tfl.sequential({
    layers: [
      ...layers,
      tfl.layers.globalAveragePooling2d({ name: 'mean' }),
      tfl.layers.dense({ name: 'logits', units: classes, kernelInitializer: 'zeros' }),
    ],
  });
  initializeKernels(model, { seed, scheme: 'he-normal' });
  return model;
}

/** Copies all weights but those of the logits: what another task starts from. */
export function copyBody(from: tfl.LayersModel, to: tfl.LayersModel): void {
  for (const layer of to.layers.slice(0, -1)) layer.setWeights(from.getLayer(layer.name).getWeights());
}
