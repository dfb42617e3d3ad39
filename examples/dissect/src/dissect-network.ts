import {
  type ConceptData,
  type Dissection,
  type DissectionProgress,
  type DissectionState,
  dissectLayers,
  receptiveField,
  type Upsampling,
} from '@cnnviz/dissect';
import type { ImageModel, Update } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckpointPace } from './checkpoint-pace.ts';

/** How maps are laid over labels. */
export type Placement = 'receptive-field' | 'half-pixel' | 'align-corners';

export interface DissectNetworkOptions {
  /** Takes RGB, 0 to 255. */
  network: ImageModel;
  concepts: ConceptData;
  layers: readonly string[];
  placement: Placement;
  /** Bytes for activations between finding the thresholds and using them. */
  activationMemory: number;
  /** How often labels are exchanged, for chance levels; 0 for neither these nor intervals. */
  permutations: number;
  /** Of each unit. */
  topImages: number;
  /** What an earlier run kept. */
  state: DissectionState | undefined;
  /** When to keep the state. */
  pace: CheckpointPace;
  keep: (state: DissectionState) => Promise<void>;
  update: Update;
}

/**
 * Dissects layers of a network in one pass, and keeps its state every now and then, for a run that is killed to go on from.
 */
export async function dissectNetwork(options: DissectNetworkOptions): Promise<Dissection[]> {
  const { network, concepts, layers, permutations, state, pace } = options;
  const [height, width] = network.inputShape;
  const probe = network.probes(layers);
  const onProgress = async ({ phase, images, count, state }: DissectionProgress) => {
    const isMasks = phase === 'masks';
    options.update(images + (isMasks ? count : 0), isMasks ? 'comparing masks and labels' : 'finding thresholds');
    const isLast = isMasks && images === count;
    if (isLast || !pace.isDue()) return;
    await pace.write(() => options.keep(state()));
  };
  return dissectLayers({
    probe: (images) => probe(tf.image.resizeBilinear(images, [height, width])),
    concepts,
    upsampling: Object.fromEntries(layers.map((layer) => [layer, upsamplingOf(network, layer, options.placement)])),
    activationMemory: options.activationMemory,
    topImages: options.topImages,
    keepImages: permutations > 0,
    ...(permutations > 0 ? { chance: { permutations } } : {}),
    ...(state === undefined ? {} : { state }),
    onProgress,
  });
}

function upsamplingOf({ topology, paddings, inputShape }: ImageModel, layer: string, placement: Placement): Upsampling {
  if (placement !== 'receptive-field') return placement;
  const [height, width] = inputShape;
  try {
    return receptiveField(topology, layer, { inputSize: [height, width], paddings });
  } catch (error) {
    throw new Error(`${(error as Error).message}; or leave it out with --upsampling half-pixel`, { cause: error });
  }
}
