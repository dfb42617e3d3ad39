import type { Check } from '@cnnviz/internal';

/** Which candidate is offered to which cell, and how good it is there. */
export interface Offers {
  candidate: Int32Array;
  cell: Int32Array;
  objective: Float64Array;
}

/** The layout of an archive: how many cells it has, and to which of them a batch of evaluated candidates is offered. */
export interface Archive<Evaluation> {
  /** Tells saved states of different archives apart, such as `classes(10, all)`. */
  readonly name: string;
  /** Everything else it depends on, as JSON data: a saved run resumes only with the same. Default: nothing. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly cells: number;
  /**
   * Gives the offers of a batch, candidate by candidate.
   *
   * @throws RangeError if the evaluation is not of `count` candidates, or is not finite; says which candidate.
   */
  offers(evaluation: Evaluation, count: number): Offers;
}

/** Each takes 16 bytes: 2 GB in all. */
const MOST_CELLS = 2 ** 27;

export function requireCells(check: Check, name: string, cells: number): number {
  check.number(name, cells, { integer: true, min: 1 });
  return check.number(name, cells, { max: MOST_CELLS });
}

/** The statuses of `Insertion`: an offer was turned down, improved a cell, or filled an empty one. */
export const AddStatus = { notAdded: 0, improved: 1, added: 2 } as const;
