import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Cost, median } from '@cnnviz/example-support';
import { bitEncoding, evolve } from '../src/index.ts';

const RUNS = 40;
const ROUNDS = 5;

/** Evaluations for each second of processor time, against DEAP's with the same settings (examples/ga/onemax.py). */
export async function oneMaxCosts(): Promise<Cost[]> {
  const rounds: { ours: number; deap: number }[] = [];
  await ours();
  for (let round = 0; round < ROUNDS; round++) {
    const deap = await deaps();
    if (deap === undefined) {
      console.log(`OneMax: ${Math.round(await ours())} evaluations a second; DEAP is not installed, so not compared`);
      return [];
    }
    rounds.push({ ours: await ours(), deap });
  }
  const ratio = median(rounds.map((round) => round.ours / round.deap));
  const detail = `${Math.round(median(rounds.map((round) => round.ours)))} a second, DEAP ${Math.round(median(rounds.map((round) => round.deap)))}`;
  return [{ what: 'OneMax evaluations', ratio, bound: { atLeast: 50 }, detail }];
}

async function ours(): Promise<number> {
  const start = process.cpuUsage();
  let evaluations = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const { history } = await evolve({
      encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
      fitness: countOnes,
      populationSize: 300,
      generations: 1000,
      stopAt: 100,
      seed,
    });
    evaluations += history.at(-1)!.evaluations;
  }
  const { user, system } = process.cpuUsage(start);
  return (evaluations / (user + system)) * 1e6;
}

function countOnes(bits: Uint8Array): number {
  let ones = 0;
  for (let place = 0; place < bits.length; place++) ones += bits[place]!;
  return ones;
}

async function deaps(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-c', DEAP]);
    return Number(stdout);
  } catch {
    return undefined;
  }
}

const DEAP = `
import random, time
from deap import base, creator, tools
creator.create("Maximum", base.Fitness, weights=(1.0,))
creator.create("Individual", list, fitness=creator.Maximum)
box = base.Toolbox()
box.register("bit", random.randint, 0, 1)
box.register("individual", tools.initRepeat, creator.Individual, box.bit, 100)
box.register("population", tools.initRepeat, list, box.individual)
def evolve(seed):
    random.seed(seed)
    population = box.population(n=300)
    evaluations = 300
    for one in population: one.fitness.values = (sum(one),)
    while max(one.fitness.values[0] for one in population) < 100:
        children = list(map(box.clone, tools.selTournament(population, 300, tournsize=3)))
        for first, second in zip(children[::2], children[1::2]):
            if random.random() < 0.5:
                tools.cxTwoPoint(first, second)
                del first.fitness.values, second.fitness.values
        for one in children:
            if random.random() < 0.2:
                tools.mutFlipBit(one, indpb=0.05)
                del one.fitness.values
        changed = [one for one in children if not one.fitness.valid]
        for one in changed: one.fitness.values = (sum(one),)
        evaluations += len(changed)
        population = children
    return evaluations
start = time.process_time()
evaluations = sum(evolve(seed) for seed in range(3))
print(evaluations / (time.process_time() - start))
`;
