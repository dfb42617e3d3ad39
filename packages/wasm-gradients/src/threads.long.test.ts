import { describe, it } from 'vitest';
import { expectFallback, expectThreads } from '../test-support/start-threads.ts';

describe('enableThreads', () => {
  it.each([3, 8])('starts %s threads when told to', expectThreads);

  it.each([
    ['never answer', 'setInterval(() => {}, 1000)'],
    [
      'never load the module',
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', () => {});
       parentPort.postMessage('started');`,
    ],
  ])('falls back to one thread, with the reason, and leaves nothing behind when workers %s', (_, program) =>
    expectFallback(program, 'a worker gave no answer in 3 s'),
  );
});
