import {
  createRandom,
  type Random,
  type RandomState,
  requireSavedState,
  restoreRandom,
  restoring,
} from '@cnnviz/internal';
import { requireGenome } from '../encodings/encoding.ts';
import { differenceOf, type SavedOptions } from '../genomes/saved-options.ts';
import type { Ancestor, Member } from './elite.ts';
import { check, type MapElitesSettings } from './map-elites-options.ts';

/** Everything that decides how a run continues; plain JSON. */
export interface MapElitesState {
  kind: 'MapElites';
  version: number;
  /** Name of the encoding. */
  encoding: string;
  /** Name of the archive. */
  archive: string;
  /** The options that it was saved with. */
  options: SavedOptions;
  generation: number;
  evaluations: number;
  random: RandomState;
  memory: Record<string, number>;
  /** Every genome that is kept, once. */
  genomes: { genome: unknown; generation: number }[];
  /** The holders of the filled cells, by index into `genomes`. */
  cells: { cell: number; objective: number; genome: number; ancestors: number[] }[];
  /** The batch being evaluated, if any. */
  asked: { genome: number; ancestors: number[] }[] | null;
}

/** A run in memory. */
export interface MapElitesRun<G> {
  random: Random;
  /** The encoding's own. */
  memory: Record<string, number>;
  /** The number of the last batch told; -1 before the first. */
  generation: number;
  evaluations: number;
  /** One per cell; undefined where it is empty. */
  holders: (Member<G> | undefined)[];
  /** One per cell; -Infinity where it is empty. */
  objectives: Float64Array;
  /** The batch being evaluated, if any. */
  asked: Member<G>[] | undefined;
}

const FORMAT = { kind: 'MapElites', version: 1 } as const;

export function startRun<G>(cells: number, seed: number): MapElitesRun<G> {
  return {
    random: createRandom(seed),
    memory: {},
    generation: -1,
    evaluations: 0,
    holders: Array(cells).fill(undefined),
    objectives: new Float64Array(cells).fill(Number.NEGATIVE_INFINITY),
    asked: undefined,
  };
}

export function saveRun<G>(
  { encoding, archive, saved }: MapElitesSettings<G, never>,
  run: MapElitesRun<G>,
): MapElitesState {
  const genomes: MapElitesState['genomes'] = [];
  const indices = new Map<Ancestor<G>, number>();
  const indexOf = (ancestor: Ancestor<G>): number => {
    const known = indices.get(ancestor);
    if (known !== undefined) return known;
    indices.set(ancestor, genomes.length);
    const genome = requireGenome(check, 'save', encoding.save(ancestor.genome));
    return genomes.push({ genome, generation: ancestor.generation }) - 1;
  };
  const describe = ({ self, ancestors }: Member<G>) => ({
    genome: indexOf(self),
    ancestors: ancestors.map(indexOf),
  });
  return {
    ...FORMAT,
    encoding: encoding.name,
    archive: archive.name,
    options: { ...saved },
    generation: run.generation,
    evaluations: run.evaluations,
    random: run.random.state(),
    memory: { ...run.memory },
    cells: run.holders.flatMap((holder, cell) =>
      holder === undefined ? [] : [{ cell, objective: run.objectives[cell]!, ...describe(holder) }],
    ),
    asked: run.asked?.map(describe) ?? null,
    genomes,
  };
}

/** @throws RangeError or Error if the state is another algorithm's, of other options, or damaged. */
export function restoreRun<G>(settings: MapElitesSettings<G, never>, state: MapElitesState): MapElitesRun<G> {
  return restoring(check, 'the state to resume from', () => {
    requireState(settings, state);
    const run = startRun<G>(settings.archive.cells, 0);
    run.random = restoreRandom(state.random);
    run.memory = { ...state.memory };
    run.generation = state.generation;
    run.evaluations = state.evaluations;
    const memberOf = memberLoader(settings, state);
    for (const saved of state.cells) {
      run.holders[saved.cell] = memberOf(saved);
      run.objectives[saved.cell] = saved.objective;
    }
    run.asked = state.asked?.map(memberOf);
    return run;
  });
}

/** Gives the same object for the same genome. */
function memberLoader<G>({ encoding }: MapElitesSettings<G, never>, { genomes }: MapElitesState) {
  const loaded = genomes.map(({ genome, generation }) => ({ genome: encoding.load(genome), generation }));
  const at = (index: number): Ancestor<G> =>
    (Number.isInteger(index) ? loaded[index] : undefined) ?? fail(`genome ${index} is missing`);
  const members = new Map<number, Member<G>>();
  return (saved: { genome: number; ancestors: number[] }): Member<G> => {
    const known = members.get(saved.genome);
    if (known !== undefined) return known;
    const member = { self: at(saved.genome), ancestors: saved.ancestors.map(at) };
    members.set(saved.genome, member);
    return member;
  };
}

function requireState<G>({ encoding, archive, saved }: MapElitesSettings<G, never>, state: MapElitesState): void {
  requireSavedState(check, state, FORMAT);
  if (state.encoding !== encoding.name) {
    fail(`its genomes are ${state.encoding}, but those of the encoding are ${encoding.name}`);
  }
  if (state.archive !== archive.name) fail(`its archive is ${state.archive}, but the option is ${archive.name}`);
  const difference = differenceOf(state.options, saved);
  if (difference !== undefined) fail(difference);
  if (!Number.isInteger(state.generation) || state.generation < -1) fail(`its generation is ${state.generation}`);
  if (!Number.isInteger(state.evaluations) || state.evaluations < 0) {
    fail(`its number of evaluations is ${state.evaluations}`);
  }
  if (typeof state.memory !== 'object' || state.memory === null) fail('it has no memory');
  if (!Array.isArray(state.genomes)) fail('it has no genomes');
  if (state.asked !== null && !Array.isArray(state.asked)) fail('its batch is not a list');
  requireSavedCells(state, archive.cells);
}

function requireSavedCells({ cells, generation }: MapElitesState, count: number): void {
  if (!Array.isArray(cells)) fail('it has no cells');
  for (const { cell, objective, ancestors } of cells) {
    if (!(Number.isInteger(cell) && cell >= 0 && cell < count)) fail(`cell ${cell} is not in the archive`);
    if (!Number.isFinite(objective)) fail(`the objective of cell ${cell} is ${objective}`);
    if (!Array.isArray(ancestors)) fail(`cell ${cell} has no list of ancestors`);
  }
  if (generation >= 0 && cells.length === 0) fail('its archive is empty');
}

function fail(reason: string): never {
  return check.failBecause('state', `cannot resume from this state: ${reason}`);
}
