import type { Random } from '@cnnviz/internal';
import { type Breeding, isReader, requireGenome, requirePair } from '../encodings/encoding.ts';
import { copyGenome } from '../genomes/copy-genome.ts';
import type { Goal } from '../operators/selection/selection.ts';
import { check, type GeneticAlgorithmSettings } from './genetic-algorithm-options.ts';
import type { Children, GeneticAlgorithmRun } from './genetic-algorithm-state.ts';
import { selectWithinSpecies, speciate } from './speciation.ts';

/** The random genomes of the first generation. */
export function createPopulation<G>(
  { encoding, populationSize }: GeneticAlgorithmSettings<G>,
  { random, memory }: GeneticAlgorithmRun<G>,
): Children<G> {
  const create = () => requireGenome(check, 'create', encoding.create({ random, generation: 0, memory }));
  const genomes = Array.from({ length: populationSize }, create);
  return { genomes, fitness: new Float64Array(populationSize), asked: [...genomes.keys()] };
}

/** The children of a generation: parents are selected, consecutive pairs crossed, and children mutated. */
export function breed<G>(settings: GeneticAlgorithmSettings<G>, run: GeneticAlgorithmRun<G>): Children<G> {
  const breeding = { random: run.random, generation: run.generation + 1, memory: run.memory };
  const parents = selectParents(settings, run, settings.populationSize - settings.survivors);
  const genomes: G[] = [];
  const fitness = new Float64Array(parents.length);
  const isNew = new Uint8Array(parents.length);
  for (let child = 0; child < parents.length; child++) {
    genomes.push(run.genomes[parents[child]!] as G);
    fitness[child] = run.fitness[parents[child]!]!;
  }
  crossPairs(settings, breeding, { genomes, fitness, isNew });
  mutateSome(settings, breeding, { genomes, isNew });
  const asked: number[] = [];
  for (let child = 0; child < isNew.length; child++) if (isNew[child] === 1) asked.push(child);
  return { genomes, fitness, asked };
}

/** Children in the making: copies of their parents until `isNew`. */
interface Brood<G> {
  genomes: G[];
  fitness: Float64Array;
  isNew: Uint8Array;
}

function crossPairs<G>(
  { encoding, crossoverRate, goal }: GeneticAlgorithmSettings<G>,
  breeding: Breeding,
  { genomes, fitness, isNew }: Brood<G>,
): void {
  const lent = lender<G>(encoding);
  for (let child = 0; child + 1 < genomes.length; child += 2) {
    if (breeding.random.uniform() >= crossoverRate) continue;
    const fitter = fitterOf(fitness[child]!, fitness[child + 1]!, goal);
    const [first, second] = [lent(genomes[child]!), lent(genomes[child + 1]!)];
    const crossed = requirePair(check, 'encoding.cross', encoding.cross(first, second, breeding, fitter));
    genomes[child] = crossed[0];
    genomes[child + 1] = crossed[1];
    isNew[child] = isNew[child + 1] = 1;
  }
}

function mutateSome<G>(
  { encoding, mutationRate }: GeneticAlgorithmSettings<G>,
  breeding: Breeding,
  { genomes, isNew }: Omit<Brood<G>, 'fitness'>,
): void {
  const lent = lender<G>(encoding);
  for (let child = 0; child < genomes.length; child++) {
    if (breeding.random.uniform() >= mutationRate) continue;
    genomes[child] = requireGenome(check, 'mutate', encoding.mutate(lent(genomes[child]!), breeding));
    isNew[child] = 1;
  }
}

/** An operator that the caller wrote may modify its parents, which other children share: it gets copies. */
function lender<G>(encoding: object): (genome: G) => G {
  return isReader(encoding) ? (genome) => genome : copyGenome;
}

function fitterOf(first: number, second: number, goal: Goal): 'first' | 'second' | undefined {
  if (first === second) return undefined;
  return first > second === (goal === 'maximize') ? 'first' : 'second';
}

function selectParents<G>(
  { encoding, goal, select, speciesThreshold }: GeneticAlgorithmSettings<G>,
  run: GeneticAlgorithmRun<G>,
  count: number,
): Int32Array {
  const { genomes, fitness, random } = run;
  if (speciesThreshold === undefined) return select(fitness, count, random, goal);
  const distance = (first: G, second: G) => encoding.distance!(first, second);
  const { species, representatives } = speciate(genomes, distance, {
    threshold: speciesThreshold,
    representatives: run.representatives,
  });
  run.representatives = representatives.flatMap((_, kind) => drawMember(genomes, species, kind, random));
  return selectWithinSpecies(species, fitness, count, random, goal, select);
}

/** One member of a species, drawn at random; none of a species that has died out. */
function drawMember<G>(genomes: readonly G[], species: Int32Array, kind: number, random: Random): G[] {
  const members = Array.from(species.keys()).filter((individual) => species[individual] === kind);
  return members.length === 0 ? [] : [genomes[members[random.integer(members.length)]!]!];
}
