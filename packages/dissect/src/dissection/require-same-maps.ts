import type { DissectedLayer } from './dissected-layer.ts';
import type { Run } from './dissection-options.ts';
import type { ProbedImage } from './layer-activations.ts';

/** Throws unless the maps of an image are as large as those of the images before. */
export function requireSameMaps(
  { check, options }: Run,
  layers: readonly DissectedLayer[],
  { index, maps }: ProbedImage,
): void {
  for (const [layer, { mapSize, thresholds }] of layers.entries()) {
    const { height, width, units } = maps[layer]!;
    const expected = thresholds.lowerBounds.length;
    if (height === mapSize[0] && width === mapSize[1] && units === expected) continue;
    const [found, before] = [[height, width, units].join(' x '), [...mapSize, expected].join(' x ')];
    const { probe } = options.layers[layer]!;
    check.failBecause('state', `the ${probe} gave ${found} activations for image ${index}, and ${before} before`);
  }
}
