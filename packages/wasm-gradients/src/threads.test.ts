import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { run } from '../test-support/run-script.ts';
import { expectFallback, expectThreads } from '../test-support/start-threads.ts';
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

  it('starts 2 threads when told to', () => expectThreads(2));

  it('falls back to one thread, with the reason, and leaves nothing behind when workers fail at once', () =>
    expectFallback('throw new Error("no workers here")', 'no workers here'));

  it('does so when workers fail as they load the module', () =>
    expectFallback(
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', ({ cmd }) => { throw new Error('cannot ' + cmd); });
       parentPort.postMessage('started');`,
      'cannot load',
    ));

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
