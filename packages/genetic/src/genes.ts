import type { Check } from '@cnnviz/internal';

/** A genome of numbers, one a gene. */
export type Genes = Uint8Array | Int32Array | Float32Array | Float64Array;

/** Throws unless both are genomes of one kind and length. */
export function requireAlike(check: Check, first: Genes, second: Genes): void {
  if (!ArrayBuffer.isView(first)) check.fail('type', 'first', 'a typed array', first);
  if (!ArrayBuffer.isView(second)) check.fail('type', 'second', 'a typed array', second);
  if (first.constructor !== second.constructor) {
    check.fail('type', 'second', `a ${first.constructor.name} as the first parent is`, second);
  }
  if (first.length !== second.length) {
    check.failBecause('range', `parents must have as many genes, got ${first.length} and ${second.length}`);
  }
}

/** Throws unless it is a typed array. */
export function requireGenes(check: Check, genome: Genes): void {
  if (!ArrayBuffer.isView(genome)) check.fail('type', 'genome', 'a typed array', genome);
}

/** What a rate or a share may be. */
export const PROBABILITY = { min: 0, max: 1 } as const;
