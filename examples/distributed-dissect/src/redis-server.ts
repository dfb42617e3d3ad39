import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readJson, writeWhole } from '@cnnviz/example-support';
import { Redis } from 'ioredis';

export interface RedisServer {
  url: string;
  /** Ends it; what it held is in its folder. */
  stop(): Promise<void>;
}

/** Why none can be started here, or `undefined` if one can. */
export function reasonWithoutRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'redis-server is not installed: `apt-get install redis-server`, or name a Redis with --redis';
  }
}

/**
 * Starts Redis on a free port, for this machine alone, that keeps each change in the folder. If an earlier one still runs
 * on the folder, because what started it was killed, it is taken over.
 */
export async function startRedis(folder: string, port?: number): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  const note = join(folder, 'server.json');
  const earlier = await portOf(note);
  if (earlier !== undefined && (await folderAt(earlier)) === folder) {
    return { url: urlOf(earlier), stop: () => shutDown(earlier) };
  }
  const chosen = port ?? (await freePort());
  const options = { port: chosen, bind: '127.0.0.1', dir: folder, appendonly: 'yes', save: '', loglevel: 'warning' };
  const server = spawn(
    'redis-server',
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: 'ignore' },
  );
  await Promise.race([answers(chosen), failed(server)]);
  await writeWhole(note, JSON.stringify({ port: chosen }));
  return {
    url: urlOf(chosen),
    stop: async () => {
      if (server.exitCode !== null) return;
      const ended = once(server, 'exit');
      await shutDown(chosen);
      await ended;
    },
  };
}

/**
 * Where an earlier Redis was started, as it was noted; nothing where there is no note.
 *
 * @throws Error that names the file if it is none: a second Redis on the same folder would spoil what the first one keeps.
 */
export async function portOf(note: string): Promise<number | undefined> {
  if (!existsSync(note)) return undefined;
  const { port } = ((await readJson(note)) ?? {}) as { port?: unknown };
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Error(`${note}: expected the port of a Redis, found ${JSON.stringify(port)}`);
}

const urlOf = (port: number) => `redis://127.0.0.1:${port}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

async function answers(port: number): Promise<void> {
  const redis = new Redis(urlOf(port), { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on('error', () => {});
  await redis.ping();
  redis.disconnect();
}

async function failed(server: ChildProcess): Promise<never> {
  const [error] = (await Promise.race([once(server, 'exit'), once(server, 'error').catch((error) => [error])])) as [
    unknown,
  ];
  throw new Error(`redis-server did not start: ${error instanceof Error ? error.message : `it ended with ${error}`}`);
}

/** Where the Redis at a port keeps what it holds, or `undefined` if there is none. */
async function folderAt(port: number): Promise<string | undefined> {
  const redis = new Redis(urlOf(port), { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    return ((await redis.config('GET', 'dir')) as string[])[1];
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

async function shutDown(port: number): Promise<void> {
  const redis = new Redis(urlOf(port), { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  // It closes the connection instead of answering.
  await redis.shutdown().catch(() => {});
  redis.disconnect();
}
