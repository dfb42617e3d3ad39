import type { Concept } from '../data/concepts.ts';
import type { RepeatedLabels } from '../data/label-slots.ts';
import type { ImageCounts, UnitMatches } from '../tallies/dissection-tally.ts';
import type { TopImage } from '../tallies/top-images.ts';

/** What the units of a layer detect. Plain data. */
export interface Dissection {
  /** Name of the layer. */
  layer: string;
  /** Number of images. */
  images: number;
  quantile: number;
  /**
   * How far the quantile of a threshold may be off, with a probability of 0.99. 0 if the thresholds are exact, because no
   * positions had to be sampled.
   */
  rankError: number;
  iouLimit: number;
  /** How often a pixel counted for a concept that it carries more than once. */
  repeatedLabels: RepeatedLabels;
  /** `[height, width]` of the layer's maps. */
  mapSize: readonly [number, number];
  /** `[height, width]` of the label maps. */
  labelSize: readonly [number, number];
  /** All concepts of the data, detected or not. */
  concepts: Concept[];
  categories: string[];
  units: DissectedUnit[];
  /** The counts of each image; empty without `keepImages`. */
  imageCounts: ImageCounts[];
  /** How well units fit the labels of other images; null without `chance`. */
  chance: ChanceIous | null;
}

/** IoUs that units reach with labels exchanged among images. */
export interface ChanceIous {
  permutations: number;
  seed: number;
  /** The best IoU over all concepts: `[units][permutations]`. */
  ious: number[][];
}

/** What one unit detects, its threshold and its top images. */
export interface DissectedUnit extends UnitMatches {
  /** The unit fires where its upsampled activation is above this. */
  threshold: number;
  /**
   * The images that drive the unit most, strongest first, as `topActivations` finds them, each with the unit's mask. As
   * many as the option `topImages` asks for.
   */
  topImages: TopImage[];
}
