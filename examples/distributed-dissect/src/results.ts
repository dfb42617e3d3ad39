import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from 'ioredis';
import { prefix } from './jobs.ts';

// Kept beside the queue and not in it: what a job returns goes through the queue's stream of events as well.
const keyOf = (id: string) => `${prefix}:results:${id}`;

/** Keeps what a job made. To do it twice does no harm: the bytes are the same. */
export async function saveResult(redis: Redis, id: string, value: unknown): Promise<{ bytes: number }> {
  const packed = await promisify(gzip)(JSON.stringify(value));
  await redis.set(keyOf(id), packed);
  return { bytes: packed.length };
}

/** @throws Error that names the result if there is none, or it is damaged. Of its parts, who uses it decides. */
export async function loadResult<T>(redis: Pick<Redis, 'getBuffer'>, id: string): Promise<T> {
  const packed = await redis.getBuffer(keyOf(id));
  if (packed === null) throw new Error(`Redis has no result ${id}: was it emptied while the work went on?`);
  try {
    return JSON.parse((await promisify(gunzip)(packed)).toString()) as T;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`result ${id} in Redis: expected JSON in gzip, found ${message}`, { cause: error });
  }
}

export async function forgetResults(redis: Redis, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await redis.del(...ids.map(keyOf));
}
