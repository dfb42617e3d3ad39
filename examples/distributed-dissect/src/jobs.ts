import { isListOf } from '@cnnviz/example-support';

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

/** @throws Error if what Redis gave is no such job; says what it is instead. */
export function readShardJob(data: ShardJob): ShardJob {
  return isOfWork(data) && isRange(data.images) ? data : fail('a part of the images', data);
}

/** @throws Error if what Redis gave is no such job; says what it is instead. */
export function readMergeJob(data: MergeJob): MergeJob {
  const isWhole = isOfWork(data) && isListOf(data.shards, isRange) && data.shards.length > 0;
  return isWhole ? data : fail('parts to be joined', data);
}

function fail(expected: string, data: unknown): never {
  throw new Error(`a job from Redis: expected ${expected}, found ${JSON.stringify(data)?.slice(0, 500)}`);
}

function isOfWork(data: ShardJob | MergeJob | null | undefined): boolean {
  return typeof data?.run === 'string' && phases.includes(data.phase) && isSubject(data.subject);
}

function isSubject(subject: Subject | null | undefined): boolean {
  const { preprocessing, count } = subject ?? {};
  const isNumberList = (list: unknown) => isListOf(list as number[], Number.isFinite);
  return (
    typeof subject?.model === 'string' &&
    typeof subject.broden === 'string' &&
    (preprocessing === null || (isNumberList(preprocessing?.range) && isNumberList(preprocessing?.mean ?? []))) &&
    (count === null || isCount(count)) &&
    isListOf(subject.layers, (layer) => typeof layer === 'string') &&
    isCount(subject.topImages)
  );
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;

function isRange(images: readonly number[]): boolean {
  return isListOf(images, isCount) && images.length === 2 && images[0]! < images[1]!;
}
