import {
  type ConceptScenes,
  type Dissection,
  type DissectionProgress,
  dissectLayers,
  receptiveField,
} from '@cnnviz/dissect';
import type { LongWork } from '@cnnviz/internal';
import type { ImageModel } from '@cnnviz/models';
import { layerNames } from './scene-network.ts';

/**
 * The share of activations below a unit's threshold. NetDissect's 0.995 is made for 1,197 concepts that are rare. A
 * texture of these scenes covers 16 % of all pixels: a unit that fires on 0.5 % of them has an IoU of at most
 * 0.005 / 0.16 = 0.03 with it, below the limit whatever it detects. With 2 % every concept of a map can pass 0.04, from a
 * mast (0.16 % of the pixels, at most 0.08) to a texture (at most 0.12), and none does by chance: two independent masks
 * of 2 % and 16 % have an IoU of 0.018.
 */
const QUANTILE = 0.98;

export interface DissectScenesOptions extends LongWork<DissectionProgress> {
  scenes: ConceptScenes;
  /** Default: none. */
  topImages?: number;
  /** Exchanges of labels among images, for a chance level. Default: none. */
  permutations?: number;
}

/** Dissects all layers of a scene network that takes pixels from 0 to 255, in one pass. */
export async function dissectScenes(model: ImageModel, options: DissectScenesOptions): Promise<Dissection[]> {
  const { scenes, topImages = 0, permutations = 0, onProgress, signal } = options;
  return dissectLayers({
    probe: model.probes(layerNames),
    concepts: scenes,
    upsampling: Object.fromEntries(layerNames.map((name) => [name, receptiveField(model.topology, name)])),
    quantile: QUANTILE,
    batchSize: 50,
    topImages,
    ...(permutations > 0 && { chance: { permutations } }),
    signal,
    onProgress,
  });
}
