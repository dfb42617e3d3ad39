/** Which candidate is offered to which cell, and how good it is there. */
export interface Offers {
  candidate: Int32Array;
  cell: Int32Array;
  objective: Float64Array;
}

/** How an archive is laid out: into how many cells, and which of them a batch of evaluated candidates is offered to. */
export interface Archive<Evaluation> {
  /** Tells saved states of different archives apart, such as `classes(10, all)`. */
  readonly name: string;
  readonly cells: number;
  /**
   * The offers of a batch, candidate by candidate.
   *
   * @throws RangeError if the evaluation is not of `count` candidates, or is not finite; says which candidate.
   */
  offers(evaluation: Evaluation, count: number): Offers;
}

/** What became of an offer: it was turned down, improved a cell, or filled an empty one. */
export const AddStatus = { notAdded: 0, improved: 1, added: 2 } as const;
