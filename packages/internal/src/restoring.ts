import type { Check } from './check.ts';
import { messageOf } from './realm.ts';

const isOurs = (error: unknown) => messageOf(error).startsWith('@cnnviz/');

/**
 * Makes something of what was saved. Where that lacks a part, or a part is of another kind, the error says that it is
 * damaged, and not what the first line that met it says.
 *
 * @param what What callers call it: `state`.
 */
export function restoring<T>(check: Check, what: string, restore: () => T): T {
  try {
    return restore();
  } catch (error) {
    if (isOurs(error)) throw error;
    return check.failBecause('state', `${what} is damaged: ${messageOf(error)}`);
  }
}
