import { expect, test } from 'vitest';
import { checker } from './check.ts';
import { reportProgress, requireLongWork, throwIfAborted } from './long-work.ts';

test('progress is awaited', async () => {
  const log: string[] = [];
  const onProgress = async (step: number) => {
    log.push(`begin ${step}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`end ${step}`);
  };
  for (const step of [1, 2]) await reportProgress({ onProgress }, step);
  expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('what onProgress throws is what the work rejects with', async () => {
  const thrown = new Error('disk full');
  const sync = () => {
    throw thrown;
  };
  await expect(reportProgress({ onProgress: sync }, 1)).rejects.toBe(thrown);
  await expect(reportProgress({ onProgress: () => Promise.reject(thrown) }, 1)).rejects.toBe(thrown);
});

test('the event loop runs between two reports, without the wait of a timer', async () => {
  let turns = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => turns++;
  for (let step = 0; step < 20; step++) {
    port2.postMessage(step);
    await reportProgress({}, step);
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  port1.close();
  expect(turns).toBe(20);

  // Promises alone would let no timer run.
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  const end = Date.now() + 2000;
  while (!fired && Date.now() < end) await reportProgress({}, 0);
  expect(fired).toBe(true);
});

test('an abort rejects with the reason of the signal, whatever it is', async () => {
  for (const reason of [new Error('stop'), 'a string', { code: 3 }]) {
    const work = { signal: AbortSignal.abort(reason) };
    await expect(reportProgress(work, 1)).rejects.toBe(reason);
    let thrown: unknown;
    try {
      throwIfAborted(work);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(reason);
  }
});

test('an abort while the progress is awaited, or by a later event, counts', async () => {
  const first = new AbortController();
  await expect(reportProgress({ signal: first.signal, onProgress: () => first.abort('during') }, 1)).rejects.toBe(
    'during',
  );

  const second = new AbortController();
  setTimeout(() => second.abort('an event'), 1);
  const run = async () => {
    for (;;) await reportProgress({ signal: second.signal }, 1);
  };
  await expect(run()).rejects.toBe('an event');
});

test('no signal and no onProgress is fine', async () => {
  throwIfAborted({});
  throwIfAborted({ signal: undefined });
  throwIfAborted({ signal: new AbortController().signal });
  await expect(reportProgress({ signal: undefined, onProgress: undefined }, 1)).resolves.toBeUndefined();
});

test('requireLongWork says what is no signal and no function', () => {
  const check = checker('@cnnviz/genetic', 'evolve');
  requireLongWork(check, {});
  requireLongWork(check, { signal: new AbortController().signal, onProgress: () => {} });
  const controller = new AbortController();
  expect(() => requireLongWork(check, { signal: controller as never })).toThrow(
    'evolve: signal must be an AbortSignal, got an instance of AbortController',
  );
  expect(() => requireLongWork(check, { onProgress: 'log' as never })).toThrow('onProgress must be a function');
});
