import type { Check } from '@cnnviz/internal';

/** A genome of numbers, one a gene. */
export type Genes = Uint8Array | Int32Array | Float32Array | Float64Array;

/** Throws unless both are genomes of one kind and length. */
export function requireAlike(check: Check, first: Genes, second: Genes): void {
  if (!ArrayBuffer.isView(first)) check.fail('type', 'first', 'a typed array', first);
  if (!ArrayBuffer.isView(second)) check.fail('type', 'second', 'a typed array', second);
  if (first.constructor !== second.constructor && first[Symbol.toStringTag] !== second[Symbol.toStringTag]) {
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

const BLOCK = 16_384;
const LONGEST_IN_BLOCK = 512;
let block = new ArrayBuffer(BLOCK);
let used = 0;

/**
 * A copy. Short copies of bits are cut from shared blocks, as Node's `Buffer` does: an array with a buffer of its own
 * takes longer to make than all that a generation does with it.
 */
export function copyGenes<T extends Genes>(genes: T): T {
  const { length } = genes;
  if (!(genes instanceof Uint8Array) || length > LONGEST_IN_BLOCK) return genes.slice() as T;
  if (used + length > BLOCK) {
    block = new ArrayBuffer(BLOCK);
    used = 0;
  }
  const copy = new Uint8Array(block, used, length);
  used += length;
  copy.set(genes);
  return copy as Genes as T;
}
