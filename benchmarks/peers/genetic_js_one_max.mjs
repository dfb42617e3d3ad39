// OneMax with genetic-js and the settings of DEAP's example. It evaluates every individual of every generation, and draws
// from Math.random, which has no seed.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const Genetic = require('genetic-js');
const { version } = require('genetic-js/package.json');

/** What the functions below leave here: genetic-js evaluates their source, so that they see nothing but globals. */
globalThis.oneMax = { generations: 0, evaluations: 0 };

function evolve(size) {
  const genetic = Genetic.create();
  Object.assign(genetic, {
    optimize: Genetic.Optimize.Maximize,
    select1: Genetic.Select1.Tournament3,
    select2: Genetic.Select2.Tournament3,
    seed: () => Array.from({ length: 100 }, () => Math.floor(2 * Math.random())),
    fitness: (bits) => {
      globalThis.oneMax.evaluations++;
      let ones = 0;
      for (const bit of bits) ones += bit;
      return ones;
    },
    crossover: (first, second) => {
      const places = [1 + Math.floor(99 * Math.random()), 1 + Math.floor(99 * Math.random())];
      for (let gene = Math.min(...places); gene < Math.max(...places); gene++) {
        [first[gene], second[gene]] = [second[gene], first[gene]];
      }
      return [first, second];
    },
    mutate: (bits) => bits.map((bit) => (Math.random() < 0.05 ? 1 - bit : bit)),
    generation: (_, number, { maximum }) => {
      globalThis.oneMax.generations = number;
      return maximum < 100;
    },
  });
  globalThis.oneMax = { generations: 0, evaluations: 0 };
  genetic.evolve({
    size,
    crossover: 0.5,
    mutation: 0.2,
    iterations: 1000,
    fittestAlwaysSurvives: false,
    webWorkers: false,
  });
  return globalThis.oneMax;
}

const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
answer({ version: `genetic-js ${version}` });
for await (const line of createInterface(process.stdin)) {
  const { seeds, population } = JSON.parse(line);
  const [clock, processor] = [performance.now(), process.cpuUsage()];
  const result = seeds.map(() => evolve(population));
  const { user, system } = process.cpuUsage(processor);
  answer({
    seconds: (performance.now() - clock) / 1000,
    processorSeconds: (user + system) / 1e6,
    residentBytes: 1024 * process.resourceUsage().maxRSS,
    result,
  });
}
