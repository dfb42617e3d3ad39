import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../describe-on-backends.ts';
import { exportedFunctions } from './exported-functions.ts';
import { hostileCalls } from './hostile-calls.ts';
import { type Callee, faultOf, type ValidCall } from './run-hostile-call.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * Calls each function that a package exports with invalid values, derived from its types, in place of each argument, option and
 * callback result. Each call must fail with an error in our form, or with the callback's own error, unless the types admit the
 * value. No call may leak a tensor or dispose one of the caller's.
 *
 * @param folder The package's folder in `packages`.
 * @param exported Everything that its `index.ts` exports.
 * @param calls A valid call of each function. A function without one fails the test.
 */
export function describeHostileCalls(
  folder: string,
  exported: Readonly<Record<string, unknown>>,
  calls: Readonly<Record<string, ValidCall>>,
): void {
  describe(`hostile calls of @cnnviz/${folder}`, () => {
    useBackend('cpu');
    const functions = exportedFunctions(root, folder);

    test('each exported function has a valid call, and nothing else has', () => {
      expect(Object.keys(calls).sort()).toEqual(functions.map(({ name }) => name).sort());
    });

    for (const described of functions) {
      const valid = calls[described.name];
      if (valid === undefined) continue;
      test(described.name, async () => {
        const callee = calleeOf(`@cnnviz/${folder}`, described.name, exported);
        expect(await faultOf(callee, valid)).toBeUndefined();
        const faults: string[] = [];
        const own = valid.given?.() ?? [];
        const hostile = hostileCalls(described, own);
        await faultOf({ ...callee, call: () => {} }, { given: () => own });
        for (const call of hostile) {
          const fault = await faultOf(callee, valid, call);
          if (fault !== undefined) faults.push(fault);
        }
        expect(faults).toEqual([]);
      });
    }
  });
}

type AnyFunction = (...given: unknown[]) => unknown;
type AnyClass = new (...given: unknown[]) => object;

function calleeOf(packageName: string, name: string, exported: Readonly<Record<string, unknown>>): Callee {
  const [owner = name, method] = name.split(/[.#]/);
  const found = exported[owner];
  if (name.includes('#')) {
    return {
      packageName,
      name,
      call: (on, given) => (on as Record<string, AnyFunction>)[method!]!(...given),
    };
  }
  if (method !== undefined) {
    return { packageName, name, call: (_, given) => (found as Record<string, AnyFunction>)[method]!(...given) };
  }
  const isClass = /^class\b/.test(Function.prototype.toString.call(found));
  const call: Callee['call'] = isClass
    ? (_, given) => new (found as AnyClass)(...given)
    : (_, given) => (found as AnyFunction)(...given);
  return { packageName, name, call };
}
