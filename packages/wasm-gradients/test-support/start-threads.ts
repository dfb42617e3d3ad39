import { expect } from 'vitest';
import { run } from './run-script.ts';

/** Starts that many threads in a new process, and expects a convolution on them to be right. */
export async function expectThreads(threads: number): Promise<void> {
  const { code, output } = await run(`
    registerWasmGradients();
    const started = await enableThreads({ threads: ${threads} });
    const values = await tf.conv2d(tf.ones([8, 32, 32, 16]), tf.ones([3, 3, 16, 32]), 1, 'same').data();
    console.log(JSON.stringify({ ...started, middle: values[32 * (5 * 32 + 5)] }));
  `);
  expect(code, output).toBe(0);
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual({ threads, middle: 9 * 16 });
}

/**
 * Starts threads in a new process whose workers run `program`, and expects the backend to start on one thread, to say why, to
 * compute, and to leave nothing of the attempt behind.
 */
export async function expectFallback(program: string, reason: string): Promise<void> {
  const { code, output } = await run(`
      import { cpus } from 'node:os';
      const workerThreads = process.getBuiltinModule('node:worker_threads');
      const workers = [];
      workerThreads.Worker = class extends workerThreads.Worker {
        constructor(code, options) {
          super(${JSON.stringify(program)}, { ...options, eval: true });
          workers.push(this);
        }
      };
      const before = { fetch, readFileSync: process.getBuiltinModule('node:fs').readFileSync, cpus: process.getBuiltinModule('node:os').cpus };
      registerWasmGradients();
      const started = await enableThreads({ threads: 3 });
      const gradient = tf.grad((x) => tf.sum(tf.conv2d(x, tf.ones([3, 3, 2, 4]), 1, 'valid')))(tf.ones([1, 3, 3, 2]));
      const sum = await tf.sum(gradient).data();
      console.log(JSON.stringify({
        ...started,
        sum: sum[0],
        workers: workers.map(({ threadId }) => threadId),
        worker: typeof Worker,
        isRestored: fetch === before.fetch && process.getBuiltinModule('node:os').cpus === before.cpus
          && process.getBuiltinModule('node:fs').readFileSync === before.readFileSync,
        listeners: process.listenerCount('uncaughtException'),
        memory: Object.prototype.toString.call(tf.backend().wasm.HEAPU8.buffer),
      }));
    `);
  expect(code, output).toBe(0);
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual({
    threads: 1,
    reason: `the threaded build did not start: ${reason}`,
    sum: 9 * 2 * 4,
    // Workers that have ended.
    workers: [-1, -1],
    worker: 'undefined',
    isRestored: true,
    // That of the backend which runs.
    listeners: 1,
    memory: '[object ArrayBuffer]',
  });
}
