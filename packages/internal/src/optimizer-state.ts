import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { assignKept, type KeptWeights, readWeights, requireKept, tensorOfKept } from './kept-weights.ts';

/** What an optimizer remembers; plain data. */
export interface OptimizerState {
  readonly name: string;
  readonly steps: number;
  /** Of its fields, those that are one variable (Adam's powers of beta) or one for each weight (momentum, moments). */
  readonly slots: Readonly<Record<string, readonly (KeptWeights & { readonly index: number })[]>>;
}

interface Slot {
  originalName: string;
  variable: Variable;
}

/**
 * Reads everything that changes while an optimizer works.
 *
 * `Optimizer.getWeights` does not suffice: it leaves out Adam's powers of beta, and `setWeights` computes them anew
 * (`pow` where the optimizer multiplies), so that what follows differs in the last bit.
 */
export async function readOptimizer(optimizer: Optimizer): Promise<OptimizerState> {
  const slots: Record<string, (KeptWeights & { index: number })[]> = {};
  for (const [field, value] of Object.entries(optimizer)) {
    const variables = slotVariables(value);
    if (variables === undefined) continue;
    const read = await readWeights(variables.map(([, variable]) => variable));
    slots[field] = read.map((weights, position) => ({ ...weights, index: variables[position]![0] }));
  }
  return { name: optimizer.getClassName(), steps: optimizer.iterations, slots };
}

/**
 * Puts an optimizer of the same kind into a state that was read; its learning rate stays. Nothing is changed where that
 * state is damaged.
 *
 * @param variables What it optimizes.
 */
export function restoreOptimizer(
  check: Check,
  optimizer: Optimizer,
  state: OptimizerState,
  variables: readonly Variable[],
): void {
  requireOptimizerState(check, optimizer, state, variables);
  const fields = optimizer as unknown as Record<string, unknown>;
  for (const [field, kept] of Object.entries(state.slots)) {
    const current = fields[field];
    if (current instanceof tf.Variable) {
      assignKept(current, kept[0]!);
      continue;
    }
    for (const [, variable] of slotVariables(current) ?? []) variable.dispose();
    const slots: Slot[] = [];
    for (const slot of kept) {
      const variable = tf.tidy(() => tf.variable(tensorOfKept(slot), false));
      slots[slot.index] = { originalName: `${field}/${slot.index}`, variable };
    }
    fields[field] = slots;
  }
  fields.iterations_ = state.steps;
}

function requireOptimizerState(
  check: Check,
  optimizer: Optimizer,
  state: OptimizerState,
  variables: readonly Variable[],
): void {
  if (optimizer.getClassName() !== state?.name) {
    check.fail('range', 'optimizer', `${state?.name}, as in the saved state`, optimizer.getClassName());
  }
  check.number('resume.optimizer.steps', state.steps, { integer: true, min: 0 });
  const own = Object.entries(optimizer).filter(([, value]) => slotVariables(value) !== undefined);
  const expected = own.map(([field]) => field).sort();
  const received = Object.keys(state.slots ?? {}).sort();
  if (received.join() !== expected.join()) {
    check.fail('range', 'resume.optimizer.slots', `those of ${state.name}, ${expected.join(', ')}`, received);
  }
  for (const [field, value] of own) {
    const name = `resume.optimizer.slots.${field}`;
    const kept = state.slots[field]!;
    if (!Array.isArray(kept)) check.fail('type', name, 'a list of { index, shape, values }', kept);
    for (const [position, slot] of kept.entries()) requireKept(check, `${name}[${position}]`, slot);
    if (value instanceof tf.Variable) {
      const fits = kept.length === 1 && tf.util.arraysEqual(value.shape, kept[0]!.shape);
      if (!fits) check.fail('range', name, `one of shape [${value.shape.join(', ')}]`, kept);
    } else {
      requireSlotsOf(check, name, kept, variables);
    }
  }
}

/** A variable that no gradient reaches has no slot, and does not count. */
function requireSlotsOf(
  check: Check,
  name: string,
  kept: OptimizerState['slots'][string],
  variables: readonly Variable[],
): void {
  let next = 0;
  let last = -1;
  for (const [position, { index, shape }] of kept.entries()) {
    check.number(`${name}[${position}].index`, index, { integer: true, above: last, below: variables.length });
    last = index;
    while (next < variables.length && !tf.util.arraysEqual(variables[next]!.shape, [...shape])) next++;
    if (next++ >= variables.length) {
      check.fail('range', `${name}[${position}]`, 'of the shape of a variable', `shape [${shape.join(', ')}]`);
    }
  }
}

function slotVariables(value: unknown): [index: number, variable: Variable][] | undefined {
  if (value instanceof tf.Variable) return [[0, value]];
  if (!Array.isArray(value)) return undefined;
  const entries: [number, Variable][] = [];
  for (const [index, slot] of (value as (Partial<Slot> | undefined)[]).entries()) {
    if (slot === undefined || slot === null) continue;
    // RMSProp keeps a list of empty slots for gradients that it does not center.
    if (slot.variable instanceof tf.Variable) entries.push([index, slot.variable]);
  }
  return entries;
}

export function learningRateOf(check: Check, optimizer: Optimizer): number {
  const { learningRate } = optimizer as unknown as { learningRate?: unknown };
  if (typeof learningRate === 'number') return learningRate;
  return check.fail('type', 'optimizer', 'an optimizer with a learningRate', optimizer);
}

export function setLearningRate(optimizer: Optimizer, rate: number): void {
  const target = optimizer as unknown as { learningRate: number; setLearningRate?: (rate: number) => void };
  // SGD and momentum keep the rate in a tensor as well.
  if (target.setLearningRate) target.setLearningRate(rate);
  else target.learningRate = rate;
}

/** Also frees what `dispose` of tfjs-core 4.22 forgets: momentum keeps its learning rate in a tensor. */
export function disposeOptimizer(optimizer: Optimizer): void {
  optimizer.dispose();
  for (const field of Object.values(optimizer)) {
    if (field instanceof tf.Tensor && !field.isDisposed) field.dispose();
  }
}
