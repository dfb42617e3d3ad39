import { beforeAll, beforeEach, describe, test } from 'vitest';
import { type BackendName, backendsHere, isNode, startBackend } from './backends/start-backend.ts';
import { isRequired } from './required.ts';

/**
 * Registers the tests of `suite` once for each backend that exists in this environment. A backend that cannot start gets a
 * single test instead, which is skipped with the reason, or fails if `CNNVIZ_REQUIRE` names the backend.
 *
 * @example
 * describeOnBackends(['cpu', 'wasm'], () => {
 *   test('adds', async () => expect(await tf.add(1, 1).data()).toEqual(new Float32Array([2])));
 * });
 */
export function describeOnBackends(names: readonly BackendName[], suite: (name: BackendName) => void): void {
  const tried = backendsToTry(names);
  // A file without any test is an error, and CNNVIZ_BACKENDS may name none of these.
  if (tried.length === 0) test.skip(`none of ${names.join(', ')} is among CNNVIZ_BACKENDS`);
  for (const name of tried) {
    describe(`on ${name}`, async () => {
      const reason = await reasonNotToStart(name);
      if (reason === undefined) {
        beforeAll(() => startBackend(name));
        suite(name);
      } else {
        test('starts', ({ skip }) => {
          if (isRequired(name)) throw new Error(reason);
          skip(reason);
        });
      }
    });
  }
}

/**
 * In a browser, `cpu` only where no other backend is asked for: it is the same JavaScript on the same engine as in Node, where
 * these tests run on it, too. In Node, those that the environment variable CNNVIZ_BACKENDS names, if it is set.
 */
function backendsToTry(names: readonly BackendName[]): readonly BackendName[] {
  const here = names.filter((name) => backendsHere.includes(name));
  if (isNode) {
    const chosen = process.env.CNNVIZ_BACKENDS?.split(/[\s,]+/);
    return chosen === undefined ? here : here.filter((name) => chosen.includes(name));
  }
  const others = here.filter((name) => name !== 'cpu');
  return others.length === 0 ? here : others;
}

/** Runs the tests of the surrounding `describe`, or file, on one backend; skips each with the reason if it cannot start. */
export function useBackend(name: BackendName): void {
  let reason: string | undefined;
  beforeAll(async () => {
    reason = await reasonNotToStart(name);
    if (reason !== undefined && isRequired(name)) throw new Error(reason);
  });
  beforeEach(({ skip }) => {
    if (reason !== undefined) skip(reason);
  });
}

async function reasonNotToStart(name: BackendName): Promise<string | undefined> {
  try {
    await startBackend(name);
    return undefined;
  } catch (error) {
    return `backend ${name} does not start: ${error instanceof Error ? error.message : error}`;
  }
}
