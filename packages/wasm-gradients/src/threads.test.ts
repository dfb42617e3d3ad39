import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { run } from '../test-support/run-script.ts';
import { enableThreads } from './threads.ts';

describe('enableThreads', () => {
  it('starts as many threads as there are processors, or says why not, and lets the process end', async () => {
    const { code, output } = await run(`
      registerWasmGradients();
      const started = await enableThreads();
      const y = tf.conv2d(tf.ones([8, 32, 32, 16]), tf.ones([3, 3, 16, 32]), 1, 'same');
      const gradient = tf.grad((x) => tf.sum(tf.conv2d(x, tf.ones([3, 3, 16, 32]), 1, 'same')))(tf.ones([8, 32, 32, 16]));
      const values = await gradient.data();
      console.log(JSON.stringify({ ...started, backend: tf.getBackend(), middle: values[16 * (5 * 32 + 5)], worker: typeof Worker }));
    `);
    expect(code, output).toBe(0);
    const { threads, reason, ...rest } = JSON.parse(output.trim().split('\n').at(-1)!);
    expect(rest).toEqual({ backend: 'wasm', middle: 9 * 32, worker: 'undefined' });
    if (reason === undefined) expect(threads).toBe(Math.min(8, availableParallelism()));
    else expect(threads).toBe(1);
    if (availableParallelism() > 1) expect(reason).toBeUndefined();
  });

  it('lets the process end after an error', async () => {
    const { code, output } = await run(`
      await enableThreads();
      throw new Error('on purpose');
    `);
    expect(code).not.toBe(0);
    expect(code).not.toBeNull();
    expect(output).toContain('on purpose');
  });

  it('gives the reason when the backend has already started', async () => {
    const { code, output } = await run(`
      await tf.setBackend('wasm');
      console.log(JSON.stringify(await enableThreads()));
    `);
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toEqual({
      threads: 1,
      reason: 'the wasm backend had already started; call enableThreads before anything starts it',
    });
  });

  it.each([2, 3, 8])('starts %s threads when it is asked to', async (threads) => {
    const { code, output } = await run(`
      registerWasmGradients();
      const started = await enableThreads({ threads: ${threads} });
      const values = await tf.conv2d(tf.ones([8, 32, 32, 16]), tf.ones([3, 3, 16, 32]), 1, 'same').data();
      console.log(JSON.stringify({ ...started, middle: values[32 * (5 * 32 + 5)] }));
    `);
    expect(code, output).toBe(0);
    expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual({ threads, middle: 9 * 16 });
  });

  it.each([
    ['fail at once', 'throw new Error("no workers here")', 'no workers here'],
    ['never answer', 'setInterval(() => {}, 1000)', 'a worker gave no answer in 3 s'],
    [
      'fail when they load the module',
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', ({ cmd }) => { throw new Error('cannot ' + cmd); });
       parentPort.postMessage('started');`,
      'cannot load',
    ],
    [
      'never load the module',
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', () => {});
       parentPort.postMessage('started');`,
      'a worker gave no answer in 3 s',
    ],
  ])(
    'falls back to one thread, with the reason, and leaves nothing behind when workers %s',
    async (_, program, reason) => {
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
    },
  );

  it('asks for the headers that isolate a page, where there is no Node', async () => {
    const { code, output } = await run(`
      process.getBuiltinModule = undefined;
      console.log(JSON.stringify(await enableThreads()));
    `);
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toEqual({
      threads: 1,
      reason:
        'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp',
    });
  });

  it('refuses a workerUrl that is none', async () => {
    await expect(enableThreads({ workerUrl: 7 as never })).rejects.toThrow(
      new TypeError('@cnnviz/wasm-gradients: enableThreads: workerUrl must be a URL, got 7'),
    );
  });

  it.each([0, 9, 1.5])('refuses %s threads', async (threads) => {
    await expect(enableThreads({ threads })).rejects.toThrow(
      `@cnnviz/wasm-gradients: enableThreads: threads must be a whole number from 1 to 8, got ${threads}`,
    );
  });
});
