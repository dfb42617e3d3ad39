import type { Check } from './check.ts';

/** What every long function takes: a way to stop it and a way to watch it. */
export interface LongWork<P> {
  /** Aborting it makes the work reject with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called after each step, and awaited. */
  onProgress?: ((progress: P) => void | Promise<void>) | undefined;
}

/** Throws unless signal and progress are what they must be. */
export function requireLongWork<P>(check: Check, { signal, onProgress }: LongWork<P>): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    check.fail('type', 'signal', 'an AbortSignal', signal);
  }
  if (onProgress !== undefined) check.callable('onProgress', onProgress);
}

/** Throws the signal's reason once it is aborted. */
export function throwIfAborted(work: Pick<LongWork<never>, 'signal'>): void {
  work.signal?.throwIfAborted();
}

/** Awaits `onProgress`, lets the event loop run, then throws the signal's reason if it was aborted meanwhile. */
export async function reportProgress<P>(work: LongWork<P>, progress: P): Promise<void> {
  await work.onProgress?.(progress);
  await yieldToEventLoop();
  throwIfAborted(work);
}

/** The quickest macrotask there is: timers wait a millisecond in Node and four in a browser. */
function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
