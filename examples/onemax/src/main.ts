import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Chapter, chooseBackend, workspaceRoot, writeClaims, writeReport } from '@cnnviz/example-support';
import { oneMaxClaims } from './claims.ts';
import { generationText } from './generation-text.ts';
import { oneMax } from './one-max.ts';
import { runChapter } from './run-chapter.ts';

const USAGE = `The textbook's genetic algorithm: strings of bits evolve until one is all ones.

  --length NUMBER      bits of a string (default: 20)
  --population NUMBER  strings of a generation (default: 100)
  --selection NAME     roulette or tournament (default: roulette)
  --elites NUMBER      how many of the best survive unchanged (default: 0)
  --generations NUMBER at most (default: 300)
  --shown NUMBER       strings and pairs printed of each generation (default: 4)
  --seed NUMBER        (default: 0)
  --claims             also repeats it over many seeds, and writes claims.json beside DEAP's numbers
  --out FOLDER         where the page goes (default: report/onemax, at the root of the repository)
  --help`;

const { values } = parseArgs({
  options: {
    length: { type: 'string', default: '20' },
    population: { type: 'string', default: '100' },
    selection: { type: 'string', default: 'roulette' },
    elites: { type: 'string', default: '0' },
    generations: { type: 'string', default: '300' },
    shown: { type: 'string', default: '4' },
    seed: { type: 'string', default: '0' },
    claims: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const options = {
    length: Number(values.length),
    populationSize: Number(values.population),
    selection: values.selection as 'roulette' | 'tournament',
    elites: Number(values.elites),
    generations: Number(values.generations),
    seed: Number(values.seed),
  };
  const run = oneMax(options);
  const shown = Number(values.shown);
  for (const [index, generation] of run.generations.entries()) console.log(generationText(generation, index, shown));
  console.log(run.solvedIn === null ? 'Not solved.' : `Solved in generation ${run.solvedIn}.`);

  const others = (['roulette', 'tournament'] as const)
    .flatMap((selection) => [0, 1].map((elites) => ({ selection, elites })))
    .filter(({ selection, elites }) => selection !== options.selection || elites !== options.elites);
  // Only pictures are made with it.
  await chooseBackend({ argv: [], print: () => {} });
  const chapters: Chapter[] = [await runChapter(run, { id: 'run', title: `By ${options.selection}`, ...options })];
  for (const { selection, elites } of others) {
    const title = `By ${selection}${elites === 0 ? '' : ', keeping the best'}`;
    const other = { ...options, selection, elites };
    chapters.push(await runChapter(oneMax(other), { id: `${selection}-${elites}`, title, ...other }));
  }
  const out = resolve(process.env.INIT_CWD ?? '.', values.out ?? resolve(workspaceRoot(), 'report/onemax'));
  const page = await writeReport(out, {
    title: 'OneMax: the first genetic algorithm',
    intro: [
      `Strings of ${options.length} bits; the fitness of a string is its number of ones. Each generation, parents are selected, pairs are crossed at two points, and some children mutate.`,
    ],
    facts: [
      { label: 'strings a generation', value: String(options.populationSize) },
      { label: 'seed', value: String(options.seed) },
    ],
    chapters,
  });
  if (values.claims) {
    const start = performance.now();
    const claims = await oneMaxClaims();
    const seconds = (performance.now() - start) / 1000;
    await writeClaims(out, { claims, backend: { name: 'none', detail: 'JavaScript' }, seconds });
  }
  console.log(`Open ${page}`);
}
