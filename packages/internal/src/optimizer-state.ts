import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { type KeptWeights, readWeights } from './kept-weights.ts';

/** What an optimizer remembers; plain data. */
export interface OptimizerState {
  readonly name: string;
  readonly iterations: number;
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
  return { name: optimizer.getClassName(), iterations: optimizer.iterations, slots };
}

/** Puts an optimizer of the same kind into a state that was read; its learning rate stays. */
export function restoreOptimizer(check: Check, optimizer: Optimizer, state: OptimizerState): void {
  if (optimizer.getClassName() !== state.name) {
    check.fail('range', 'optimizer', `${state.name}, as in the checkpoint`, optimizer.getClassName());
  }
  const fields = optimizer as unknown as Record<string, unknown>;
  for (const [field, kept] of Object.entries(state.slots)) {
    const current = fields[field];
    if (current instanceof tf.Variable) {
      tf.tidy(() => current.assign(tf.tensor(kept[0]!.values, [...kept[0]!.shape])));
      continue;
    }
    for (const [, variable] of slotVariables(current) ?? []) variable.dispose();
    const slots: Slot[] = [];
    for (const { index, values, shape } of kept) {
      const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), false));
      slots[index] = { originalName: `${field}/${index}`, variable };
    }
    fields[field] = slots;
  }
  fields.iterations_ = state.iterations;
}

function slotVariables(value: unknown): [index: number, variable: Variable][] | undefined {
  if (value instanceof tf.Variable) return [[0, value]];
  if (!Array.isArray(value)) return undefined;
  const entries: [number, Variable][] = [];
  for (const [index, slot] of (value as (Partial<Slot> | undefined)[]).entries()) {
    if (slot === undefined || slot === null) continue;
    // RMSProp keeps a list of empty slots for gradients that it does not centre.
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
