import { type Bounds, type Check, isA, type Random } from '@cnnviz/internal';

/** A genome of numbers, one a gene. */
export type Genes = Uint8Array | Int32Array | Float32Array | Float64Array;

/** The same in every realm: `Float32Array`. */
function kindOf(genes: Genes): string {
  return genes[Symbol.toStringTag];
}

/** Throws unless both are genomes of one kind and length. */
export function requireAlike(check: Check, first: Genes, second: Genes): void {
  requireGenes(check, first, 'first');
  requireGenes(check, second, 'second');
  if (kindOf(first) !== kindOf(second)) {
    check.fail('type', 'second', `a ${kindOf(first)} as the first parent is`, second);
  }
  if (first.length !== second.length) {
    check.failBecause('range', `parents must have as many genes, got ${first.length} and ${second.length}`);
  }
}

/** Throws unless it is a typed array. */
export function requireGenes(check: Check, genome: Genes, name = 'genome'): void {
  const isGenes = ArrayBuffer.isView(genome) && typeof genome.length === 'number';
  if (!isGenes) check.fail('type', name, 'a typed array', genome);
}

/** Throws unless its genes can be any number. */
export function requireRealGenes(check: Check, genome: Genes, name = 'genome'): void {
  if (isA('Float32Array', genome) || isA('Float64Array', genome)) return;
  check.fail('type', name, 'a Float32Array or a Float64Array', genome);
}

/** Throws where a gene is outside the bounds, or NaN. A float32 gene may be off by its rounding. */
export function requireGenesWithin(check: Check, name: string, genes: Genes, [min, max]: Bounds): void {
  const isSingle = isA('Float32Array', genes);
  const low = isSingle ? Math.min(min, Math.fround(min)) : min;
  const high = isSingle ? Math.max(max, Math.fround(max)) : max;
  for (let gene = 0; gene < genes.length; gene++) {
    const value = genes[gene]!;
    if (!(value >= low && value <= high)) check.fail('range', `${name}[${gene}]`, `within [${min}, ${max}]`, value);
  }
}

/** Throws where a gene is NaN or infinite. */
export function requireFiniteGenes(check: Check, name: string, genes: Genes): void {
  for (let gene = 0; gene < genes.length; gene++) {
    if (!Number.isFinite(genes[gene])) check.fail('range', `${name}[${gene}]`, 'a finite number', genes[gene]);
  }
}

/** Throws unless an operator of the caller made a genome of the kind that it was given. */
export function requireMade<T extends Genes>(check: Check, operator: string, genome: T, like: T, bounds: Bounds): T {
  const what = `what ${operator} returns`;
  const isAlike = ArrayBuffer.isView(genome) && kindOf(genome) === kindOf(like) && genome.length === like.length;
  if (!isAlike) check.fail('type', what, `a ${kindOf(like)} of ${like.length} genes`, genome);
  requireGenesWithin(check, what, genome, bounds);
  return genome;
}

/** Throws unless it is a source of random numbers. */
export function requireRandom(check: Check, random: Random): void {
  if (typeof random?.uniform === 'function' && typeof random.integer === 'function') return;
  check.fail('type', 'random', 'a Random, as createRandom makes it', random);
}

/** Genes and genomes are counted with 32 bits. */
const MOST = 2 ** 31 - 1;

/** Throws unless it is a whole number from `min` on that is not out of all reason. */
export function requireCount(check: Check, name: string, value: number, min: number): number {
  check.number(name, value, { integer: true, min });
  return check.number(name, value, { max: MOST });
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
