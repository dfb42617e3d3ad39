import type { LongWork } from '@cnnviz/internal';
import type { Concept } from '../data/concepts.ts';
import type { RepeatedLabels } from '../data/label-slots.ts';
import type { Upsampling } from '../receptive-field/upsample.ts';
import type { ChanceTallyState } from '../tallies/chance-tally.ts';
import type { DissectionTallyState } from '../tallies/dissection-tally.ts';
import type { TopImagesState } from '../tallies/top-images.ts';
import type { UnitThresholdsState } from '../tallies/unit-thresholds.ts';

/** The phases of a dissection: first thresholds are found, then masks are compared with labels. */
export type DissectionPhase = 'thresholds' | 'masks';

/** How far a dissection is. */
export interface DissectionProgress {
  /** Images processed in both phases. */
  done: number;
  /** Twice the number of images: each is processed in both phases. */
  total: number;
  /** The phase that just went on. */
  phase: DissectionPhase;
  /** Images processed in this phase. */
  images: number;
  /** Makes the state that the option `resume` of a later call takes. Plain JSON. */
  state: () => DissectionState;
}

/** A dissection that can be resumed. Plain JSON. */
export interface DissectionState {
  kind: 'dissect';
  version: 1;
  phase: DissectionPhase;
  /** Images processed in this phase. */
  images: number;
  /** The options and data of the run that saved the state. */
  options: DissectionSettings;
  /** For each image so far, which categories it is labeled for; empty without `chance`. */
  kinds: string[];
  layers: {
    layer: string;
    mapSize: [number, number];
    thresholds: UnitThresholdsState;
    topImages: TopImagesState | null;
    tally: DissectionTallyState | null;
    chance: ChanceTallyState | null;
  }[];
}

/** The options and data that decide what a dissection finds, with all defaults filled in. Plain JSON. */
export interface DissectionSettings {
  quantile: number;
  thresholdMemory: number;
  seed: number;
  topImages: number;
  keepImages: boolean;
  repeatedLabels: RepeatedLabels;
  chance: { permutations: number; seed: number } | null;
  upsampling: Record<string, Upsampling>;
  count: number;
  imageSize: readonly number[];
  labelSize: readonly number[];
  categories: readonly string[];
  concepts: readonly Concept[];
}

/** What `dissect` and `dissectLayers` share of watching, stopping and resuming. */
export interface ResumableWork extends LongWork<DissectionProgress> {
  /**
   * A state that `progress.state()` or `mergeShards` gave, of the same options and data. The result is the same to the bit
   * as without an interruption.
   */
  resume?: DissectionState;
}
