import { engine } from '@tensorflow/tfjs-core';
import { messageOf } from './message-of.ts';
import { replace } from './replace.ts';

/** Marks the factory that explains failures, whether it is ours or another copy's. */
const EXPLAINS = Symbol.for('@cnnviz/wasm-gradients: explains failures');

const PREFIX = '@cnnviz/wasm-gradients: the wasm backend did not start: ';
const REMEDY =
  'Copy the three .wasm files of @tensorflow/tfjs-backend-wasm/dist to where they can be loaded and name that folder with ' +
  'setWasmPaths before the backend starts; https://github.com/cnnviz/cnnviz/blob/main/docs/bundlers.md shows how';

const FORBIDDEN =
  "WebAssembly is forbidden here; script-src of a page's Content-Security-Policy needs 'wasm-unsafe-eval'";

/** The first bytes of every WebAssembly module, and the smallest module. */
const MAGIC = [0, 0x61, 0x73, 0x6d];
const SMALLEST = [...MAGIC, 1, 0, 0, 0];

/**
 * Makes a wasm backend that fails to start reject with an error that says what it looked for and how to fix it. tfjs says neither,
 * and never settles if `setWasmPaths` was told to use the platform's fetch.
 */
export function explainStartFailures(): void {
  const entry = engine().registryFactory.wasm;
  if (entry === undefined || EXPLAINS in entry.factory) return;
  const { factory } = entry;
  const failures: { last?: Error } = {};
  let watching: ReturnType<typeof watchFiles> | undefined;
  const explaining = async () => {
    // An abandoned start may still be watching.
    watching?.restore();
    const files = watchFiles();
    watching = files;
    try {
      return await Promise.race([factory(), files.missing]);
    } catch (error) {
      const reason = isWasmForbidden() ? FORBIDDEN : `${files.found() ?? messageOf(error)}. ${REMEDY}`;
      failures.last = new Error(`${PREFIX}${reason}`, { cause: error });
      throw failures.last;
    } finally {
      files.restore();
    }
  };
  entry.factory = Object.assign(explaining, { [EXPLAINS]: failures });
}

/** Why the last attempt to start the backend failed. */
export function lastStartFailure(): Error {
  const factory = engine().registryFactory.wasm?.factory as { [EXPLAINS]?: { last?: Error } } | undefined;
  return factory?.[EXPLAINS]?.last ?? new Error(`${PREFIX}tfjs gives no reason. ${REMEDY}`);
}

/** The part of such an error's message that differs from case to case. */
export function reasonIn(error: unknown): string {
  return messageOf(error).replace(PREFIX, '');
}

/**
 * Watches the next .wasm file that is fetched or, in Node, read; tfjs requests it in the same turn of the event loop. If the file
 * is missing, tfjs' own fetch never settles, because tfjs would otherwise abort without a reason.
 */
function watchFiles() {
  let found: string | undefined;
  let reject: (error: Error) => void = () => {};
  const missing = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  missing.catch(() => {});
  const watch: Watch = {
    isSeen: (path) => {
      if (!/\.wasm($|[?#])/.test(path)) return false;
      restore();
      return true;
    },
    report: (sentence) => {
      found = sentence;
      reject(new Error(sentence));
    },
  };
  const undo = [watchFetch(watch), watchReads(watch)];
  const restore = () => {
    for (const each of undo) each();
  };
  return { missing, restore, found: () => found };
}

interface Watch {
  /** Whether this is the file. If so, watching ends. */
  isSeen(path: string): boolean;
  report(sentence: string): void;
}

function watchFetch({ isSeen, report }: Watch): () => void {
  const { fetch } = globalThis;
  if (fetch === undefined) return () => {};
  const never = new Promise<never>(() => {});
  const watching = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    const url = String((input as Request).url ?? input);
    if (init?.credentials !== 'same-origin' || !isSeen(url)) return fetch(input, init);
    try {
      const response = await fetch(input, init);
      const reason = await reasonAgainst(response);
      if (reason === undefined) return response;
      report(`${response.url || url} ${reason}`);
    } catch (error) {
      report(`${url} could not be fetched: ${messageOf(error)}`);
    }
    return never;
  };
  return replace(globalThis, 'fetch', { value: watching, writable: true });
}

type ReadFile = (path: unknown, ...rest: unknown[]) => unknown;

function watchReads({ isSeen, report }: Watch): () => void {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const fs = process?.getBuiltinModule?.('node:fs') as { readFileSync: ReadFile } | undefined;
  if (fs === undefined) return () => {};
  const { readFileSync } = fs;
  const watching: ReadFile = (path, ...rest) => {
    if (!isSeen(String(path))) return readFileSync(path, ...rest);
    try {
      return readFileSync(path, ...rest);
    } catch (error) {
      report(messageOf(error));
      throw error;
    }
  };
  return replace(fs, 'readFileSync', { value: watching, writable: true, enumerable: true });
}

/** Checks the content, because many servers answer with a page if there is no file. */
async function reasonAgainst(response: Response): Promise<string | undefined> {
  if (!response.ok) return `answered ${`${response.status} ${response.statusText}`.trim()}`;
  if (response.headers.get('content-type')?.startsWith('application/wasm')) return undefined;
  const bytes = new Uint8Array(await response.clone().arrayBuffer());
  if (MAGIC.every((value, index) => bytes[index] === value)) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(0, 24)).trim();
  return `is not WebAssembly; it begins with ${JSON.stringify(text)}`;
}

function isWasmForbidden(): boolean {
  try {
    new WebAssembly.Module(new Uint8Array(SMALLEST));
    return false;
  } catch {
    return true;
  }
}
