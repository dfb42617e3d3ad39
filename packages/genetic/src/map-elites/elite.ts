import type { Check } from '@cnnviz/internal';

/** A genome and the generation in which it was made. */
export interface Ancestor<G> {
  genome: G;
  generation: number;
}

/** The holder of a cell. */
export interface Elite<G> extends Ancestor<G> {
  cell: number;
  objective: number;
  /** From the oldest to the parent, as many as the option `lineage` keeps. */
  ancestors: Ancestor<G>[];
}

/** A genome with its line of descent; one object however many cells it holds. */
export interface Member<G> {
  self: Ancestor<G>;
  ancestors: Ancestor<G>[];
}

/** Throws unless it is an element of `elites`. */
export function requireElite<G>(check: Check, name: string, elite: Elite<G>): void {
  const { cell, objective, generation, ancestors } = check.options(elite, name);
  check.number(`${name}.cell`, cell, { integer: true, min: 0 });
  check.number(`${name}.objective`, objective);
  check.number(`${name}.generation`, generation, { integer: true, min: 0 });
  if (!Array.isArray(ancestors)) check.fail('type', `${name}.ancestors`, 'a list', ancestors);
  for (const [index, ancestor] of ancestors.entries()) check.options(ancestor, `${name}.ancestors[${index}]`);
}
