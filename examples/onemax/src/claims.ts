import { agreementOf, type Claim } from '@cnnviz/example-support';
import { bitEncoding, evolve } from '@cnnviz/genetic';
import { oneMax } from './one-max.ts';

/** Repetitions of what takes a second, and of what takes a minute. */
const SEEDS = 200;
const ROULETTE_SEEDS = 40;

/** How many generations it takes to the optimum: DEAP's example over many seeds, and roulette on short strings. */
export async function oneMaxClaims(): Promise<Claim[]> {
  const tournament = await generationsOfDeapsExample();
  const solved = tournament.filter((count) => count !== null);
  const within = solved.filter((count) => count >= 30 && count <= 70).length / SEEDS;
  const [roulette, elitist] = [0, 1].map((elites) =>
    Array.from(
      { length: ROULETTE_SEEDS },
      (_, seed) =>
        oneMax({ length: 20, populationSize: 100, selection: 'roulette', elites, generations: 300, seed }).solvedIn,
    ),
  ) as [(number | null)[], (number | null)[]];
  return [
    {
      claim: 'A genetic algorithm with tournaments finds 100 ones in a few dozen generations.',
      source: 'DEAP 1.4, examples/ga/onemax.py',
      theirs: 'all of 200 runs; median 36 generations, 90 % within 30 to 70',
      ours: `${solved.length} of ${SEEDS} runs; median ${median(tournament)} generations, ${Math.round(100 * within)} % within 30 to 70`,
      on: '100 bits, population 300',
      seeds: SEEDS,
      agrees: agreementOf([solved.length === SEEDS, Math.abs(median(tournament) - 36) <= 3, within > 0.82]),
    },
    {
      claim: 'Roulette finds 20 ones, sooner if the best is kept.',
      source: 'lecture on genetic algorithms; DEAP 1.4',
      theirs: 'median 31 generations, 17 with one elite',
      ours: `median ${median(roulette)} generations, ${median(elitist)} with one elite`,
      on: '20 bits, population 100',
      seeds: ROULETTE_SEEDS,
      agrees: agreementOf([Math.abs(median(roulette) - 31) <= 7, Math.abs(median(elitist) - 17) <= 4]),
    },
  ];
}

async function generationsOfDeapsExample(): Promise<(number | null)[]> {
  const generations: (number | null)[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const { history, stoppedBy } = await evolve({
      encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
      fitness: (bits) => bits.reduce((sum, bit) => sum + bit, 0),
      populationSize: 300,
      crossoverRate: 0.5,
      mutationRate: 0.2,
      generations: 1000,
      stopAt: 100,
      seed,
    });
    generations.push(stoppedBy === 'stopAt' ? history.length - 1 : null);
  }
  return generations;
}

/** The lower one of two; what was not solved took longest. */
function median(generations: readonly (number | null)[]): number {
  return generations.map((count) => count ?? Infinity).toSorted((a, b) => a - b)[(generations.length - 1) >> 1]!;
}
