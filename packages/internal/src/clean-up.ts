import type { Check } from './check.ts';
import { messageOf } from './realm.ts';

/**
 * A step of a `finally`. What it throws would take the place of the result, or of the error that says what went wrong
 * first, so it becomes a warning.
 *
 * @param what What the step does, as the warning calls it: `restoring the best weights`.
 */
export function cleanUp(check: Check, what: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    check.warn(`${what} failed: ${messageOf(error)}`);
  }
}
