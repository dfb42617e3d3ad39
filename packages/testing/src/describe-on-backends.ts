import { beforeAll, beforeEach, describe, test } from 'vitest';
import { type BackendName, backendsHere, startBackend } from './backends/start-backend.ts';
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
  for (const name of names.filter((candidate) => backendsHere.includes(candidate))) {
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
