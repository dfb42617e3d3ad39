import { checker, restoreRandom } from '@cnnviz/internal';
import { copyGenome } from '../genomes/copy-genome.ts';
import { AddStatus, type Offers } from './archive.ts';
import { breedElites, createMembers, distinctMembers } from './breed-elites.ts';
import type { Elite, Member } from './elite.ts';
import { check, type MapElitesOptions, type MapElitesSettings, resolveOptions } from './map-elites-options.ts';
import { type MapElitesRun, type MapElitesState, restoreRun, saveRun, startRun } from './map-elites-state.ts';

export interface ArchiveStatistics {
  /** Number of the last batch told; 0 is the initial one. */
  generation: number;
  /** Genomes evaluated so far. */
  evaluations: number;
  /** Cells that have a holder. */
  filled: number;
  /** Distinct genomes in them. */
  genomes: number;
  /** Share of cells that are filled. */
  coverage: number;
  /** Sum of objective - offset over the filled cells. */
  qdScore: number;
  /** `qdScore` divided by the number of cells. */
  normalizedQdScore: number;
  /** Best objective of the filled cells. */
  best: number;
  mean: number;
  median: number;
}

/** What became of each offer of a batch, compared with the archive before the batch. */
export interface Insertion {
  candidate: Int32Array;
  cell: Int32Array;
  /** 0: turned down; 1: improves a cell; 2: fills an empty cell. These are pyribs' numbers. */
  status: Uint8Array;
  /** The objective minus that of the elite it met; the objective itself where the cell was empty. */
  value: Float64Array;
}

const telling = checker('@cnnviz/genetic', 'MapElites.tell');
const counting = checker('@cnnviz/genetic', 'MapElites.statistics');

/**
 * Runs MAP-Elites, which keeps the best genome of each cell of an archive and breeds from all of them, in a loop of your
 * own: `ask()` for genomes, evaluate them, `tell()` what the archive asks for (scores by class, or objectives and
 * measures).
 *
 * Each generation draws pairs of parents from the archive, crosses them with `crossoverRate` and mutates both children. A
 * child takes a cell only if it is strictly better than the holder; among equals in one batch the first gets it.
 *
 * @throws RangeError if the population is below 2, the rate is outside [0, 1], or `resume` is of another kind or version.
 * @throws Error if `resume` was saved with other options, or is damaged.
 * @see Mouret, Clune, "Illuminating search spaces by mapping elites", 2015, https://arxiv.org/abs/1504.04909.
 *
 * @example
 * import { gridArchive, MapElites, realEncoding } from '@cnnviz/genetic';
 *
 * const search = new MapElites({
 *   encoding: realEncoding({ length: 2, bounds: [-1, 1] }),
 *   archive: gridArchive({ dims: [10, 10], ranges: [[-1, 1], [-1, 1]] }),
 *   populationSize: 50,
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
  readonly #settings: MapElitesSettings<G, Evaluation>;
  readonly #run: MapElitesRun<G>;

  constructor(options: MapElitesOptions<G, Evaluation>) {
    this.#settings = resolveOptions(options);
    const { seed = 0, resume } = options;
    check.seed('seed', seed);
    this.#run =
      resume === undefined ? startRun(this.#settings.archive.cells, seed) : restoreRun(this.#settings, resume);
  }

  /** Number of the last batch told; -1 before the first. */
  get generation(): number {
    return this.#run.generation;
  }

  /** Whether every cell has a holder. */
  get isFull(): boolean {
    return this.#run.holders.every((holder) => holder !== undefined);
  }

  /** The holders of the filled cells, in the order of the cells. Their genomes are the archive's own and must not be modified. */
  get elites(): Elite<G>[] {
    const { holders, objectives } = this.#run;
    return holders.flatMap((holder, cell) =>
      holder === undefined ? [] : [{ cell, objective: objectives[cell]!, ...holder.self, ancestors: holder.ancestors }],
    );
  }

  /**
   * Gives the genomes to evaluate: first random ones, then children of the archive. Gives the same ones again until they
   * are told.
   *
   * @returns Copies that you may modify. (A genome that is an instance of a class of your own is not copied.)
   * @throws Whatever the encoding throws; the algorithm is then unchanged.
   */
  ask(): readonly G[] {
    this.#run.asked ??= this.#nextMembers();
    return this.#run.asked.map(({ self }) => copyGenome(self.genome));
  }

  /**
   * Takes the evaluation of the genomes that `ask()` gave, in that order, and offers them to the archive.
   *
   * @returns What became of each offer.
   * @throws RangeError if it is for another number of genomes, or not finite; the archive is then unchanged.
   * @throws Error if nothing was asked.
   */
  tell(evaluation: Evaluation): Insertion {
    const run = this.#run;
    const { archive } = this.#settings;
    const asked = run.asked ?? telling.failBecause('state', 'nothing was asked: call ask() first');
    const offers = requireOffers(archive.offers(evaluation, asked.length), asked.length, archive.cells);
    const insertion = judge(run, offers);
    offers.cell.forEach((cell, offer) => {
      if (offers.objective[offer]! <= run.objectives[cell]!) return;
      run.objectives[cell] = offers.objective[offer]!;
      run.holders[cell] = asked[offers.candidate[offer]!]!;
    });
    run.generation++;
    run.evaluations += asked.length;
    run.asked = undefined;
    return insertion;
  }

  /**
   * Summarizes the archive.
   *
   * @param options `offset`: the least possible objective, which the QD score subtracts from each. Default: 0.
   * @returns How many cells are filled and how well; `best`, `mean` and `median` are -Infinity while none is.
   */
  statistics(options: { offset?: number } = {}): ArchiveStatistics {
    const offset = counting.number('offset', counting.options(options).offset ?? 0);
    const run = this.#run;
    const objectives = run.objectives.filter((_, cell) => run.holders[cell] !== undefined).sort();
    const filled = objectives.length;
    const sum = objectives.reduce((total, objective) => total + objective, 0);
    const qdScore = sum - offset * filled;
    const middle = (objectives[Math.floor((filled - 1) / 2)]! + objectives[Math.floor(filled / 2)]!) / 2;
    return {
      generation: run.generation,
      evaluations: run.evaluations,
      filled,
      genomes: distinctMembers(run).length,
      coverage: filled / run.holders.length,
      qdScore,
      normalizedQdScore: qdScore / run.holders.length,
      best: objectives[filled - 1] ?? Number.NEGATIVE_INFINITY,
      mean: filled === 0 ? Number.NEGATIVE_INFINITY : sum / filled,
      median: filled === 0 ? Number.NEGATIVE_INFINITY : middle,
    };
  }

  /**
   * Saves everything that decides how the run continues, at any moment.
   *
   * @returns Plain JSON, which `resume` takes.
   */
  state(): MapElitesState {
    return saveRun(this.#settings, this.#run);
  }

  /** Where an operator throws, the run is as it was before. */
  #nextMembers(): Member<G>[] {
    const run = this.#run;
    const [random, memory] = [run.random.state(), { ...run.memory }];
    try {
      return run.generation === -1 ? createMembers(this.#settings, run) : breedElites(this.#settings, run);
    } catch (error) {
      Object.assign(run, { random: restoreRandom(random), memory });
      throw error;
    }
  }
}

/** An archive that the caller wrote may offer anything. */
function requireOffers(offers: Offers, count: number, cells: number): Offers {
  const { candidate, cell, objective } = telling.options(offers, 'what archive.offers returns');
  const isList = cell?.length === candidate?.length && objective?.length === candidate?.length;
  if (!isList) telling.fail('range', 'what archive.offers returns', 'three lists of one length', offers);
  const isBelow = (index: number, limit: number) => Number.isInteger(index) && index >= 0 && index < limit;
  for (let offer = 0; offer < candidate.length; offer++) {
    const isOffer =
      isBelow(candidate[offer]!, count) && isBelow(cell[offer]!, cells) && Number.isFinite(objective[offer]);
    if (isOffer) continue;
    const received = [candidate[offer], cell[offer], objective[offer]];
    telling.fail('range', `offer ${offer} of the archive`, 'a candidate, a cell and a finite objective', received);
  }
  return offers;
}

function judge<G>({ holders, objectives }: MapElitesRun<G>, { candidate, cell, objective }: Offers): Insertion {
  const status = new Uint8Array(cell.length);
  const value = new Float64Array(cell.length);
  cell.forEach((target, offer) => {
    const isNew = holders[target] === undefined;
    const own = objective[offer]!;
    const met = objectives[target]!;
    status[offer] = isNew ? AddStatus.added : own > met ? AddStatus.improved : AddStatus.notAdded;
    value[offer] = isNew ? own : own - met;
  });
  return { candidate, cell, status, value };
}
