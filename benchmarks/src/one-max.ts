import { bitEncoding, evolve } from '@cnnviz/genetic';
import { compareGeneticAlgorithms, rangeOf } from './genetic-algorithms.ts';
import type { Setting } from './row.ts';

interface Solved {
  generations: number;
  evaluations: number;
}

/** OneMax with the settings of DEAP's example. */
export const compareOneMax = (setting: Setting): Promise<void> =>
  compareGeneticAlgorithms<Solved>(
    {
      name: 'OneMax, 100 bits',
      peers: [
        { program: 'deap_one_max.py', solve, aim: 1 / 50 },
        { program: 'pygad_one_max.py', solve },
        { program: 'genetic_js_one_max.mjs', solve },
      ],
      population: 300,
      otherPopulations: [100, 1000],
      equality: (mine, others) => `all solved, in ${generationsOf(mine)} and ${generationsOf(others)} generations`,
    },
    setting,
  );

async function solve(population: number, seed: number): Promise<Solved> {
  const { history } = await evolve({
    encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
    fitness: countOnes,
    populationSize: population,
    generations: 1000,
    stopAt: 100,
    seed,
  });
  const last = history.at(-1)!;
  if (last.best !== 100) throw new Error(`OneMax was not solved with seed ${seed}`);
  return { generations: last.generation, evaluations: last.evaluations };
}

function countOnes(bits: Uint8Array): number {
  let ones = 0;
  for (let place = 0; place < bits.length; place++) ones += bits[place]!;
  return ones;
}

const generationsOf = (solved: readonly Solved[]) => rangeOf(solved.map(({ generations }) => generations));
