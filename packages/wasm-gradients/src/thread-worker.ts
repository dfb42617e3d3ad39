/**
 * The program of one thread of tfjs's threaded build, in a worker of a page or of Node. tfjs hands its workers the text
 * of a function in its bundle, which a minifier changes; this stands alone. scripts/build-thread-worker.mjs makes
 * thread-worker.generated.ts and dist/thread-worker.js of it, so it imports nothing.
 *
 * The messages and imports are those of Emscripten's threads in tfjs-backend-wasm 4.22.
 */

export {};

/** What the module exports to a thread. */
interface ThreadExports {
  __indirect_function_table: WebAssembly.Table;
  _emscripten_thread_init(thread: number, isMain: number, isMainRuntime: number, canBlock: number): void;
  _emscripten_tls_init(): void;
  _emscripten_thread_exit(result: number): void;
  _emscripten_thread_crashed(): void;
  emscripten_stack_set_limits(top: number, end: number): void;
  stackRestore(top: number): void;
}

type Order =
  | { cmd: 'load'; wasmModule: WebAssembly.Module; wasmMemory: WebAssembly.Memory }
  | { cmd: 'run'; pthread_ptr: number; start_routine: number; arg: number };

/** The side of Node's worker or of a page's that talks to who started it. */
interface Parent {
  postMessage(message: unknown): void;
  on?(event: 'message', listener: (order: Order) => void): void;
  onmessage?: (event: { data: Order }) => void;
}

/** In bytes: of a page of WebAssembly memory, and the most that tfjs's heap grows to. */
const PAGE = 65_536;
const MOST_HEAP = 65_535 * PAGE;
/** In bytes, in what Emscripten keeps of a thread. */
const STACK_AT = 52;
const STACK_SIZE_AT = 56;
/** What Emscripten throws to leave a thread's code alive. */
const UNWIND = 'unwind';

const { process } = globalThis as {
  process?: { getBuiltinModule?: (name: string) => { parentPort: Parent | null } | undefined };
};
const parent: Parent =
  process?.getBuiltinModule?.('node:worker_threads')?.parentPort ?? (globalThis as unknown as Parent);

let memory: WebAssembly.Memory;
let functions: ThreadExports;

function obey(order: Order): void {
  if (order.cmd === 'load') load(order.wasmModule, order.wasmMemory);
  else if (order.cmd === 'run') run(order.pthread_ptr, order.start_routine, order.arg);
  else throw new Error(`a thread cannot ${(order as { cmd?: unknown }).cmd}`);
}

function load(module: WebAssembly.Module, shared: WebAssembly.Memory): void {
  memory = shared;
  functions = new WebAssembly.Instance(module, imports()).exports as unknown as ThreadExports;
  parent.postMessage({ cmd: 'loaded' });
}

function run(thread: number, start: number, argument: number): void {
  functions._emscripten_thread_init(thread, 0, 0, 1);
  const view = new DataView(memory.buffer);
  const top = view.getUint32(thread + STACK_AT, true);
  functions.emscripten_stack_set_limits(top, top - view.getUint32(thread + STACK_SIZE_AT, true));
  functions.stackRestore(top);
  functions._emscripten_tls_init();
  try {
    functions._emscripten_thread_exit(functions.__indirect_function_table.get(start)(argument));
  } catch (error) {
    if (error === UNWIND) return;
    functions._emscripten_thread_crashed();
    throw error;
  }
}

/** Every import of the module; what no thread of tfjs calls is an error. */
function imports(): WebAssembly.Imports {
  const never = (name: string) => () => {
    throw new Error(`a thread called ${name}`);
  };
  return {
    env: {
      memory,
      abort: never('abort'),
      exit: never('exit'),
      emscripten_num_logical_cores: () => 1,
      emscripten_get_now: () => performance.timeOrigin + performance.now(),
      emscripten_get_heap_max: () => MOST_HEAP,
      emscripten_resize_heap: growTo,
      emscripten_memcpy_big: (to: number, from: number, bytes: number) => {
        new Uint8Array(memory.buffer).copyWithin(to >>> 0, from >>> 0, (from >>> 0) + (bytes >>> 0));
      },
      emscripten_unwind_to_js_event_loop: () => {
        throw UNWIND;
      },
      emscripten_receive_on_main_thread_js: never('emscripten_receive_on_main_thread_js'),
      emscripten_check_blocking_allowed: () => {},
      _emscripten_set_offscreencanvas_size: () => -1,
      _emscripten_notify_task_queue: never('_emscripten_notify_task_queue'),
      _emscripten_default_pthread_stack_size: () => PAGE,
      __emscripten_init_main_thread_js: never('__emscripten_init_main_thread_js'),
      __emscripten_thread_cleanup: (thread: number) => parent.postMessage({ cmd: 'cleanupThread', thread }),
      __pthread_create_js: never('__pthread_create_js'),
    },
    wasi_snapshot_preview1: { fd_close: never('fd_close'), fd_seek: never('fd_seek'), fd_write: write },
  };
}

/** Whether the heap now has that many bytes; it grows by a fifth at least, as in Emscripten. */
function growTo(requested: number): number {
  const wanted = requested >>> 0;
  const size = memory.buffer.byteLength;
  if (wanted > MOST_HEAP) return 0;
  for (const bytes of [Math.min(MOST_HEAP, Math.max(wanted, 1.2 * size)), wanted]) {
    try {
      memory.grow(Math.max(0, Math.ceil((bytes - size) / PAGE)));
      return 1;
    } catch {
      // There may be room for less.
    }
  }
  return 0;
}

/** What C prints: `count` pieces, each an address and a length at `pieces`. */
function write(_file: number, pieces: number, count: number, written: number): number {
  const view = new DataView(memory.buffer);
  let bytes = 0;
  let text = '';
  for (let at = pieces >>> 0; at < (pieces >>> 0) + 8 * count; at += 8) {
    const length = view.getUint32(at + 4, true);
    text += new TextDecoder().decode(new Uint8Array(memory.buffer, view.getUint32(at, true), length).slice());
    bytes += length;
  }
  console.error(text.trimEnd());
  view.setUint32(written >>> 0, bytes, true);
  return 0;
}

if (parent.on !== undefined) parent.on('message', obey);
else parent.onmessage = ({ data }) => obey(data);
parent.postMessage('started');
