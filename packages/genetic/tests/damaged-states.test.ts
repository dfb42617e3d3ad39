import { damagedJson, fuzz } from '@cnnviz/testing/damaged';
import { describe, expect, it } from 'vitest';
import { bitEncoding } from '../src/encodings/bit-encoding.ts';
import { cppnEncoding } from '../src/encodings/cppn-encoding.ts';
import { GeneticAlgorithm } from '../src/genetic-algorithm/genetic-algorithm.ts';
import type { GeneticAlgorithmState } from '../src/genetic-algorithm/genetic-algorithm-state.ts';
import { classArchive } from '../src/map-elites/class-archive.ts';
import { MapElites } from '../src/map-elites/map-elites.ts';
import type { MapElitesState } from '../src/map-elites/map-elites-state.ts';

describe('damaged states', () => {
  it('of MapElites are resumed or refused', async () => {
    const options = {
      encoding: cppnEncoding({ shape: [4, 4, 1] }),
      archive: classArchive({ classes: 3 }),
      populationSize: 2,
      seed: 0,
    };
    const search = new MapElites(options);
    for (let generation = 0; generation < 2; generation++) {
      const asked = search.ask().length;
      search.tell(Array.from({ length: 3 * asked }, (_, index) => (index % 7) / 7));
    }
    search.ask();
    const state = JSON.parse(JSON.stringify(search.state())) as MapElitesState;
    await fuzz(damagedJson(state), (damaged) => {
      const resumed = new MapElites({ ...options, resume: damaged });
      resumed.state();
      resumed.tell(resumed.ask().flatMap((_, index) => [0.1, 0.2, index / 10]));
      resumed.state();
    });
    const cells = state.cells.map((cell) => ({ ...cell, genome: '__proto__' as never }));
    expect(() => new MapElites({ ...options, resume: { ...state, cells } })).toThrow('genome __proto__ is missing');
  });

  it('of a GeneticAlgorithm are resumed or refused', async () => {
    const options = { encoding: bitEncoding({ length: 6 }), populationSize: 4, seed: 0 };
    const search = new GeneticAlgorithm(options);
    search.tell(search.ask().map((_, index) => index));
    search.ask();
    const state = JSON.parse(JSON.stringify(search.state())) as GeneticAlgorithmState;
    await fuzz(damagedJson(state), (damaged) => {
      const resumed = new GeneticAlgorithm({ ...options, resume: damaged });
      resumed.state();
      resumed.tell(resumed.ask().map((_, index) => index));
      resumed.state();
    });
    const goOn = (children: typeof state.children) =>
      new GeneticAlgorithm({ ...options, resume: { ...state, children } });
    expect(() => goOn([])).toThrow('cannot resume from this state: it has 0 children, but a generation has 4');
    expect(() => goOn(state.children!.map((child) => ({ ...child, fitness: Number.NaN })))).toThrow(
      'the fitness of its child 0 is NaN',
    );
  });
});
