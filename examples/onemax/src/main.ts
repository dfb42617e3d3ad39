import { type Chapter, option, runExample } from '@cnnviz/example-support';
import { oneMaxClaims } from './claims.ts';
import { generationText } from './generation-text.ts';
import { oneMax } from './one-max.ts';
import { runChapter } from './run-chapter.ts';

await runExample({
  folder: 'report/onemax',
  summary: "The textbook's genetic algorithm: strings of bits evolve until one is all ones.",
  options: {
    length: option.wholeNumber('bits per string', { default: 20 }),
    population: option.wholeNumber('strings per generation', { default: 100 }),
    selection: option.oneOf(['roulette', 'tournament'], 'roulette or tournament', { default: 'roulette' }),
    elites: option.wholeNumber('how many of the best survive unchanged', { default: 0, min: 0 }),
    generations: option.wholeNumber('at most', { default: 300 }),
    shown: option.wholeNumber('strings and pairs printed per generation', { default: 4, min: 0 }),
    seed: option.seed(),
    claims: option.flag("also repeats it over many seeds, and writes claims.json beside DEAP's numbers"),
  },
  async run({ population, shown, claims, ...values }) {
    const { length, selection, elites, generations, seed } = values;
    const options = { length, populationSize: population, selection, elites, generations, seed };
    const run = oneMax(options);
    for (const [index, generation] of run.generations.entries()) console.log(generationText(generation, index, shown));
    console.log(run.solvedIn === null ? 'Not solved.' : `Solved in generation ${run.solvedIn}.`);

    const others = (['roulette', 'tournament'] as const)
      .flatMap((selection) => [0, 1].map((elites) => ({ selection, elites })))
      .filter(({ selection, elites }) => selection !== options.selection || elites !== options.elites);
    const chapters: Chapter[] = [await runChapter(run, { id: 'run', title: `By ${selection}`, ...options })];
    for (const { selection, elites } of others) {
      const title = `By ${selection}${elites === 0 ? '' : ', keeping the best'}`;
      const other = { ...options, selection, elites };
      chapters.push(await runChapter(oneMax(other), { id: `${selection}-${elites}`, title, ...other }));
    }
    return {
      page: {
        title: 'OneMax: the first genetic algorithm',
        intro: [
          `Strings of ${length} bits evolve; the fitness of a string is its number of ones. In each generation, parents are selected, pairs are crossed at two points, and some children mutate.`,
        ],
        facts: [{ label: 'strings per generation', value: String(population) }],
        chapters,
      },
      ...(claims && { claims: await oneMaxClaims() }),
    };
  },
});
