import { type Check, isCheckerError } from './check.ts';
import { messageOf } from './realm.ts';

/**
 * Restores something from saved data. If a part is missing or of another kind, the error says that the data is damaged,
 * instead of what the first line to trip over it says. Errors of a checker pass unchanged.
 *
 * @param what What callers call it: `state`.
 */
export function restoring<T>(check: Check, what: string, restore: () => T): T {
  try {
    return restore();
  } catch (error) {
    if (isCheckerError(error)) throw error;
    throw check.errorBecause('state', `${what} is damaged: ${messageOf(error)}`);
  }
}
