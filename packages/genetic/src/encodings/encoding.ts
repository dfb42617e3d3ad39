import type { Check, Random } from '@cnnviz/internal';

/** What an encoding needs to breed; lent by the algorithm. */
export interface Breeding {
  random: Random;
  /** The generation being made; 0 is the initial one. */
  generation: number;
  /** Numbers that the encoding keeps across the run, such as NEAT's innovation numbers. Saved with the algorithm's state. */
  memory: Record<string, number>;
}

/**
 * What the algorithms need to know of a genome `G`: how to make, cross, mutate, compare and save it. Genomes are never
 * modified: each function returns new ones, or the ones it was given.
 */
export interface Encoding<G> {
  /** Tells saved states of different encodings apart, such as `bits(100)`. */
  readonly name: string;
  /** What else decides how it breeds, as JSON data: a saved run resumes with the same only. Default: nothing. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A random genome. */
  create(breeding: Breeding): G;
  /**
   * Two children. Where genomes differ in structure, the first child has that of `first` and the second that of `second`,
   * unless one of them is `fitter`.
   */
  cross(first: G, second: G, breeding: Breeding, fitter?: 'first' | 'second'): readonly [G, G];
  /** A mutated copy. */
  mutate(genome: G, breeding: Breeding): G;
  /** How much the genomes of a population differ; 0 if all are equal. */
  diversity(genomes: readonly G[]): number;
  /** The distance between two genomes; needed for speciation. */
  distance?(first: G, second: G): number;
  /** The genome as JSON data. */
  save(genome: G): unknown;
  /** The genome that was saved. @throws Error where it is not one. */
  load(saved: unknown): G;
}

/** Throws unless it has what every algorithm calls. */
export function requireEncoding<G>(check: Check, encoding: Encoding<G>): Encoding<G> {
  check.options(encoding, 'encoding');
  if (typeof encoding.name !== 'string') check.fail('type', 'encoding.name', 'a string', encoding.name);
  for (const part of ['create', 'cross', 'mutate', 'diversity', 'save', 'load'] as const) {
    check.callable<unknown>(`encoding.${part}`, encoding[part]);
  }
  if (encoding.distance !== undefined) check.callable('encoding.distance', encoding.distance);
  if (encoding.settings !== undefined) check.options(encoding.settings, 'encoding.settings');
  return encoding;
}

/** Throws where a part of the encoding gave no genome, or will later. */
export function requireGenome<G>(check: Check, part: 'create' | 'mutate' | 'save', genome: G): G {
  const isLater = typeof (genome as { then?: unknown } | null | undefined)?.then === 'function';
  const isNone = genome === undefined || genome === null || isLater;
  return isNone ? check.fail('type', `what encoding.${part} returns`, 'a genome', genome) : genome;
}

/** Throws unless a crossover made two genomes. */
export function requirePair<G>(check: Check, crossover: string, pair: readonly [G, G]): readonly [G, G] {
  const isPair = Array.isArray(pair) && pair.length === 2 && !pair.includes(undefined);
  return isPair ? pair : check.fail('type', `what ${crossover} returns`, 'two genomes', pair);
}

const readers = new WeakSet<object>();

/** Marks an encoding of this package whose operators write into no genome, so that none has to be copied for them. */
export function markAsReader<E extends object>(encoding: E): E {
  readers.add(encoding);
  return encoding;
}

/** Whether the encoding is known to write into no genome that it is lent. */
export const isReader = (encoding: object): boolean => readers.has(encoding);
