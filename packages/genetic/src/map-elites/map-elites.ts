import {
  type Check,
  checker,
  createRandom,
  type Random,
  type RandomState,
  restoreRandom,
  restoring,
} from '@cnnviz/internal';
import { type Encoding, requireEncoding, requireGenome, requirePair } from '../encodings/encoding.ts';
import { copyGenome } from '../genomes/copy-genome.ts';
import { PROBABILITY, requireCount } from '../genomes/genes.ts';
import { differenceOf, type SavedOptions, savedOptions } from '../genomes/saved-options.ts';
import { AddStatus, type Archive, type Offers, requireCells } from './archive.ts';

export interface MapElitesOptions<G, Evaluation> {
  /** What a genome is, and how it is made, crossed and mutated. */
  encoding: Encoding<G>;
  /** `classArchive` or `gridArchive`. */
  archive: Archive<Evaluation>;
  /** Children a generation, 2 or more. Default: 200, the fooling code's. */
  batchSize?: number;
  /** Random genomes of the first generation. Default: `batchSize`. */
  initialSize?: number;
  /** A whole number >= 0. Not used when going on from a `state`. */
  seed: number;
  /** Probability that two parents are crossed; else they are copied. Each child mutates. Default: 0.5, the fooling code's. */
  crossoverRate?: number;
  /**
   * How parents are drawn, with replacement.
   *
   * - `cells`: each filled cell equally likely, so that a genome that holds k cells is drawn k times as often.
   * - `elites`: each different genome equally likely.
   *
   * Default: `cells`, as in the fooling code.
   */
  parents?: 'cells' | 'elites';
  /** Ancestors to keep of each elite, spread over its line of descent by first parents. Default: 0. */
  lineage?: number;
  /** What `state()` gave, with the same options: resumes from there. */
  state?: MapElitesState;
}

/** A genome and when it was made. */
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

export interface ArchiveStatistics {
  /** Of the last batch told; 0 is the initial one. */
  generation: number;
  /** Genomes evaluated so far. */
  evaluations: number;
  /** Cells that have a holder. */
  filled: number;
  /** Different genomes in them. */
  genomes: number;
  /** Share of cells that are filled. */
  coverage: number;
  /** Sum over the filled cells of objective - offset. */
  qdScore: number;
  /** The same divided by the number of cells. */
  normalizedQdScore: number;
  /** Over the filled cells. */
  best: number;
  mean: number;
  median: number;
}

/** What became of each offer of a batch, judged by the archive as it was before the batch. */
export interface Insertion {
  candidate: Int32Array;
  cell: Int32Array;
  /** 0 turned down, 1 improves a cell, 2 new in an empty cell: pyribs' numbers. */
  status: Uint8Array;
  /** Objective less that of the elite it met; the objective itself where it met none. */
  value: Float64Array;
}

/** All that decides how a run goes on; plain JSON. */
export interface MapElitesState {
  algorithm: 'MapElites';
  encoding: string;
  archive: string;
  /** That it was saved with. */
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

/** A genome with its line of descent; one object however many cells it holds. */
interface Member<G> {
  self: Ancestor<G>;
  ancestors: Ancestor<G>[];
}

const constructing = checker('@cnnviz/genetic', 'MapElites');
const telling = checker('@cnnviz/genetic', 'MapElites.tell');
const counting = checker('@cnnviz/genetic', 'MapElites.statistics');

/**
 * MAP-Elites: an archive that keeps the best genome of each cell, and breeds from all of them. The caller owns the loop:
 * `ask()` for genomes, evaluate them, `tell()` what the archive asks for (scores by class, or objectives and measures).
 *
 * A generation draws pairs of parents from the archive, crosses them with `crossoverRate` and mutates both children. A
 * child takes a cell only if it is strictly better than its holder; among equals in one batch the first has it.
 *
 * @throws RangeError if the batch is below 2 or the rate outside [0, 1].
 * @throws Error if a `state` is not one of these options.
 * @see Mouret, Clune, "Illuminating search spaces by mapping elites", 2015, https://arxiv.org/abs/1504.04909.
 *
 * @example
 * import { gridArchive, MapElites, realEncoding } from '@cnnviz/genetic';
 *
 * const search = new MapElites({
 *   encoding: realEncoding({ length: 2, bounds: [-1, 1] }),
 *   archive: gridArchive({ dims: [10, 10], ranges: [[-1, 1], [-1, 1]] }),
 *   batchSize: 50,
 *   seed: 0,
 * });
 * for (let generation = 0; generation < 20; generation++) {
 *   const points = search.ask();
 *   search.tell({
 *     objectives: points.map(([x, y]) => -(x! ** 2) - y! ** 2),
 *     measures: points.flatMap((point) => [...point]),
 *   });
 * }
 * search.statistics().coverage; // close to 1
 */
export class MapElites<G, Evaluation> {
  readonly #encoding: Encoding<G>;
  readonly #archive: Archive<Evaluation>;
  readonly #batchSize: number;
  readonly #initialSize: number;
  readonly #crossoverRate: number;
  readonly #parents: 'cells' | 'elites';
  readonly #lineage: number;
  readonly #options: SavedOptions;
  #random: Random;
  #memory: Record<string, number>;
  readonly #holders: (Member<G> | undefined)[];
  readonly #objectives: Float64Array;
  #generation = -1;
  #evaluations = 0;
  #asked: Member<G>[] | undefined;

  constructor(options: MapElitesOptions<G, Evaluation>) {
    const check = constructing;
    this.#encoding = requireEncoding(check, check.options(options).encoding);
    this.#archive = check.options(options.archive, 'archive');
    if (typeof this.#archive.name !== 'string') check.fail('type', 'archive.name', 'a string', this.#archive.name);
    check.callable('archive.offers', this.#archive.offers);
    if (this.#archive.settings !== undefined) check.options(this.#archive.settings, 'archive.settings');
    requireCells(check, 'archive.cells', this.#archive.cells);
    this.#batchSize = requireCount(check, 'batchSize', options.batchSize ?? 200, 2);
    this.#initialSize = requireCount(check, 'initialSize', options.initialSize ?? this.#batchSize, 1);
    this.#crossoverRate = check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY);
    this.#parents = check.oneOf('parents', options.parents ?? 'cells', ['cells', 'elites']);
    this.#lineage = check.number('lineage', options.lineage ?? 0, { integer: true, min: 0 });
    this.#holders = Array(this.#archive.cells).fill(undefined);
    this.#objectives = new Float64Array(this.#archive.cells).fill(Number.NEGATIVE_INFINITY);
    const own = {
      batchSize: this.#batchSize,
      initialSize: this.#initialSize,
      crossoverRate: this.#crossoverRate,
      parents: this.#parents,
      lineage: this.#lineage,
    };
    this.#options = savedOptions(own, { encoding: this.#encoding, archive: this.#archive });
    check.seed('seed', options.seed);
    if (options.state === undefined) {
      this.#random = createRandom(options.seed);
      this.#memory = {};
    } else {
      const saved = options.state;
      const state = restoring(constructing, 'state', () => requireState(saved, options, this.#options));
      this.#random = restoring(constructing, 'state', () => restoreRandom(state.random));
      this.#memory = { ...state.memory };
      restoring(constructing, 'state', () => this.#restore(state));
    }
  }

  /** Of the last batch told; -1 before the first. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether every cell has a holder. */
  get isFull(): boolean {
    return this.#holders.every((holder) => holder !== undefined);
  }

  /** The holders of the filled cells, in the order of the cells. Their genomes are the archive's own: not to be modified. */
  get elites(): Elite<G>[] {
    return this.#holders.flatMap((holder, cell) =>
      holder === undefined
        ? []
        : [{ cell, objective: this.#objectives[cell]!, ...holder.self, ancestors: holder.ancestors }],
    );
  }

  /**
   * Genomes to evaluate: first random ones, then children of the archive. The same ones again until they are told.
   *
   * @returns Copies, into which may be written. (A genome that is an instance of a class of your own is not copied.)
   * @throws What the encoding throws; the algorithm is unchanged then.
   */
  ask(): readonly G[] {
    this.#asked ??= this.#undoneOnThrow(() => (this.#generation === -1 ? this.#create() : this.#breed()));
    return this.#asked.map(({ self }) => copyGenome(self.genome));
  }

  /**
   * Takes the evaluation of the genomes that `ask()` gave, in that order, and offers them to the archive.
   *
   * @returns What became of each offer.
   * @throws RangeError if it is not of as many genomes, or not finite; the archive is unchanged then.
   */
  tell(evaluation: Evaluation): Insertion {
    const asked = this.#asked ?? telling.failBecause('state', 'nothing was asked: call ask() first');
    const offers = this.#requireOffers(this.#archive.offers(evaluation, asked.length), asked.length);
    const insertion = this.#judge(offers);
    offers.cell.forEach((cell, offer) => {
      if (offers.objective[offer]! <= this.#objectives[cell]!) return;
      this.#objectives[cell] = offers.objective[offer]!;
      this.#holders[cell] = asked[offers.candidate[offer]!]!;
    });
    this.#generation++;
    this.#evaluations += asked.length;
    this.#asked = undefined;
    return insertion;
  }

  /** Of the archive. `offset`: what the QD score subtracts from each objective, the least there can be. Default: 0. */
  statistics(options: { offset?: number } = {}): ArchiveStatistics {
    const offset = counting.number('offset', counting.options(options).offset ?? 0);
    const objectives = this.#objectives.filter((_, cell) => this.#holders[cell] !== undefined).sort();
    const filled = objectives.length;
    const sum = objectives.reduce((total, objective) => total + objective, 0);
    const qdScore = sum - offset * filled;
    const middle = (objectives[Math.floor((filled - 1) / 2)]! + objectives[Math.floor(filled / 2)]!) / 2;
    return {
      generation: this.#generation,
      evaluations: this.#evaluations,
      filled,
      genomes: this.#distinct().length,
      coverage: filled / this.#archive.cells,
      qdScore,
      normalizedQdScore: qdScore / this.#archive.cells,
      best: objectives[filled - 1] ?? Number.NEGATIVE_INFINITY,
      mean: filled === 0 ? Number.NEGATIVE_INFINITY : sum / filled,
      median: filled === 0 ? Number.NEGATIVE_INFINITY : middle,
    };
  }

  /** All that decides how the run goes on, at any moment; plain JSON. */
  state(): MapElitesState {
    const genomes: MapElitesState['genomes'] = [];
    const save = (genome: G) => requireGenome(constructing, 'save', this.#encoding.save(genome));
    const indices = new Map<Ancestor<G>, number>();
    const indexOf = (ancestor: Ancestor<G>): number => {
      const known = indices.get(ancestor);
      if (known !== undefined) return known;
      indices.set(ancestor, genomes.length);
      return genomes.push({ genome: save(ancestor.genome), generation: ancestor.generation }) - 1;
    };
    const describe = ({ self, ancestors }: Member<G>) => ({
      genome: indexOf(self),
      ancestors: ancestors.map(indexOf),
    });
    return {
      algorithm: 'MapElites',
      encoding: this.#encoding.name,
      archive: this.#archive.name,
      options: { ...this.#options },
      generation: this.#generation,
      evaluations: this.#evaluations,
      random: this.#random.state(),
      memory: { ...this.#memory },
      cells: this.#holders.flatMap((holder, cell) =>
        holder === undefined ? [] : [{ cell, objective: this.#objectives[cell]!, ...describe(holder) }],
      ),
      asked: this.#asked?.map(describe) ?? null,
      genomes,
    };
  }

  #undoneOnThrow<T>(work: () => T): T {
    const [random, memory] = [this.#random.state(), { ...this.#memory }];
    try {
      return work();
    } catch (error) {
      this.#random = restoreRandom(random);
      this.#memory = memory;
      throw error;
    }
  }

  #create(): Member<G>[] {
    const breeding = { random: this.#random, generation: 0, memory: this.#memory };
    return Array.from({ length: this.#initialSize }, () => ({
      self: { genome: requireGenome(constructing, 'create', this.#encoding.create(breeding)), generation: 0 },
      ancestors: [],
    }));
  }

  #breed(): Member<G>[] {
    const random = this.#random;
    const generation = this.#generation + 1;
    const breeding = { random, generation, memory: this.#memory };
    const pool = this.#parents === 'elites' ? this.#distinct() : this.#holders.filter((holder) => holder !== undefined);
    const children: Member<G>[] = [];
    while (children.length < this.#batchSize) {
      const parents = [pool[random.integer(pool.length)]!, pool[random.integer(pool.length)]!] as const;
      // Copies: an operator of one's own may write into its parents.
      const [first, second] = [copyGenome(parents[0].self.genome), copyGenome(parents[1].self.genome)];
      const crossed =
        random.uniform() < this.#crossoverRate
          ? requirePair(constructing, 'encoding.cross', this.#encoding.cross(first, second, breeding))
          : [first, second];
      crossed.forEach((genome, index) => {
        if (children.length === this.#batchSize) return;
        const mutated = requireGenome(constructing, 'mutate', this.#encoding.mutate(copyGenome(genome), breeding));
        const self = { genome: mutated, generation };
        children.push({ self, ancestors: this.#lineOf(parents[index]!) });
      });
    }
    return children;
  }

  #lineOf(parent: Member<G>): Ancestor<G>[] {
    return this.#lineage === 0 ? [] : spreadOut([...parent.ancestors, parent.self], this.#lineage);
  }

  #distinct(): Member<G>[] {
    return [...new Set(this.#holders)].filter((holder) => holder !== undefined);
  }

  /** An archive of one's own may give anything. */
  #requireOffers(offers: Offers, count: number): Offers {
    const { candidate, cell, objective } = telling.options(offers, 'what archive.offers returns');
    const isList = cell?.length === candidate?.length && objective?.length === candidate?.length;
    if (!isList) telling.fail('range', 'what archive.offers returns', 'three lists of one length', offers);
    const isBelow = (index: number, limit: number) => Number.isInteger(index) && index >= 0 && index < limit;
    for (let offer = 0; offer < candidate.length; offer++) {
      const isOffer =
        isBelow(candidate[offer]!, count) &&
        isBelow(cell[offer]!, this.#archive.cells) &&
        Number.isFinite(objective[offer]);
      if (isOffer) continue;
      const received = [candidate[offer], cell[offer], objective[offer]];
      telling.fail('range', `offer ${offer} of the archive`, 'a candidate, a cell and a finite objective', received);
    }
    return offers;
  }

  #judge({ candidate, cell, objective }: Offers): Insertion {
    const status = new Uint8Array(cell.length);
    const value = new Float64Array(cell.length);
    cell.forEach((target, offer) => {
      const isNew = this.#holders[target] === undefined;
      const own = objective[offer]!;
      const met = this.#objectives[target]!;
      status[offer] = isNew ? AddStatus.added : own > met ? AddStatus.improved : AddStatus.notAdded;
      value[offer] = isNew ? own : own - met;
    });
    return { candidate, cell, status, value };
  }

  #restore(state: MapElitesState): void {
    const ancestors = state.genomes.map(({ genome, generation }) => ({
      genome: this.#encoding.load(genome),
      generation,
    }));
    const at = (index: number) =>
      (Number.isInteger(index) ? ancestors[index] : undefined) ??
      constructing.failBecause('state', corrupt(`genome ${index} is missing`));
    const members = new Map<number, Member<G>>();
    const memberOf = (saved: { genome: number; ancestors: number[] }): Member<G> => {
      const known = members.get(saved.genome);
      if (known !== undefined) return known;
      const member = { self: at(saved.genome), ancestors: saved.ancestors.map(at) };
      members.set(saved.genome, member);
      return member;
    };
    for (const saved of state.cells) {
      this.#holders[saved.cell] = memberOf(saved);
      this.#objectives[saved.cell] = saved.objective;
    }
    this.#asked = state.asked?.map(memberOf);
    this.#generation = state.generation;
    this.#evaluations = state.evaluations;
  }
}

/** Drops, where there are too many, those whose neighbors are closest in time; the first and the last stay. */
function spreadOut<G>(line: Ancestor<G>[], limit: number): Ancestor<G>[] {
  while (line.length > limit) {
    let dropped = line.length === 2 || limit === 1 ? 0 : 1;
    for (let index = 2; index < line.length - 1 && limit > 1; index++) {
      const gap = line[index + 1]!.generation - line[index - 1]!.generation;
      if (gap < line[dropped + 1]!.generation - line[dropped - 1]!.generation) dropped = index;
    }
    line.splice(dropped, 1);
  }
  return line;
}

/** Throws unless it is what `elites` holds. */
export function requireElite<G>(check: Check, name: string, elite: Elite<G>): void {
  const { cell, objective, generation, ancestors } = check.options(elite, name);
  check.number(`${name}.cell`, cell, { integer: true, min: 0 });
  check.number(`${name}.objective`, objective);
  check.number(`${name}.generation`, generation, { integer: true, min: 0 });
  if (!Array.isArray(ancestors)) check.fail('type', `${name}.ancestors`, 'a list', ancestors);
  for (const [index, ancestor] of ancestors.entries()) check.options(ancestor, `${name}.ancestors[${index}]`);
}

const corrupt = (reason: string) => `state cannot be gone on from: ${reason}`;

function requireState(
  state: MapElitesState,
  { encoding, archive }: { encoding: { name: string }; archive: { name: string; cells: number } },
  options: SavedOptions,
): MapElitesState {
  const fail = (reason: string): never => constructing.failBecause('state', corrupt(reason));
  if (state?.algorithm !== 'MapElites') fail('it is not a state of MapElites');
  if (state.encoding !== encoding.name) fail(`its genomes are ${state.encoding}, the encoding's are ${encoding.name}`);
  if (state.archive !== archive.name) fail(`its archive is ${state.archive}, the option is ${archive.name}`);
  const difference = differenceOf(state.options, options);
  if (difference !== undefined) fail(difference);
  if (!Number.isInteger(state.generation) || state.generation < -1) fail(`its generation is ${state.generation}`);
  if (!Number.isInteger(state.evaluations) || state.evaluations < 0) fail(`its evaluations are ${state.evaluations}`);
  if (typeof state.memory !== 'object' || state.memory === null) fail('it has no memory');
  if (!Array.isArray(state.genomes)) fail('it has no genomes');
  if (!Array.isArray(state.cells)) fail('it has no cells');
  if (state.asked !== null && !Array.isArray(state.asked)) fail('what it asked is not a list');
  for (const { cell, objective, ancestors } of state.cells) {
    if (!(Number.isInteger(cell) && cell >= 0 && cell < archive.cells)) fail(`cell ${cell} is not in the archive`);
    if (!Number.isFinite(objective)) fail(`the objective of cell ${cell} is ${objective}`);
    if (!Array.isArray(ancestors)) fail(`cell ${cell} has no list of ancestors`);
  }
  if (state.generation >= 0 && state.cells.length === 0) fail('its archive is empty');
  return state;
}
