import { describe, expect, test } from 'vitest';
import { checker } from './check.ts';
import { requireSavedState, type SavedState } from './saved-state.ts';

const check = checker('@cnnviz/adversarial', 'pgd');
const format = { kind: 'pgd', version: 2 } as const;
const require = (state: unknown) => requireSavedState(check, state as SavedState<'pgd'>, format);

describe('requireSavedState', () => {
  test('returns a state of its kind and version, also after JSON', () => {
    const state = { ...format, step: 3 };
    expect(require(state)).toBe(state);
    expect(require(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  test.each([
    [{ kind: 'fgsm', version: 2 }, 'it is of fgsm, version 2'],
    [{ kind: 'pgd', version: 1 }, 'it is of pgd, version 1'],
    [{ kind: 'pgd' }, 'it is of pgd'],
    [{ version: 2 }, 'it is of no known kind, version 2'],
    [{}, 'it is of no known kind'],
    [{ kind: 'pgd', version: '2' }, 'it is of pgd, version "2"'],
    [{ kind: 3, version: 2 }, 'it is of 3, version 2'],
    [{ kind: 'a\nb', version: 2 }, 'it is of "a\\nb", version 2'],
  ])('refuses %j by name', (state, sentence) => {
    const message = `@cnnviz/adversarial: pgd: cannot resume from this state: ${sentence}; expected pgd, version 2`;
    expect(() => require(state)).toThrow(new RangeError(message));
  });

  test.each([[null], ['pgd'], [3], [[]]])('refuses %j, which is no object', (state) => {
    expect(() => require(state)).toThrow(TypeError);
    expect(() => require(state)).toThrow('resume must be an object');
  });

  test('names the parameter that holds the state', () => {
    expect(() => requireSavedState(check, null as unknown as SavedState<'pgd'>, format, 'state')).toThrow(
      'state must be an object, got null',
    );
  });
});
