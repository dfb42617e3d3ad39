import { checker } from '@cnnviz/internal';
import { getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { engine, env, setBackend } from '@tensorflow/tfjs-core';
import { startHelpers } from './parts.ts';
import { replace } from './replace.ts';
import { explainStartFailures, lastStartFailure, reasonIn } from './start-failures.ts';
import { type Connect, POOL, startOnWorkers } from './start-on-workers.ts';
import { threadWorker } from './thread-worker.generated.ts';
import { activeWasmBackend } from './wasm-backend.ts';

/** The number of threads of the wasm backend, and the reason if it is only one. */
export interface Threads {
  /** Number of threads, at least 1. */
  threads: number;
  /** Why the backend has only one thread. Present only if `threads` is 1. */
  reason?: string;
}

/** Options of {@link enableThreads}. */
export interface ThreadsOptions {
  /**
   * Maximum number of threads, 1 to 8. Default: in Node one per processor that the operating system reports, in a browser one
   * per two logical processors, as in tfjs; at most 8 in both.
   */
  threads?: number;
  /**
   * URL from which a page loads `@cnnviz/wasm-gradients/thread-worker.js`, the program of each thread. Default: a blob, from
   * which a strict Content-Security-Policy does not allow workers to start. Not used in Node.
   */
  workerUrl?: string | URL;
}

/** tfjs has no workers for more. */
const MOST = POOL;

/**
 * Starts the wasm backend on several threads where possible, and makes it the active backend. Call it before anything else
 * starts that backend.
 *
 * tfjs itself starts one thread in Node. In a browser it starts one per two logical processors, but not from a minified bundle.
 * This function provides the workers for its threaded build: in Node on `node:worker_threads`, where they do not keep the
 * process alive, or in a page, which must be cross-origin isolated. If threads cannot start, the backend starts on one thread
 * and `reason` says why. A worker that does not answer is given up after four seconds.
 *
 * @returns The number of threads, with nothing to dispose.
 * @throws RangeError if `threads` is not a whole number from 1 to 8.
 * @throws TypeError if `workerUrl` is neither a string nor a URL.
 * @throws Error if the wasm backend does not start at all. The message says which files it looked for.
 * @see https://github.com/cnnviz/cnnviz/blob/main/docs/bundlers.md for recipes for pages and bundlers.
 *
 * @example
 * import { enableThreads } from '@cnnviz/wasm-gradients';
 *
 * const { threads, reason } = await enableThreads();
 * console.log(reason === undefined ? `${threads} threads` : `one thread: ${reason}`);
 */
export async function enableThreads(options: ThreadsOptions = {}): Promise<Threads> {
  const check = checker('@cnnviz/wasm-gradients', 'enableThreads');
  check.options(options);
  const threads = options.threads ?? MOST;
  const workerUrl = options.workerUrl ?? undefined;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST)) {
    check.fail('range', 'threads', `a whole number from 1 to ${MOST}`, threads);
  }
  if (workerUrl !== undefined && typeof workerUrl !== 'string' && typeof workerUrl?.href !== 'string') {
    check.fail('type', 'workerUrl', 'a URL', workerUrl);
  }
  const given = { ...(isGiven(options.threads) && { threads }), ...(workerUrl !== undefined && { workerUrl }) };
  if (engine().registry.wasm !== undefined) {
    const running = getThreadsCount();
    await start();
    return running > 1
      ? { threads: running }
      : { threads: 1, reason: 'the wasm backend had already started; call enableThreads before anything starts it' };
  }
  if (threads === 1) return startOnOne('threads is set to 1');
  const node = nodeModules();
  return node === undefined ? startInBrowser(given) : startInNode(node, given);
}

/** Optional values may also be null. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

async function start(): Promise<void> {
  explainStartFailures();
  if (!(await setBackend('wasm'))) throw lastStartFailure();
}

async function startOnOne(reason: string): Promise<Threads> {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await start();
  return { threads: 1, reason };
}

async function startOnThreads(threads: number, connect: Connect): Promise<Threads> {
  setThreadsCount(threads);
  const isThreaded = await startOnWorkers(threads - 1, connect, start);
  return isThreaded ? { threads: getThreadsCount() } : { threads: 1, reason: 'tfjs chose its single-threaded build' };
}

function startAfter(failure: unknown): Promise<Threads> {
  return startOnOne(`the threaded build did not start: ${reasonIn(failure)}`);
}

async function startInBrowser({ threads = MOST, workerUrl }: ThreadsOptions): Promise<Threads> {
  if (globalThis.crossOriginIsolated !== true) {
    return startOnOne(
      'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  if (!(await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))) {
    return startOnOne('the browser does not support WebAssembly threads');
  }
  const cores = globalThis.navigator.hardwareConcurrency;
  const wanted = Math.min(threads, Math.floor(cores / 2));
  if (wanted < 2) return startOnOne(`tfjs uses only half of the ${cores} logical processors`);
  if (String(workerUrl).startsWith('data:')) {
    return startOnOne(
      'workerUrl is a data: URL, whose workers cannot share memory; configure the bundler to keep it as a file',
    );
  }
  const url = workerUrl ?? URL.createObjectURL(new Blob([threadWorker], { type: 'text/javascript' }));
  try {
    return await startOnThreads(wanted, inPage(url));
  } catch (error) {
    return await startAfter(error);
  } finally {
    if (workerUrl === undefined) URL.revokeObjectURL(String(url));
  }
}

/** Starts workers in a page, or in another worker. */
function inPage(url: string | URL): Connect {
  return (heard, failed) => {
    const worker = new Worker(url);
    worker.addEventListener('message', ({ data }) => heard(data));
    worker.addEventListener('error', (event) => {
      // Otherwise the page would report it as its own error.
      event.preventDefault();
      failed(event.message === undefined ? new Error(reasonWithoutScript(String(url))) : event);
    });
    return { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
  };
}

function reasonWithoutScript(url: string): string {
  return url.startsWith('blob:')
    ? "the page's Content-Security-Policy does not allow workers from a blob; add worker-src blob: to it, or set workerUrl"
    : `a worker cannot start from ${url}; workerUrl must point to thread-worker.js of @cnnviz/wasm-gradients, on the page's ` +
        'own origin and with the header Cross-Origin-Embedder-Policy: require-corp';
}

type WorkerThreads = typeof import('node:worker_threads');

interface NodeModules {
  workerThreads: WorkerThreads;
  os: { cpus(): unknown[]; availableParallelism(): number };
  process: Pick<NodeJS.EventEmitter, 'listeners' | 'off'>;
}

/** Node's own modules, without an import statement, on which a bundler for browsers would fail. */
function nodeModules(): NodeModules | undefined {
  const { process } = globalThis as { process?: NodeModules['process'] & { getBuiltinModule?(name: string): unknown } };
  const workerThreads = process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined;
  const os = process?.getBuiltinModule?.('node:os') as NodeModules['os'] | undefined;
  return process && workerThreads && os ? { workerThreads, os, process } : undefined;
}

async function startInNode({ workerThreads, os, process }: NodeModules, options: ThreadsOptions): Promise<Threads> {
  const { threads = Math.min(MOST, os.availableParallelism()) } = options;
  if (threads === 1) return startOnOne('the operating system reports one processor');
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  // tfjs uses half of these, and asks once, while the module starts.
  const undo = replace(os, 'cpus', { value: () => new Array(2 * threads).fill({}), enumerable: true, writable: true });
  const forget = rememberListeners(process);
  let started: Threads;
  try {
    started = await startOnThreads(threads, inNode(workerThreads.Worker));
  } catch (error) {
    forget();
    return await startAfter(error);
  } finally {
    undo();
  }
  if (started.threads > 1) await startHelpers(activeWasmBackend()!, started.threads - 1, workerThreads);
  return started;
}

/** Starts workers that do not keep the process alive; while they start, the timer for their answers does. */
function inNode(Worker: WorkerThreads['Worker']): Connect {
  return (heard, failed) => {
    const worker = new Worker(threadWorker, { eval: true, execArgv: [] });
    worker.on('message', heard);
    worker.on('error', failed);
    worker.unref();
    return { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
  };
}

/** Emscripten adds listeners to the process that hold on to its module. Calling the result removes those added since. */
function rememberListeners(process: NodeModules['process']): () => void {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = new Set(events.flatMap((event) => process.listeners(event)));
  return () => {
    for (const event of events) {
      for (const listener of process.listeners(event)) {
        if (!before.has(listener)) process.off(event, listener as () => void);
      }
    }
  };
}
