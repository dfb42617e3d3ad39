import { type Interpolation, interpolationOf } from '../receptive-field/upsample.ts';
import type { ChanceTally } from '../tallies/chance-tally.ts';
import type { DissectionTally } from '../tallies/dissection-tally.ts';
import { TopImages } from '../tallies/top-images.ts';
import { UnitThresholds } from '../tallies/unit-thresholds.ts';
import type { ProbedLayer, Run } from './dissection-options.ts';
import type { ImageActivations } from './layer-activations.ts';

/** All that is collected for one layer. */
export interface DissectedLayer {
  name: string;
  mapSize: [number, number];
  interpolation: Interpolation;
  thresholds: UnitThresholds;
  topImages: TopImages | null;
  /** Null until the thresholds are known. */
  tally: DissectionTally | null;
  /** Null until the thresholds are known, or if no chance level is wanted. */
  chance: ChanceTally | null;
}

/** A layer before its first image. */
export function createLayer(
  run: Run,
  layer: ProbedLayer,
  { height, width, units }: ImageActivations[number],
): DissectedLayer {
  const { concepts, quantile, thresholdMemory, seed, topImages } = run.options;
  const expected = concepts.count * height * width;
  return {
    ...placeLayer(run, layer, [height, width]),
    thresholds: new UnitThresholds({ units, expected, quantile, memory: thresholdMemory, seed }),
    topImages: topImages === 0 ? null : new TopImages({ units, perUnit: topImages }),
    tally: null,
    chance: null,
  };
}

/** Name and size of a layer's maps, and where each label falls on them. */
export function placeLayer({ check, options }: Run, { name, upsampling }: ProbedLayer, mapSize: [number, number]) {
  const { labelSize: size, imageSize } = options.concepts;
  return { name, mapSize, interpolation: interpolationOf(check, upsampling, { size, imageSize, mapSize }) };
}
