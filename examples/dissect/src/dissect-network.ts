import {
  type ConceptData,
  type Dissection,
  type DissectionProgress,
  type DissectionState,
  dissectLayers,
  receptiveField,
  type Upsampling,
} from '@cnnviz/dissect';
import type { Update } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckpointPace } from './checkpoint-pace.ts';
import { type Control, controlledLayer } from './controls.ts';

/** How maps are upsampled to labels. */
type Placement = 'receptive-field' | 'half-pixel' | 'align-corners';

export interface DissectNetworkOptions {
  /** Takes RGB, 0 to 255. */
  network: ImageModel;
  concepts: ConceptData;
  layers: readonly string[];
  /** Networks to compare with, dissected in the same pass, each layer after that of the network. */
  controls: readonly Control[];
  placement: Placement;
  /** Bytes for activations that are kept until the thresholds are known. */
  activationMemory: number;
  /** Number of label exchanges for chance levels; 0 for neither chance levels nor intervals. */
  permutations: number;
  /** Top images per unit. */
  topImages: number;
  /** The state that an interrupted run kept. */
  resume: DissectionState | undefined;
  /** When to keep the state. */
  pace: CheckpointPace;
  keep: (state: DissectionState) => Promise<void>;
  update: Update;
}

/**
 * Dissects layers of a network in one pass and keeps its state now and then, so that a killed run can be resumed.
 *
 * @returns The dissection of each layer, followed by those of the controls, without top images and named by
 *   `controlledLayer`.
 */
export async function dissectNetwork(options: DissectNetworkOptions): Promise<Dissection[]> {
  const { network, concepts, layers, controls, permutations, resume, pace } = options;
  const [height, width] = network.inputShape;
  const probe = network.probes(layers);
  const onProgress = async ({ done, total, phase, state }: DissectionProgress) => {
    options.update(done, phase === 'masks' ? 'comparing masks and labels' : 'finding thresholds');
    if (done === total || !pace.isDue()) return;
    await pace.write(() => options.keep(state()));
  };
  const dissections = await dissectLayers({
    probe: (images) => {
      const resized = tf.image.resizeBilinear(images, [height, width]);
      const ofControls = controls.map((control) => {
        const maps = control.probe(resized);
        return Object.fromEntries(layers.map((layer) => [controlledLayer(layer, control), maps[layer]!]));
      });
      return Object.assign(probe(resized), ...ofControls);
    },
    concepts,
    upsampling: Object.fromEntries(
      layers.flatMap((layer) => {
        const upsampling = upsamplingOf(network, layer, options.placement);
        const names = [layer, ...controls.map((control) => controlledLayer(layer, control))];
        return names.map((name) => [name, upsampling]);
      }),
    ),
    activationMemory: options.activationMemory,
    topImages: options.topImages,
    keepImages: permutations > 0,
    ...(permutations > 0 ? { chance: { permutations } } : {}),
    ...(resume === undefined ? {} : { resume }),
    onProgress,
  });
  return dissections.map((dissection) =>
    layers.includes(dissection.layer)
      ? dissection
      : { ...dissection, units: dissection.units.map((unit) => ({ ...unit, topImages: [] })) },
  );
}

function upsamplingOf(
  { topology, constants, inputShape }: ImageModel,
  layer: string,
  placement: Placement,
): Upsampling {
  if (placement !== 'receptive-field') return placement;
  const [height, width] = inputShape;
  try {
    return receptiveField(topology, layer, { inputSize: [height, width], constants });
  } catch (error) {
    throw new Error(`${(error as Error).message}; or leave it out with --upsampling half-pixel`, { cause: error });
  }
}
