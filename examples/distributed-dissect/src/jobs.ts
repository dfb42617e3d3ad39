/** What is dissected. Folders are found in that of the data, which each machine has a copy of. */
export interface Subject {
  model: string;
  /** Range of the pixels that the model takes, and what is subtracted from each channel; null where the model says it. */
  preprocessing: { range: [number, number]; mean?: number[] } | null;
  /** Images and labels in Broden's format. */
  broden: string;
  /** How many of its images, from the first; null for all. */
  count: number | null;
  layers: string[];
  /** Shown of each unit. */
  topImages: number;
}

export type Phase = 'thresholds' | 'masks';
export const phases: readonly Phase[] = ['thresholds', 'masks'];

/** A part of the images, in one of the phases. */
export interface ShardJob {
  run: string;
  subject: Subject;
  phase: Phase;
  images: [first: number, end: number];
}

/** The parent of all shards of a phase: begun when they are done. */
export interface MergeJob {
  run: string;
  subject: Subject;
  phase: Phase;
  shards: [first: number, end: number][];
}

export const prefix = 'cnnviz';
export const queues = { shards: 'shards', merges: 'merges' } as const;

export const shardId = (run: string, phase: Phase, [first, end]: readonly [number, number]) =>
  `${run}-${phase}-${first}-${end}`;
export const mergeId = (run: string, phase: Phase) => `${run}-${phase}`;
