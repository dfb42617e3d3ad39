import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WorkOptions } from './work.ts';

export interface WorkerProcessOptions extends WorkOptions {
  backend: string | undefined;
  /** At most, on the wasm backend. */
  threads: number;
}

/** Starts a worker as a process of its own, and waits until it takes jobs. It ends when this process does. */
export async function startWorker({
  redis,
  data,
  patience,
  backend,
  threads,
}: WorkerProcessOptions): Promise<ChildProcess> {
  const named = { redis, data, patience: String(patience), ...(backend === undefined ? {} : { backend }) };
  const options = Object.entries(named).flatMap(([name, value]) => [`--${name}`, value]);
  const worker = fork(fileURLToPath(new URL('main.ts', import.meta.url)), ['--worker', ...options], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, CNNVIZ_THREADS: String(threads) },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(worker, 'exit').then(([status]) => {
    throw new Error(`a worker ended with ${status} before it began`);
  });
  await Promise.race([once(worker, 'message'), ended]);
  return worker;
}

export async function stopWorker(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await ended;
}
