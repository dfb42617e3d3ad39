import { setTimeout as wait } from 'node:timers/promises';
import { type Dissection, type DissectionState, dissectLayers } from '@cnnviz/dissect';
import { FlowProducer, type Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import {
  type MergeJob,
  mergeId,
  type Phase,
  phases,
  prefix,
  queues,
  type ShardJob,
  type Subject,
  shardId,
} from './jobs.ts';
import type { OpenSubject } from './open-subject.ts';
import { forgetResults, loadResult } from './results.ts';

export interface ProduceOptions {
  redis: string;
  /** Tells the work from other work on the same Redis; given again, it goes on with what is there. */
  run: string;
  subject: Subject;
  options: OpenSubject['options'];
  /** Images in one. */
  shardSize: number;
  /** Called now and then, with the images that are processed in both phases, and twice the number of images. */
  onProgress: (progress: { done: number; total: number; phase: Phase }) => void;
}

export interface Produced {
  dissections: Dissection[];
  /** What was found in the shards and what was made of it, compressed, and the time from the first job to that. */
  cost: { phase: Phase; shards: number; bytes: number; merged: number; seconds: number }[];
}

/** Cuts the images into shards, lets workers dissect them, and makes the result of what they find. */
export async function produce({
  redis: url,
  run,
  subject,
  options,
  shardSize,
  onProgress,
}: ProduceOptions): Promise<Produced> {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const settings = { prefix, connection: { url, maxRetriesPerRequest: null } };
  const shards = new Queue<ShardJob>(queues.shards, settings);
  const merges = new Queue<MergeJob>(queues.merges, settings);
  const flow = new FlowProducer(settings);
  // They try again until Redis is back.
  redis.on('error', () => {});
  shards.on('error', () => {});
  merges.on('error', () => {});
  flow.on('error', () => {});
  try {
    const { count } = options.concepts;
    const cost: Produced['cost'] = [];
    for (const phase of phases) {
      const merge = await begin({ shards, merges, flow }, { run, subject, phase, shards: cut(count, shardSize) });
      const before = phase === 'masks' ? count : 0;
      await finish({ shards, merges, merge }, (images) =>
        onProgress({ done: before + images, total: 2 * count, phase }),
      );
      cost.push(await costOf(shards, (await merges.getJob(merge.id!))!));
    }
    const state = await loadResult<DissectionState>(redis, mergeId(run, 'masks'));
    const dissections = await dissectLayers({ ...options, resume: state });
    for (const phase of phases) {
      const merge = await merges.getJob(mergeId(run, phase));
      const ids = merge?.data.shards.map((images) => shardId(run, phase, images)) ?? [];
      await merge?.remove({ removeChildren: true });
      await forgetResults(redis, [...ids, mergeId(run, phase)]);
    }
    return { dissections, cost };
  } finally {
    await Promise.all([shards.close(), merges.close(), flow.close()]);
    redis.disconnect();
  }
}

interface Queues {
  shards: Queue<ShardJob>;
  merges: Queue<MergeJob>;
  flow: FlowProducer;
}

/** Adds the jobs of a phase; or finds them, and has those that failed done again. */
async function begin({ shards, merges, flow }: Queues, data: MergeJob): Promise<Job<MergeJob>> {
  const { run, subject, phase } = data;
  const there = await merges.getJob(mergeId(run, phase));
  if (there !== undefined) {
    if (JSON.stringify(there.data) !== JSON.stringify(data)) {
      throw new Error(
        `Redis holds other work under the name ${run}: finish that with its own options, or take another name`,
      );
    }
    for (const job of await failedOf(shards, there)) await job.retry();
    if (await there.isFailed()) await there.retry();
    return there;
  }
  const attempts = { attempts: 3, backoff: { type: 'fixed', delay: 500 } };
  const tree = await flow.add({
    name: phase,
    queueName: queues.merges,
    data,
    opts: { jobId: mergeId(run, phase), ...attempts },
    children: data.shards.map((images) => ({
      name: phase,
      queueName: queues.shards,
      data: { run, subject, phase, images } satisfies ShardJob,
      opts: { jobId: shardId(run, phase, images), ...attempts },
    })),
  });
  return tree.job as Job<MergeJob>;
}

/** Returns when the phase is merged, or only shards are left that fail each time. */
async function finish(
  { shards, merges, merge }: { shards: Queue<ShardJob>; merges: Queue<MergeJob>; merge: Job<MergeJob> },
  onProgress: (images: number) => void,
): Promise<void> {
  const { run, phase, shards: ranges } = merge.data;
  const count = ranges.at(-1)![1];
  const ids = new Set(ranges.map((images) => shardId(run, phase, images)));
  const [first, end] = ranges[0]!;
  for (;;) {
    const now = await merges.getJob(merge.id!);
    if (now === undefined) throw new Error('Redis lost the work: it was emptied, or it keeps nothing over a restart');
    if (await now.isCompleted()) return onProgress(count);
    if (await now.isFailed()) throw new Error(`the shards were found, and could not be joined: ${now.failedReason}`);
    const { processed = 0, unprocessed = 0 } = await now.getDependenciesCount();
    const failed = await failedOf(shards, now);
    if (failed.length > 0 && failed.length === unprocessed) {
      const each = failed.map(
        ({ data: { images }, failedReason }) => `images ${images[0]} to ${images[1] - 1}: ${failedReason}`,
      );
      throw new Error(
        `${failed.length} of ${ids.size} shards failed each time; the others are kept, and the next start tries these again.\n${each.join('\n')}`,
      );
    }
    const active = await shards.getActive();
    const underWay = active.map(({ id, progress }) => (ids.has(id!) && typeof progress === 'number' ? progress : 0));
    const images = underWay.reduce((sum, images) => sum + images, processed * (end - first));
    onProgress(Math.min(images, count));
    await wait(200);
  }
}

async function failedOf(shards: Queue<ShardJob>, { data: { run, phase } }: Job<MergeJob>): Promise<Job<ShardJob>[]> {
  return (await shards.getFailed()).filter(({ data }) => data.run === run && data.phase === phase);
}

async function costOf(shards: Queue<ShardJob>, merge: Job<MergeJob>): Promise<Produced['cost'][number]> {
  const { run, phase, shards: ranges } = merge.data;
  let bytes = 0;
  for (const images of ranges) bytes += (await shards.getJob(shardId(run, phase, images)))!.returnvalue.bytes;
  const seconds = (merge.finishedOn! - merge.timestamp) / 1000;
  return { phase, shards: ranges.length, bytes, merged: merge.returnvalue.bytes, seconds };
}

function cut(count: number, size: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => [
    index * size,
    Math.min(count, (index + 1) * size),
  ]);
}
