import { getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { engine, env, setBackend } from '@tensorflow/tfjs-core';
import { startHelpers } from './parts.ts';
import { activeWasmBackend } from './wasm-backend.ts';

/** How many threads the wasm backend runs on, and why it is one. */
export interface Threads {
  /** At least 1. */
  threads: number;
  /** Only when `threads` is 1. */
  reason?: string;
}

export interface ThreadsOptions {
  /** At most this many, 1 to 8. Default: one per processor that the operating system shows, at most 8. */
  threads?: number;
}

/** As many worker threads as tfjs 4.22 starts beforehand for its thread pool. */
const MOST = 8;

/**
 * Starts the wasm backend, threaded where that is possible, and makes it the active backend. Call it before anything
 * else starts that backend.
 *
 * tfjs starts one thread in Node, and in a browser half as many as there are logical processors. In Node this gives its
 * threaded build the web workers it expects, on `node:worker_threads`; they do not keep the process alive. In a browser
 * threads need a page that is cross-origin isolated, and their number is tfjs's choice. Where threads cannot start the
 * backend starts on one, and `reason` says why.
 *
 * @throws RangeError if `threads` is not a whole number from 1 to 8.
 * @throws Error if the wasm backend does not start at all.
 *
 * @example
 * import { enableThreads } from '@cnnviz/wasm-gradients';
 *
 * const { threads, reason } = await enableThreads();
 * console.log(reason === undefined ? `${threads} threads` : `one thread: ${reason}`);
 */
export async function enableThreads(options: ThreadsOptions = {}): Promise<Threads> {
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST)) {
    throw new RangeError(
      `@cnnviz/wasm-gradients: enableThreads: threads must be a whole number from 1 to ${MOST}, got ${threads}`,
    );
  }
  if (engine().registry.wasm !== undefined) {
    const running = getThreadsCount();
    await start();
    return running > 1
      ? { threads: running }
      : { threads: 1, reason: 'the wasm backend had already started; call enableThreads before anything starts it' };
  }
  if (threads === 1) return startOnOne('threads: 1 was asked for');
  const node = nodeModules();
  if (node !== undefined) return startInNode(node, threads);
  return startInBrowser(threads);
}

async function startOnOne(reason: string): Promise<Threads> {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await start();
  return { threads: 1, reason };
}

async function start(): Promise<void> {
  if (!(await setBackend('wasm'))) throw new Error('@cnnviz/wasm-gradients: the wasm backend did not start');
}

async function startInBrowser(threads: number | undefined): Promise<Threads> {
  if (globalThis.crossOriginIsolated !== true) {
    return startOnOne(
      'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  if (threads !== undefined) setThreadsCount(threads);
  await start();
  const running = getThreadsCount();
  if (running > 1) return { threads: running };
  const cores = globalThis.navigator.hardwareConcurrency;
  return { threads: 1, reason: `tfjs uses half of the ${cores} logical processors` };
}

type WorkerThreads = typeof import('node:worker_threads');
type NodeOs = { cpus(): unknown[]; availableParallelism(): number };

interface NodeModules {
  workerThreads: WorkerThreads;
  os: NodeOs;
}

/** Node's own modules without an import statement, which a bundler for the browser would stumble over. */
function nodeModules(): NodeModules | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const workerThreads = process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined;
  const os = process?.getBuiltinModule?.('node:os') as NodeOs | undefined;
  return workerThreads && os ? { workerThreads, os } : undefined;
}

async function startInNode({ workerThreads, os }: NodeModules, threads: number | undefined): Promise<Threads> {
  const wanted = threads ?? Math.min(MOST, os.availableParallelism());
  if (wanted === 1) return startOnOne('the operating system shows one processor');

  let failed: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  const workers = provideWorker(workerThreads.Worker, failed);
  const restore = [
    recordBlobs(),
    workers.withdraw,
    // tfjs takes half of these; it asks once, while the module starts.
    replace(os, 'cpus', { value: () => new Array(2 * wanted).fill({}), configurable: true, writable: true }),
  ];
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  setThreadsCount(wanted);
  try {
    await Promise.race([start(), failure, rejectAfter(20_000)]);
    workers.trust();
  } catch (error) {
    workers.terminate();
    return await startOnOne(`the threaded build did not start: ${error instanceof Error ? error.message : error}`);
  } finally {
    for (const undo of restore) undo();
  }
  const running = getThreadsCount();
  if (running === 1) return { threads: 1, reason: 'tfjs started one thread' };
  await startHelpers(activeWasmBackend()!, running - 1, workerThreads);
  return { threads: running };
}

function rejectAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${milliseconds / 1000} s`)), milliseconds).unref();
  });
}

/** Replaces a property; the result puts the old one back. */
function replace(target: object, name: string, descriptor: PropertyDescriptor): () => void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, descriptor);
  return () => {
    if (old === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, old);
  };
}

const textOfUrl = new Map<string, string>();
let mainScript = '';

/**
 * tfjs hands its scripts over as blobs: one by URL, for the workers to run, and one as it is, for the workers to load.
 * Node's workers can do neither, and a blob's text cannot be read synchronously, so it is kept as the blob is made.
 */
function recordBlobs(): () => void {
  const texts = new WeakMap<Blob, string>();
  class RecordedBlob extends Blob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super(parts, options);
      const text = parts.filter((part) => typeof part === 'string').join('');
      texts.set(this, text);
      if (text.startsWith('var WasmBackendModuleThreadedSimd')) mainScript = text;
    }
  }
  const { createObjectURL } = URL;
  const undoBlob = replace(globalThis, 'Blob', { value: RecordedBlob, configurable: true, writable: true });
  const undoUrl = replace(URL, 'createObjectURL', {
    value: (blob: Blob) => {
      const url = createObjectURL(blob);
      textOfUrl.set(url, texts.get(blob) ?? '');
      return url;
    },
    configurable: true,
    writable: true,
  });
  return () => {
    undoBlob();
    undoUrl();
  };
}

/**
 * Run in each worker after tfjs's own script: loads the main script, and gives it the variables that it finds around
 * itself in tfjs's bundle for Node.
 */
const loadMainScript = `
  Object.assign(globalThis, {
    commonjsGlobal: globalThis,
    require$$0: require('fs'),
    require$$1: require('path'),
    require$$3: require('perf_hooks'),
    require$$4: require('os'),
    importScripts: () => (0, eval)(require('worker_threads').workerData),
  });
`;

/**
 * Emscripten's glue sets `globalThis.Worker` to Node's own class while it starts, which runs no blob URL; so this
 * property ignores being set.
 */
function provideWorker(Worker: WorkerThreads['Worker'], onFailure: (error: unknown) => void) {
  const workers: InstanceType<WorkerThreads['Worker']>[] = [];
  let trusted = false;
  class BlobWorker extends Worker {
    constructor(url: string) {
      super(`${textOfUrl.get(url)}\n${loadMainScript}`, { eval: true, workerData: mainScript, execArgv: [] });
      workers.push(this);
      this.once('message', () => super.unref());
    }

    /** tfjs refs a worker when it gives it a thread to run, for ever; that would keep the process alive. */
    override ref(): void {}

    /** Until all have started: tfjs would throw a worker's error where nothing can catch it. */
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      if (trusted || event !== 'error') return super.emit(event, ...values);
      onFailure(values[0]);
      return true;
    }
  }
  return {
    withdraw: replace(globalThis, 'Worker', { get: () => BlobWorker, set: () => {}, configurable: true }),
    trust: () => {
      trusted = true;
    },
    terminate: () => {
      for (const worker of workers) void worker.terminate();
    },
  };
}
