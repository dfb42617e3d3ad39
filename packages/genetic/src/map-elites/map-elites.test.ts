import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../test-support/chi-squared.ts';
import { bitEncoding } from '../encodings/bit-encoding.ts';
import type { Encoding } from '../encodings/encoding.ts';
import { realEncoding } from '../encodings/real-encoding.ts';
import { classArchive } from './class-archive.ts';
import { type GridEvaluation, gridArchive } from './grid-archive.ts';
import { MapElites } from './map-elites.ts';
import type { MapElitesOptions } from './map-elites-options.ts';
import type { MapElitesState } from './map-elites-state.ts';

/** Genomes that are given, in this order, and then copied: what the archive does with them is all that happens. */
function listed<G>(genomes: G[]): Encoding<G> {
  let next = 0;
  return {
    name: 'listed',
    create: () => genomes[next++]!,
    cross: (first, second) => [first, second],
    mutate: (genome) => genome,
    diversity: () => 0,
    save: (genome) => genome,
    load: (saved) => saved as G,
  };
}

const inClasses = (names: string[], competition: 'all' | 'argmax' = 'all', classes = 3) =>
  new MapElites({
    encoding: listed(names),
    archive: classArchive({ classes, competition }),
    populationSize: 2,
    initialSize: names.length,
    seed: 0,
  });
const holders = <G>(search: MapElites<G, never>) =>
  search.elites.map(({ cell, genome, objective }) => [cell, genome, objective]);

const reals = realEncoding({ length: 2, bounds: [-1, 1] });
const grid = gridArchive({
  dims: [8, 8],
  ranges: [
    [-1, 1],
    [-1, 1],
  ],
});
const onGrid = (options: Partial<MapElitesOptions<Float64Array, GridEvaluation>> = {}) =>
  new MapElites({ encoding: reals, archive: grid, populationSize: 20, seed: 4, ...options });
const bowl = (points: readonly Float64Array[]) => ({
  objectives: points.map(([x, y]) => -((x! - 0.3) ** 2) - y! ** 2),
  measures: points.flatMap((point) => [...point]),
});
function advance(search: MapElites<Float64Array, GridEvaluation>, generations: number): void {
  for (let generation = 0; generation < generations; generation++) search.tell(bowl(search.ask()));
}

describe('MapElites', () => {
  it("offers each candidate to every class where the competition is 'all'", () => {
    const search = inClasses(['a', 'b']);
    search.ask();
    const { candidate, cell, status, value } = search.tell([0.1, 0.6, 0.3, 0.2, 0.5, 0.3]);
    expect(holders(search)).toEqual([
      [0, 'b', 0.2],
      [1, 'a', 0.6],
      [2, 'a', 0.3],
    ]);
    expect([...candidate]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...cell]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...status]).toEqual([2, 2, 2, 2, 2, 2]);
    expect([...value]).toEqual([0.1, 0.6, 0.3, 0.2, 0.5, 0.3]);
  });

  it("offers each candidate only to its best class where the competition is 'argmax', the first of equals", () => {
    const search = inClasses(['a', 'b', 'c'], 'argmax');
    search.ask();
    const { cell, status } = search.tell([0.1, 0.6, 0.3, 0.2, 0.5, 0.3, 0.4, 0.2, 0.4]);
    expect([...cell]).toEqual([1, 1, 0]);
    expect([...status]).toEqual([2, 2, 2]);
    expect(holders(search)).toEqual([
      [0, 'c', 0.4],
      [1, 'a', 0.6],
    ]);
    expect(search.statistics().coverage).toBeCloseTo(2 / 3, 12);
  });

  it('replaces only by strict improvement, and judges by the archive before the batch', () => {
    const search = inClasses(['a', 'b'], 'all', 1);
    search.ask();
    search.tell([0.5, 0.5]);
    expect(holders(search)).toEqual([[0, 'a', 0.5]]);
    search.ask();
    const { status, value } = search.tell([0.5, 0.4]);
    expect([...status]).toEqual([0, 0]);
    expect([...value]).toEqual([0, -0.09999999999999998]);
    expect(search.elites[0]!.generation).toBe(0);
    search.ask();
    const better = search.tell([0.75, 0.75]);
    expect([...better.status]).toEqual([1, 1]);
    expect([...better.value]).toEqual([0.25, 0.25]);
    expect(search.elites[0]!).toMatchObject({ objective: 0.75, generation: 2 });
  });

  it('has the statistics of its filled cells', () => {
    const search = inClasses(['a', 'b', 'c', 'd'], 'argmax', 5);
    search.ask();
    // prettier-ignore
    search.tell([9, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 6, 0]);
    expect(search.statistics({ offset: 1 })).toEqual({
      generation: 0,
      evaluations: 4,
      filled: 4,
      genomes: 4,
      coverage: 0.8,
      qdScore: 17,
      normalizedQdScore: 3.4,
      best: 9,
      mean: 5.25,
      median: 5,
    });
  });

  it('draws parents by cells held, or each genome equally', () => {
    const share = (parents: 'cells' | 'elites') => {
      const search = new MapElites({
        encoding: listed(['holds three', 'holds one']),
        archive: classArchive({ classes: 4 }),
        populationSize: 20_000,
        initialSize: 2,
        parents,
        seed: 1,
      });
      search.ask();
      search.tell([1, 1, 1, 0, 0, 0, 0, 1]);
      expect(search.statistics().genomes).toBe(2);
      const first = search.ask().filter((genome) => genome === 'holds three').length;
      return [first, 20_000 - first];
    };
    expect(chiSquaredDeviation(share('cells'), [0.75, 0.25])).toBeLessThan(4);
    expect(chiSquaredDeviation(share('elites'), [0.5, 0.5])).toBeLessThan(4);
  });

  it('fills a grid with the best of each cell', () => {
    const search = onGrid();
    advance(search, 100);
    const { coverage, best } = search.statistics();
    expect(coverage).toBeGreaterThan(0.95);
    expect(best).toBeGreaterThan(-1e-3);
    for (const { cell, genome, objective } of search.elites) {
      expect(grid.cellOf(genome)).toBe(cell);
      expect(objective).toBe(bowl([genome]).objectives[0]);
    }
  });

  it('gives the same archive for the same seed and another for another', () => {
    const archives = [0, 0, 1].map((seed) => {
      const search = onGrid({ seed });
      advance(search, 5);
      return search.elites;
    });
    expect(archives[0]).toEqual(archives[1]);
    expect(archives[0]).not.toEqual(archives[2]);
  });

  it('asks for the same genomes until they are told', () => {
    const search = onGrid();
    expect(search.ask()).toEqual(search.ask());
    expect(search.ask()).toHaveLength(20);
  });

  it('resumes from a state as if it had not stopped, between generations and within one', () => {
    const options = { lineage: 4, populationSize: 15 };
    const unbroken = onGrid(options);
    advance(unbroken, 30);
    const broken = onGrid(options);
    advance(broken, 12);
    const between = onGrid({ ...options, seed: 77, resume: JSON.parse(JSON.stringify(broken.state())) });
    advance(between, 8);
    between.ask();
    const within = onGrid({ ...options, resume: JSON.parse(JSON.stringify(between.state())) });
    expect(within.ask()).toEqual(between.ask());
    advance(within, 10);
    expect(within.elites).toEqual(unbroken.elites);
    expect(within.state()).toEqual(unbroken.state());
  });

  it('keeps as many ancestors as asked for, spread over the line of descent', () => {
    const search = onGrid({ lineage: 5 });
    advance(search, 300);
    const lines = search.elites.map(({ ancestors, generation }) => [
      ...ancestors.map((one) => one.generation),
      generation,
    ]);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(6);
      expect(line).toEqual([...line].sort((a, b) => a - b));
    }
    const oldest = lines.toSorted((a, b) => b.length - a.length)[0]!;
    expect(oldest).toHaveLength(6);
    expect(oldest[0]).toBe(0);
    expect(onGridWithout().every(({ ancestors }) => ancestors.length === 0)).toBe(true);
    function onGridWithout() {
      const plain = onGrid();
      advance(plain, 5);
      return plain.elites;
    }
  });

  it('keeps a state of one size however long it runs', () => {
    const search = onGrid({ lineage: 3 });
    advance(search, 150);
    const early = search.state().genomes.length;
    advance(search, 600);
    expect(search.state().genomes.length).toBeLessThanOrEqual(64 * 4);
    expect(search.state().genomes.length).toBeLessThan(2 * early + 64);
  });

  it('says which individual is not evaluated, and is as before', () => {
    const search = inClasses(['a', 'b']);
    search.ask();
    const before = search.state();
    expect(() => search.tell([1, 2, 3, 4, Number.NaN, 6])).toThrow(
      '@cnnviz/genetic: classArchive: the score of individual 1 of 2 for class 1 must be a finite number, got NaN',
    );
    expect(() => search.tell([1, 2, 3])).toThrow('scores must be 2 * 3 numbers, got 3');
    expect(search.state()).toEqual(before);
    const points = onGrid();
    const { objectives, measures } = bowl(points.ask());
    expect(() => points.tell({ objectives, measures: measures.with(7, Number.NaN) })).toThrow(
      'measures of individual 3 of 20 must be finite, got NaN',
    );
    expect(() => points.tell({ objectives: objectives.with(2, Number.POSITIVE_INFINITY), measures })).toThrow(
      'objectives of individual 2 of 20 must be finite, got Infinity',
    );
    expect(() => points.tell({ objectives: [1], measures })).toThrow('objectives must be 20 numbers, got 1');
    expect(points.generation).toBe(-1);
  });

  it('is as before when genomes cannot be crossed', () => {
    let made = 0;
    const uneven = { ...reals, create: () => new Float64Array(made++ === 0 ? 3 : 2) };
    const search = new MapElites({
      encoding: uneven,
      archive: classArchive({ classes: 2 }),
      populationSize: 50,
      crossoverRate: 1,
      seed: 0,
    });
    search.tell(search.ask().flatMap((_, index) => [index === 0 ? 1 : 0, index === 1 ? 1 : 0]));
    const before = search.state();
    expect(() => search.ask()).toThrow(
      /simulatedBinaryCrossover: parents must have as many genes, got (3 and 2|2 and 3)/,
    );
    expect(search.state()).toEqual(before);
  });

  it('throws when told before it asked', () => {
    expect(() => onGrid().tell({ objectives: [], measures: [] })).toThrow('MapElites.tell: nothing was asked');
  });

  it.each([
    [{ populationSize: 1 }, 'populationSize must be an integer >= 2, got 1'],
    [{ crossoverRate: 2 }, 'crossoverRate must be a number >= 0 and <= 1, got 2'],
    [{ parents: 'best' as 'cells' }, 'parents must be one of'],
    [{ lineage: -1 }, 'lineage must be an integer >= 0, got -1'],
    [{ seed: 0.5 }, 'seed must be an integer'],
  ])('throws on %o', (options, message) => {
    expect(() => onGrid(options)).toThrow(`@cnnviz/genetic: MapElites: ${message}`);
  });

  it('refuses a state that is corrupt or of other options', () => {
    const search = onGrid();
    advance(search, 3);
    const good: MapElitesState = JSON.parse(JSON.stringify(search.state()));
    const refused: [object, string][] = [
      [{}, 'cannot resume from this state: it is of no known kind; expected MapElites, version 1'],
      [{ ...good, kind: 'GeneticAlgorithm' }, 'it is of GeneticAlgorithm, version 1; expected MapElites, version 1'],
      [{ ...good, version: 2 }, 'it is of MapElites, version 2; expected MapElites, version 1'],
      [{ ...good, encoding: 'bits(3)' }, 'its genomes are bits(3)'],
      [{ ...good, archive: 'classes(3, all)' }, 'its archive is classes(3, all), but the option is grid(8 x 8'],
      [{ ...good, generation: 1.5 }, 'its generation is 1.5'],
      [{ ...good, cells: [{ ...good.cells[0], cell: 64 }] }, 'cell 64 is not in the archive'],
      [{ ...good, cells: [{ ...good.cells[0], objective: null }] }, 'the objective of cell'],
      [{ ...good, cells: [{ ...good.cells[0], genome: 9999 }] }, 'genome 9999 is missing'],
      [{ ...good, cells: [] }, 'its archive is empty'],
      [
        { ...good, genomes: good.genomes.map((saved) => ({ ...saved, genome: [0] })) },
        'a saved genome must be 2 numbers',
      ],
    ];
    for (const [state, message] of refused) {
      expect(() => onGrid({ resume: state as MapElitesState })).toThrow(message);
    }
  });

  it('evolves bits too: each class the string nearest its own pattern', () => {
    const patterns = [0b1111000011110000, 0b0101010101010101, 0b0011001111001100];
    const matching = (bits: Uint8Array, pattern: number) =>
      bits.filter((bit, place) => bit === ((pattern >> place) & 1)).length;
    const search = new MapElites({
      encoding: bitEncoding({ length: 16 }),
      archive: classArchive({ classes: 3 }),
      populationSize: 40,
      seed: 2,
    });
    for (let generation = 0; generation < 60; generation++) {
      search.tell(search.ask().flatMap((bits) => patterns.map((pattern) => matching(bits, pattern))));
    }
    expect(search.elites.map(({ objective }) => objective)).toEqual([16, 16, 16]);
  });

  it('resumes with the same options only, and says which is another', () => {
    const search = onGrid();
    advance(search, 2);
    const state = JSON.parse(JSON.stringify(search.state())) as MapElitesState;
    const resumed = onGrid({ resume: state });
    advance(resumed, 2);
    advance(search, 2);
    expect(resumed.state()).toEqual(search.state());
    const guarded = gridArchive({ dims: [8, 8], ranges: [[-1, 1] as const, [-1, 1] as const], epsilon: 0 });
    for (const [options, message] of [
      [{ crossoverRate: 1 }, 'it was saved with crossoverRate 0.5, but the option is 1'],
      [{ populationSize: 10, initialSize: 20 }, 'it was saved with populationSize 20, but the option is 10'],
      [{ parents: 'elites' }, 'it was saved with parents "cells", but the option is "elites"'],
      [{ lineage: 3 }, 'it was saved with lineage 0, but the option is 3'],
      [{ archive: guarded }, 'it was saved with archive.epsilon "default", but the option is 0'],
    ] as const) {
      expect(() => onGrid({ resume: state, ...options })).toThrow(message);
    }
  });

  it('leaves its elites alone, whatever is written into what was asked', () => {
    const [search, untouched] = [onGrid(), onGrid()];
    for (let generation = 0; generation < 5; generation++) {
      const points = search.ask();
      const evaluation = bowl(points);
      for (const point of points) point.fill(0);
      search.tell(evaluation);
    }
    advance(untouched, 5);
    expect(search.state()).toEqual(untouched.state());
  });

  it('takes operators that work in place', () => {
    const mutation = (genome: Float64Array) => genome.fill(Math.max(-1, genome[0]! - 0.01));
    const search = onGrid({ encoding: realEncoding({ length: 2, bounds: [-1, 1], mutation }) });
    advance(search, 10);
    for (const { genome, objective } of search.elites) expect(objective).toBe(bowl([genome]).objectives[0]);
  });

  it('refuses offers of an archive that are none', () => {
    const offering = (offers: unknown) =>
      new MapElites({
        encoding: reals,
        archive: { name: 'own', cells: 2, offers: () => offers as never },
        populationSize: 2,
        seed: 0,
      });
    const list = (...values: number[]) => values;
    for (const [offers, message] of [
      [undefined, 'what archive.offers returns must be an object, got undefined'],
      [{ candidate: list(0), cell: list(0, 1), objective: list(1) }, 'must be three lists of one length'],
      [{ candidate: list(0), cell: list(2), objective: list(1) }, 'offer 0 of the archive must be a candidate'],
      [{ candidate: list(0), cell: list(0), objective: list(Number.NaN) }, 'and a finite objective, got [0, 0, NaN]'],
      [{ candidate: list(5), cell: list(0), objective: list(1) }, 'offer 0 of the archive must be a candidate'],
    ] as const) {
      const search = offering(offers);
      search.ask();
      expect(() => search.tell([])).toThrow(message);
    }
    expect(() => onGrid({ archive: { ...grid, cells: 1e12 } })).toThrow('archive.cells must be a number <= 134217728');
  });
});
