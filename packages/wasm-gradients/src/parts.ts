import { expectAnswers } from './expect-answers.ts';
import { type Simd, simdModuleOf, simdOf } from './simd.ts';
import type { WasmBackend } from './wasm-backend.ts';

/** The kernels whose last two arguments are the range begin <= i < end of the result to compute. */
type DivisibleKernel = Exclude<keyof Simd, 'addColumns' | 'phaseFilter' | 'transposeBlock' | 'copyRows' | 'segmentSum'>;

export interface Division {
  /** The kernel computes 0 <= i < size. */
  size: number;
  /** Approximate number of additions or written numbers for each i. */
  cost: number;
  /** Parts begin at multiples of this. Default: 1. */
  grain?: number;
}

/** Fewer additions than these are not worth waking a thread. */
const LEAST = 2 ** 16;
/** Parts per thread, so that other threads can take over from a slow one. */
const PARTS = 4;

/** How often this thread checks the number of running helpers before it sleeps: for some 50 microseconds. */
const SPINS = 20_000;

/** Words that the threads share. */
const WORD = {
  /** Increases with each kernel, to wake the helpers. */
  works: 0,
  /** Whether there may be parts left; the words below are valid while it is 1. */
  isOpen: 1,
  nextPart: 2,
  /** Helpers that may be running a part. */
  helping: 3,
  haveFailed: 4,
  kernel: 5,
  arguments: 6,
  size: 7,
  partSize: 8,
} as const;
/** An even number, because doubles follow. */
const WORDS = 10;
/** Offset of the arguments after the words, in bytes. */
const ARGUMENTS_AT = 4 * WORDS;
const MOST_ARGUMENTS = 24;

interface Helpers {
  words: Int32Array;
  values: Float64Array;
  kernels: string[];
  count: number;
}

const helpers = new WeakMap<WasmBackend, Helpers>();

/**
 * Runs a kernel of assembly/ on its whole range. If there are helpers and the range is large, this thread and the helpers compute
 * it in parts. The result does not depend on which thread computes which part.
 */
export function runInParts(
  backend: WasmBackend,
  kernel: DivisibleKernel,
  values: readonly number[],
  { size, cost, grain = 1 }: Division,
): void {
  const simd = simdOf(backend);
  const team = helpers.get(backend);
  const most = team === undefined ? 1 : Math.min(PARTS * (team.count + 1), Math.floor((size * cost) / LEAST));
  const partSize = grain * Math.ceil(size / most / grain);
  if (team === undefined || most < 2 || partSize >= size) simd[kernel](...values, 0, size);
  else runTogether(team, simd, kernel, values, size, partSize);
}

function runTogether(
  { words, values: shared, kernels }: Helpers,
  simd: Simd,
  kernel: DivisibleKernel,
  values: readonly number[],
  size: number,
  partSize: number,
): void {
  shared.set(values);
  words[WORD.kernel] = kernels.indexOf(kernel);
  words[WORD.arguments] = values.length;
  words[WORD.size] = size;
  words[WORD.partSize] = partSize;
  words[WORD.haveFailed] = 0;
  Atomics.store(words, WORD.nextPart, 0);
  Atomics.store(words, WORD.isOpen, 1);
  Atomics.add(words, WORD.works, 1);
  Atomics.notify(words, WORD.works);
  try {
    for (let begin = 0; begin < size; ) {
      begin = partSize * Atomics.add(words, WORD.nextPart, 1);
      if (begin < size) simd[kernel](...values, begin, Math.min(size, begin + partSize));
    }
  } finally {
    Atomics.store(words, WORD.isOpen, 0);
    let running = Atomics.load(words, WORD.helping);
    for (let spins = 0; running > 0; spins++) {
      // The last part is done soon; waking up takes longer.
      if (spins > SPINS) Atomics.wait(words, WORD.helping, running);
      running = Atomics.load(words, WORD.helping);
    }
  }
  if (words[WORD.haveFailed] !== 0) throw new Error(`@cnnviz/wasm-gradients: a thread failed at ${kernel}`);
}

/** A helper's program, in its own scope. It takes part in the kernel that is open. */
const program = `{
  const { parentPort, workerData } = require('node:worker_threads');
  const { module, memory, board, kernels } = workerData;
  const functions = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const words = new Int32Array(board, 0, ${WORDS});
  const shared = new Float64Array(board, ${ARGUMENTS_AT});
  let seen = Atomics.load(words, ${WORD.works});
  parentPort.postMessage('ready');
  for (;;) {
    Atomics.wait(words, ${WORD.works}, seen);
    seen = Atomics.load(words, ${WORD.works});
    Atomics.add(words, ${WORD.helping}, 1);
    if (Atomics.load(words, ${WORD.isOpen}) === 1) {
      try {
        const kernel = functions[kernels[words[${WORD.kernel}]]];
        const values = shared.subarray(0, words[${WORD.arguments}]);
        const size = words[${WORD.size}];
        const partSize = words[${WORD.partSize}];
        for (;;) {
          const begin = partSize * Atomics.add(words, ${WORD.nextPart}, 1);
          if (begin >= size) break;
          kernel(...values, begin, Math.min(size, begin + partSize));
        }
      } catch {
        words[${WORD.haveFailed}] = 1;
      }
    }
    Atomics.sub(words, ${WORD.helping}, 1);
    Atomics.notify(words, ${WORD.helping});
  }
}`;

type WorkerThreads = typeof import('node:worker_threads');

/**
 * Starts Node threads that help with the kernels of assembly/ on this backend. They do not keep the process alive, and end with
 * the backend. If they do not start, the kernels run on one thread.
 */
export async function startHelpers(backend: WasmBackend, count: number, { Worker }: WorkerThreads): Promise<void> {
  const { module, memory } = simdModuleOf(backend);
  const kernels = Object.keys(simdOf(backend));
  const board = new SharedArrayBuffer(ARGUMENTS_AT + 8 * MOST_ARGUMENTS);
  const workers = Array.from(
    { length: count },
    () => new Worker(program, { eval: true, workerData: { module, memory, board, kernels }, execArgv: [] }),
  );
  const end = () => {
    helpers.delete(backend);
    for (const worker of workers) void worker.terminate();
  };
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    end();
    dispose();
  };
  const answers = expectAnswers();
  try {
    const ready = workers.map((worker) => {
      answers.expect();
      worker.once('error', answers.fail);
      return new Promise<void>((resolve) => {
        worker.once('message', () => {
          answers.came();
          resolve();
        });
      });
    });
    await Promise.race([Promise.all(ready), answers.failure]);
  } catch {
    end();
    return;
  } finally {
    answers.stop();
  }
  for (const worker of workers) {
    worker.unref();
    worker.once('error', end);
  }
  helpers.set(backend, {
    words: new Int32Array(board, 0, WORDS),
    values: new Float64Array(board, ARGUMENTS_AT),
    kernels,
    count,
  });
}
