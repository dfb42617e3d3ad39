import { type Answers, expectAnswers } from './expect-answers.ts';
import { replace } from './replace.ts';

/** The number of workers that tfjs 4.22 creates for its thread pool, whatever the number of threads. */
export const POOL = 8;

/** A connection to a worker that runs thread-worker.ts, in a page or in Node. */
interface Link {
  send(message: unknown): void;
  end(): unknown;
}

export type Connect = (heard: (message: unknown) => void, failed: (error: unknown) => void) => Link;

/**
 * Starts `count` workers, and then tfjs' threaded build on them instead of its own.
 *
 * @param start Starts the wasm backend.
 * @returns Whether tfjs took the workers. If not, they have ended.
 * @throws The error of a worker or of the backend, after all workers have ended.
 */
export async function startOnWorkers(count: number, connect: Connect, start: () => Promise<void>): Promise<boolean> {
  const answers = expectAnswers();
  const workers: ThreadWorker[] = [];
  try {
    while (workers.length < count) workers.push(startWorker(connect, answers));
    await Promise.race([Promise.all(workers.map(({ started }) => started)), answers.failure]);
    // tfjs takes its threads from the end.
    const lent = lend([...Array.from({ length: POOL - count }, idleWorker), ...workers.map(({ forTfjs }) => forTfjs)]);
    try {
      await Promise.race([start(), answers.failure]);
    } finally {
      lent.takeBack();
    }
    if (!lent.isTaken()) await endAll(workers);
    return lent.isTaken();
  } catch (error) {
    await endAll(workers);
    throw error;
  } finally {
    answers.stop();
  }
}

async function endAll(workers: readonly ThreadWorker[]): Promise<void> {
  await Promise.all(workers.map(({ end }) => end()));
}

/** The members of a worker that Emscripten's main thread calls and sets; `on`, `ref` and `unref` only in Node. */
interface TfjsWorker {
  postMessage(message: Order): void;
  terminate(): void;
  on(): void;
  ref(): void;
  unref(): void;
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (error: unknown) => void;
}

interface Order {
  cmd: string;
  wasmModule?: unknown;
  wasmMemory?: unknown;
}

interface ThreadWorker {
  started: Promise<void>;
  forTfjs: TfjsWorker;
  end(): unknown;
}

function startWorker(connect: Connect, answers: Answers): ThreadWorker {
  let hasStarted: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    hasStarted = resolve;
  });
  answers.expect();
  const link = connect(
    (message) => {
      const isAnswer = message === 'started' || (message as Order).cmd === 'loaded';
      if (isAnswer) answers.came();
      if (message === 'started') hasStarted();
      else forTfjs.onmessage?.({ data: message });
    },
    (error) => {
      if (answers.isOver()) forTfjs.onerror?.(error);
      else answers.fail(error);
    },
  );
  const forTfjs: TfjsWorker = {
    ...idleWorker(),
    postMessage: ({ cmd, ...rest }) => {
      if (cmd === 'load') answers.expect();
      // The rest of this order is tfjs' own program.
      link.send(cmd === 'load' ? { cmd, wasmModule: rest.wasmModule, wasmMemory: rest.wasmMemory } : { cmd, ...rest });
    },
    terminate: () => void link.end(),
  };
  return { started, forTfjs, end: link.end };
}

/** A worker for the places in the pool that no thread will use: it counts as loaded at once, and cannot run. */
function idleWorker(): TfjsWorker {
  return {
    postMessage({ cmd }) {
      if (cmd !== 'load') throw new Error('tfjs requested more threads than it was told to start');
      queueMicrotask(() => this.onmessage?.({ data: { cmd: 'loaded' } }));
    },
    terminate: () => {},
    on: () => {},
    ref: () => {},
    unref: () => {},
  };
}

/**
 * Gives tfjs these workers when it creates its own, which it does from a blob's URL in the turn of the event loop in which the
 * backend starts. Emscripten sets `globalThis.Worker` to Node's own class before, which the property ignores.
 */
function lend(workers: TfjsWorker[]) {
  const { Worker } = globalThis;
  const waiting = [...workers];
  function LentWorker(url: string | URL, options?: WorkerOptions): unknown {
    if (!String(url).startsWith('blob:')) return new Worker(url, options);
    URL.revokeObjectURL(String(url));
    const worker = waiting.shift();
    if (waiting.length === 0) takeBack();
    return worker;
  }
  const takeBack = replace(globalThis, 'Worker', { get: () => LentWorker, set: () => {} });
  // If tfjs takes none, somebody else's workers must not be mistaken for its own.
  setTimeout(takeBack);
  return { takeBack, isTaken: () => waiting.length === 0 };
}
