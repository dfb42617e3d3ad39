import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Timing } from './in-turns.ts';

interface Answer<R> extends Timing {
  /** Peak memory of the process so far. */
  residentBytes: number;
  result: R;
}

/** A Python or Node program that waits for requests, so that neither its start nor its imports are measured. */
export interface Peer {
  /** Name and version of its package. */
  version: string;
  ask<R>(what: string, request?: Record<string, unknown>): Promise<Answer<R>>;
  stop(): void;
}

const folder = resolve(import.meta.dirname, '../peers');

/**
 * Starts a peer.
 *
 * @param program A file in `peers`: `.py` or `.mjs`.
 * @param python The Python interpreter. Default: that of the environment that `peers/install.sh` creates.
 * @returns The peer, or the reason why it is missing.
 */
export async function startPeer(
  program: string,
  python = join(folder, '.venv/bin/python'),
): Promise<Peer | { missing: string }> {
  const isPython = program.endsWith('.py');
  if (!existsSync(isPython ? python : join(folder, 'node_modules'))) {
    return { missing: 'benchmarks/peers/install.sh was not run' };
  }
  const child = spawn(isPython ? python : process.execPath, [join(folder, program)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  child.stdin.on('error', () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as T;
    throw new Error(`peers/${program} ended: ${complaint.trim().split('\n').at(-1) || 'without a message'}`);
  };
  try {
    const { version } = await next<{ version: string }>();
    return {
      version,
      ask: (what, request = {}) => {
        child.stdin.write(`${JSON.stringify({ ask: what, ...request })}\n`);
        return next();
      },
      stop: () => child.stdin.end(),
    };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
