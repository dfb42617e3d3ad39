import type { Check } from '@cnnviz/internal';

/** Refuses options that are no object, before a line that reads one of them fails. */
export function requireOptions(check: Check, options: unknown): void {
  if (typeof options !== 'object' || options === null) check.fail('type', 'options', 'an object of options', options);
}
