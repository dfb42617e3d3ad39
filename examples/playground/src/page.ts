import * as Comlink from 'comlink';
import type { Api } from './worker/worker.ts';

interface PageWork<P> {
  /** Aborting it makes the work reject with an AbortError. */
  signal: AbortSignal;
  onProgress: (progress: P) => void;
}

/** What a chapter gets. */
export interface Page {
  /** The worker, where all tensors live. */
  api: Comlink.Remote<Api>;
  /**
   * Runs a job of the worker.
   *
   * @param what Calls it: `(id, onProgress) => page.api.digit.attack(id, options, onProgress)`.
   */
  run<P, R>(what: (id: string, onProgress: (progress: P) => void) => Promise<R>, work: PageWork<P>): Promise<R>;
  /**
   * Tells when another backend or another network is in use. All jobs were stopped before.
   *
   * @returns Ends the telling.
   */
  onChange(listener: () => void): () => void;
}

/**
 * The page and the way to tell its listeners.
 *
 * @param onFailure Called if the worker does not load.
 */
export function openPage(onFailure: () => void): { page: Page; tellChange: () => void } {
  const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('error', onFailure);
  const api = Comlink.wrap<Api>(worker);
  const listeners = new Set<() => void>();
  let jobs = 0;
  const page: Page = {
    api,
    async run(what, { signal, onProgress }) {
      signal.throwIfAborted();
      const id = `job ${++jobs}`;
      const stop = () => void api.stop(id);
      signal.addEventListener('abort', stop);
      try {
        return await what(id, Comlink.proxy(onProgress));
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const tellChange = () => {
    for (const listener of [...listeners]) listener();
  };
  return { page, tellChange };
}

/** Whether work ended because somebody stopped it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
