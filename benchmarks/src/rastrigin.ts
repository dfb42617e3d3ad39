import {
  evolve,
  gaussianMutation,
  polynomialMutation,
  type RealEncodingOptions,
  realEncoding,
  simulatedBinaryCrossover,
  twoPointCrossover,
} from '@cnnviz/genetic';
import { compareGeneticAlgorithms, rangeOf } from './genetic-algorithms.ts';
import type { Setting } from './row.ts';

interface Minimized {
  /** The least value found. */
  best: number;
  evaluations: number;
}

const LENGTH = 30;
const BOUNDS = [-5.12, 5.12] as const;
const GENERATIONS = 100;
const ETA = 20;

/** Rastrigin's function of 30 numbers, with Deb's operators as DEAP has them, and with those that PyGAD has. */
export const compareRastrigin = (setting: Setting): Promise<void> =>
  compareGeneticAlgorithms<Minimized>(
    {
      name: `Rastrigin, ${LENGTH} numbers, ${GENERATIONS} generations`,
      peers: [
        {
          program: 'deap_rastrigin.py',
          solve: minimize({
            crossover: (first, second, random) =>
              simulatedBinaryCrossover(first, second, random, { bounds: BOUNDS, eta: ETA, rate: 0.5 }),
            mutation: (genome, random) =>
              polynomialMutation(genome, random, { bounds: BOUNDS, eta: ETA, form: 'bounded' }),
          }),
        },
        {
          program: 'pygad_rastrigin.py',
          solve: minimize({
            crossover: (first, second, random) => twoPointCrossover(first, second, random),
            mutation: (genome, random) => gaussianMutation(genome, random, { deviation: 0.5 }),
          }),
        },
      ],
      population: 300,
      otherPopulations: [100, 1000],
      equality: (mine, others) => `least values ${leastOf(mine)} and ${leastOf(others)}`,
    },
    setting,
  );

const minimize =
  (operators: Pick<RealEncodingOptions, 'crossover' | 'mutation'>) =>
  async (population: number, seed: number): Promise<Minimized> => {
    const { best, history } = await evolve({
      encoding: realEncoding({ length: LENGTH, bounds: BOUNDS, ...operators }),
      fitness: rastrigin,
      goal: 'minimize',
      populationSize: population,
      crossoverRate: 0.9,
      mutationRate: 1,
      generations: GENERATIONS,
      seed,
    });
    return { best: best.fitness, evaluations: history.at(-1)!.evaluations };
  };

function rastrigin(numbers: Float64Array): number {
  let sum = 10 * numbers.length;
  for (const x of numbers) sum += x * x - 10 * Math.cos(2 * Math.PI * x);
  return sum;
}

const leastOf = (runs: readonly Minimized[]) =>
  rangeOf(
    runs.map(({ best }) => best),
    1,
  );
