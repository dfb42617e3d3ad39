import type { Check } from '@cnnviz/internal';

/**
 * Checks labels that stand for no concept.
 *
 * @param numbers Of the concepts.
 */
export function checkVoidLabels(
  check: Check,
  voidLabels: readonly number[] | undefined,
  numbers: { has(number: number): boolean },
): ReadonlySet<number> {
  if (voidLabels === undefined) return new Set();
  if (!Array.isArray(voidLabels)) check.fail('type', 'voidLabels', 'a list of labels', voidLabels);
  for (const label of voidLabels) {
    check.number('voidLabels', label, { integer: true, min: 0, max: 65535 });
    if (numbers.has(label)) check.fail('range', 'voidLabels', 'labels that are no numbers of concepts', label);
  }
  return new Set(voidLabels);
}

/**
 * Makes void labels 0, in place, and finds the first one that is no concept's.
 *
 * @returns Its index, -1 where there is none.
 */
export function dropVoidLabels(
  labels: Uint16Array,
  voidLabels: ReadonlySet<number>,
  numbers: { has(number: number): boolean },
): number {
  // Maps repeat few labels over and over.
  let [known, kept] = [0, 0];
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (label === 0) continue;
    if (label !== known) {
      if (!numbers.has(label) && !voidLabels.has(label)) return index;
      known = label;
      kept = voidLabels.has(label) ? 0 : label;
    }
    labels[index] = kept;
  }
  return -1;
}

/** What an error adds on a label that is no concept's. */
export const voidLabelsHint = (label: number) =>
  `if ${label} stands for no concept, say so with voidLabels: [${label}]`;
