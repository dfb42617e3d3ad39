import { createLayer, type DissectedLayer } from './dissected-layer.ts';
import type { Run } from './dissection-options.ts';
import { batchesOf, indicesFrom } from './image-batches.ts';
import { type ProbedImage, probeImages } from './layer-activations.ts';
import { requireSameMaps } from './require-same-maps.ts';

interface FindThresholdsOptions {
  /** Index of the first image, and of the one after the last. */
  images: readonly [first: number, end: number];
  /** The layers with the images before `images`. Default: none were added yet. */
  layers?: DissectedLayer[] | null;
  /** Called after each image was added. */
  onImage?: (probed: ProbedImage, layers: readonly DissectedLayer[]) => void | Promise<void>;
  /** Called after each batch; `end` is the index after its last image. */
  onBatch: (end: number, layers: readonly DissectedLayer[]) => Promise<void>;
}

/** The first phase of a dissection: collects what the thresholds and top images of each layer depend on. */
export async function findThresholds(run: Run, options: FindThresholdsOptions): Promise<DissectedLayer[]> {
  const { images, onImage, onBatch } = options;
  let layers = options.layers ?? null;
  for (const indices of batchesOf(indicesFrom(...images), run.options.batchSize)) {
    for (const probed of await probeImages(run, indices)) {
      layers ??= probed.maps.map((map, index) => createLayer(run, run.options.layers[index]!, map));
      requireSameMaps(run, layers, probed);
      addImage(layers, probed);
      await onImage?.(probed, layers);
    }
    await onBatch(indices.at(-1)! + 1, layers!);
  }
  return layers!;
}

function addImage(layers: readonly DissectedLayer[], { index, maps }: ProbedImage): void {
  for (const [layer, { mapSize, thresholds, topImages }] of layers.entries()) {
    const { activations, maxima } = maps[layer]!;
    thresholds.add(index, activations);
    topImages?.add(index, activations, mapSize, maxima);
  }
}
