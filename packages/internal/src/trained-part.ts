import type { Check } from './check.ts';
import { type KeptWeights, requireKept } from './kept-weights.ts';
import type { OptimizerState } from './optimizer-state.ts';
import { requireOptimizerState } from './require-optimizer-state.ts';

/** A network in a checkpoint, with what its optimizer remembers. */
export interface TrainedPart {
  /** Types and shapes of its variables, by which it is recognized. */
  readonly model: string;
  readonly weights: readonly KeptWeights[];
  readonly optimizer: OptimizerState;
}

/** Throws unless a checkpoint has a whole network and the state of its optimizer under this name. */
export function requireTrainedPart(check: Check, name: string, part: TrainedPart): void {
  const { model, weights, optimizer } = check.options(part, name);
  if (typeof model !== 'string') check.fail('type', `${name}.model`, 'a string', model);
  if (!Array.isArray(weights)) check.fail('type', `${name}.weights`, 'a list of weights', weights);
  for (const [index, kept] of weights.entries()) requireKept(check, `${name}.weights[${index}]`, kept);
  requireOptimizerState(check, `${name}.optimizer`, optimizer);
}
