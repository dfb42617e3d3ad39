import { type ProxyMethods, releaseProxy } from 'comlink';

/** What a job hands to the packages' functions. */
export interface Work<P> {
  signal: AbortSignal;
  onProgress: (progress: P) => void | Promise<void>;
}

const controllers = new Map<string, AbortController>();
const running = new Map<string, Promise<unknown>>();

let quickCalls = 0;
let begin = () => {};
/** What jobs wait for: the last change of the backend or of the network, the first of which is that there is one. */
let lastChange: Promise<unknown> = new Promise<void>((resolve) => {
  begin = resolve;
});
let changes: Promise<unknown> = Promise.resolve();

/** Makes a function of (options, work) callable from the page, and stoppable by the id that the page gives it. */
export function job<O, P, R>(
  run: (options: O, work: Work<P>) => Promise<R>,
): (id: string, options: O, onProgress: (progress: P) => void) => Promise<R> {
  return async (id, options, onProgress) => {
    const controller = controllerOf(id);
    try {
      await changesToEnd();
      controller.signal.throwIfAborted();
      const ended = run(options, { signal: controller.signal, onProgress });
      running.set(id, ended);
      return await ended;
    } finally {
      controllers.delete(id);
      running.delete(id);
      closePort(onProgress);
    }
  };
}

/** Makes a function callable from the page that has no progress and is too quick to be stopped by hand. */
export function quick<O, R>(run: (options: O) => Promise<R>): (options: O) => Promise<R> {
  const asJob = job<O, never, R>(run);
  return (options) => asJob(`quick ${++quickCalls}`, options, () => {});
}

/** Aborts a job, also one that is still to begin; its promise rejects with an AbortError. */
export function stop(id: string): void {
  controllerOf(id).abort();
}

function controllerOf(id: string): AbortController {
  const controller = controllers.get(id) ?? new AbortController();
  controllers.set(id, controller);
  return controller;
}

/** Aborts all jobs that have begun, and waits until they have ended. */
async function stopAll(): Promise<void> {
  for (const id of running.keys()) stop(id);
  await Promise.allSettled(running.values());
}

/** Changes what jobs depend on, once all have ended; those that are asked for meanwhile begin afterwards. */
export function changeAlone<R>(change: () => Promise<R>): Promise<R> {
  const changed = changes.then(stopAll).then(change);
  changes = changed.catch(() => {}).finally(begin);
  lastChange = changes;
  return changed;
}

async function changesToEnd(): Promise<void> {
  for (let awaited: unknown; awaited !== lastChange; ) {
    awaited = lastChange;
    await lastChange;
  }
}

/** A callback of the page is the end of a port. */
function closePort(onProgress: unknown): void {
  (onProgress as Partial<ProxyMethods>)[releaseProxy]?.();
}
