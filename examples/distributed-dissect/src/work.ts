import { type DissectionShard, type DissectionState, dissectShard, mergeShards } from '@cnnviz/dissect';
import { type Job, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import {
  type MergeJob,
  mergeId,
  prefix,
  queues,
  readMergeJob,
  readShardJob,
  type ShardJob,
  type Subject,
  shardId,
} from './jobs.ts';
import { openSubject } from './open-subject.ts';
import { loadResult, saveResult } from './results.ts';

export interface WorkOptions {
  redis: string;
  /** The folder that subjects' folders are in. */
  data: string;
  /**
   * Milliseconds after which a job is given to another worker if this one no longer says that it has it. It says so
   * between two batches of images at the latest.
   */
  patience: number;
}

/** Does jobs, one at a time, until it is closed. */
export async function work({ redis: url, data, patience }: WorkOptions): Promise<{ close(): Promise<void> }> {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const subjects = latest(
    (subject: Subject) => openSubject(subject, data),
    (subject) => subject.dispose(),
  );
  const thresholds = latest((id: string) => loadResult<DissectionState>(redis, id));

  async function shard(job: Job<ShardJob>): Promise<{ bytes: number }> {
    const { run, subject, phase, images } = readShardJob(job.data);
    const { options } = await subjects.get(subject);
    const given = phase === 'masks' ? { thresholds: await thresholds.get(mergeId(run, 'thresholds')) } : {};
    const found = await dissectShard({
      ...options,
      ...given,
      images,
      onProgress: ({ done }) => job.updateProgress(done),
    });
    return saveResult(redis, shardId(run, phase, images), found);
  }

  async function merge({ data }: Job<MergeJob>): Promise<{ bytes: number }> {
    const { run, phase, shards } = readMergeJob(data);
    const count = shards.at(-1)![1];
    async function* found() {
      for (const images of shards) yield await loadResult<DissectionShard>(redis, shardId(run, phase, images));
    }
    const before =
      phase === 'masks' ? { thresholds: await loadResult<DissectionState>(redis, mergeId(run, 'thresholds')) } : {};
    return saveResult(redis, mergeId(run, phase), await mergeShards(found(), { count, ...before }));
  }

  const settings = {
    prefix,
    connection: { url, maxRetriesPerRequest: null },
    lockDuration: patience,
    stalledInterval: patience,
    // A worker that is killed says nothing about the job; only failures count against that.
    maxStalledCount: 1000,
  };
  const workers = [new Worker(queues.shards, shard, settings), new Worker(queues.merges, merge, settings)];
  for (const worker of workers) worker.on('error', ({ message }) => console.error(`worker ${process.pid}: ${message}`));
  redis.on('error', () => {}); // The workers report the same.
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      subjects.clear();
      redis.disconnect();
    },
  };
}

/** Makes what is asked for, and keeps it until something else is: jobs that follow each other ask for the same. */
function latest<K, V>(make: (key: K) => Promise<V>, dispose: (value: V) => void = () => {}) {
  let kept: { key: string; value: V } | undefined;
  const clear = () => {
    if (kept !== undefined) dispose(kept.value);
    kept = undefined;
  };
  const get = async (key: K): Promise<V> => {
    const text = JSON.stringify(key);
    if (kept?.key === text) return kept.value;
    clear();
    kept = { key: text, value: await make(key) };
    return kept.value;
  };
  return { get, clear };
}
