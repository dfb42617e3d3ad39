import type { Check } from './check.ts';
import { requireKept } from './kept-weights.ts';
import type { OptimizerState } from './optimizer-state.ts';

/** Throws unless it is what an optimizer may have remembered, of whichever kind it is. */
export function requireOptimizerState(check: Check, name: string, state: OptimizerState): OptimizerState {
  const { steps, slots } = check.options(state, name);
  if (typeof state.name !== 'string') check.fail('type', `${name}.name`, 'a string', state.name);
  check.number(`${name}.steps`, steps, { integer: true, min: 0 });
  for (const [field, kept] of Object.entries(check.options(slots, `${name}.slots`))) {
    const place = `${name}.slots.${field}`;
    if (!Array.isArray(kept)) check.fail('type', place, 'a list of weights', kept);
    for (const [position, slot] of kept.entries()) requireKept(check, `${place}[${position}]`, slot);
  }
  return state;
}
