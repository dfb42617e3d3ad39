import { expect } from 'vitest';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { failureOf, resultOf } from './call.ts';
import type { Plain } from './plain.ts';

export function abortChecks<I extends Inputs, O extends object>(
  algorithm: Algorithm<I, O>,
  validResult: () => Promise<Plain>,
): ConformanceCheck[] {
  if (!algorithm.abortable) return [];
  return [
    {
      name: 'rejects with the reason of a signal that is aborted already',
      onHost: true,
      run: async () => {
        const reason = new Error('aborted already');
        expect(await failureOf(algorithm, { options: { signal: AbortSignal.abort(reason) } })).toBe(reason);
      },
    },
    {
      name: 'rejects with the reason of a signal that is aborted on the way, and reports no more',
      run: async () => {
        const reason = new Error('aborted on the way');
        const controller = new AbortController();
        let reports = 0;
        const onProgress = () => {
          reports++;
          controller.abort(reason);
        };
        expect(await failureOf(algorithm, { options: { signal: controller.signal, onProgress } })).toBe(reason);
        expect(reports).toBe(1);
      },
    },
    {
      name: 'rejects with what onProgress throws',
      onHost: true,
      run: async () => {
        const thrown = new Error('thrown by onProgress');
        const onProgress = () => Promise.reject(thrown);
        expect(await failureOf(algorithm, { options: { onProgress } })).toBe(thrown);
      },
    },
    {
      name: 'awaits onProgress',
      onHost: true,
      run: async () => {
        let running = 0;
        let mostAtOnce = 0;
        const onProgress = async () => {
          mostAtOnce = Math.max(mostAtOnce, ++running);
          await new Promise((resolve) => setTimeout(resolve, 2));
          running--;
        };
        await resultOf(algorithm, { options: { onProgress } });
        expect({ mostAtOnce, running }).toEqual({ mostAtOnce: 1, running: 0 });
      },
    },
    {
      name: 'lets the event loop run after it reports',
      onHost: true,
      run: async () => {
        let reports = 0;
        let turns = 0;
        const onProgress = () => {
          reports++;
          nextMacrotask(() => turns++);
        };
        await resultOf(algorithm, { options: { onProgress } });
        expect(reports, 'reports').toBeGreaterThan(0);
        expect(turns, 'turns of the event loop').toBe(reports);
      },
    },
    {
      name: 'gives the same result watched and not watched',
      onHost: true,
      run: async () => {
        const options = { signal: new AbortController().signal, onProgress: () => {} };
        expect(await resultOf(algorithm, { options })).toEqual(await validResult());
      },
    },
  ];
}

function nextMacrotask(run: () => void): void {
  if (typeof setImmediate === 'function') {
    setImmediate(run);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(undefined);
}
