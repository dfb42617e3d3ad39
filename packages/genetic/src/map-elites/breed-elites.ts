import { requireGenome, requirePair } from '../encodings/encoding.ts';
import { copyGenome } from '../genomes/copy-genome.ts';
import type { Ancestor, Member } from './elite.ts';
import { check, type MapElitesSettings } from './map-elites-options.ts';
import type { MapElitesRun } from './map-elites-state.ts';

/** The random genomes of the first generation. */
export function createMembers<G>(
  { encoding, initialSize }: MapElitesSettings<G, never>,
  { random, memory }: MapElitesRun<G>,
): Member<G>[] {
  const breeding = { random, generation: 0, memory };
  return Array.from({ length: initialSize }, () => ({
    self: { genome: requireGenome(check, 'create', encoding.create(breeding)), generation: 0 },
    ancestors: [],
  }));
}

/** Draws pairs of parents from the archive, crosses some of them, and mutates each child. */
export function breedElites<G>(settings: MapElitesSettings<G, never>, run: MapElitesRun<G>): Member<G>[] {
  const { encoding, populationSize, crossoverRate, lineage } = settings;
  const { random, memory } = run;
  const generation = run.generation + 1;
  const breeding = { random, generation, memory };
  const pool =
    settings.parents === 'elites' ? distinctMembers(run) : run.holders.filter((holder) => holder !== undefined);
  const children: Member<G>[] = [];
  while (children.length < populationSize) {
    const parents = [pool[random.integer(pool.length)]!, pool[random.integer(pool.length)]!] as const;
    // Copies: an operator that the caller wrote may modify its parents.
    const [first, second] = [copyGenome(parents[0].self.genome), copyGenome(parents[1].self.genome)];
    const crossed =
      random.uniform() < crossoverRate
        ? requirePair(check, 'encoding.cross', encoding.cross(first, second, breeding))
        : [first, second];
    for (const [index, genome] of crossed.entries()) {
      if (children.length === populationSize) break;
      const mutated = requireGenome(check, 'mutate', encoding.mutate(copyGenome(genome), breeding));
      children.push({ self: { genome: mutated, generation }, ancestors: lineOf(parents[index]!, lineage) });
    }
  }
  return children;
}

/** The holders of cells, each once. */
export function distinctMembers<G>({ holders }: MapElitesRun<G>): Member<G>[] {
  return [...new Set(holders)].filter((holder) => holder !== undefined);
}

function lineOf<G>(parent: Member<G>, limit: number): Ancestor<G>[] {
  return limit === 0 ? [] : spreadOut([...parent.ancestors, parent.self], limit);
}

/** Drops ancestors beyond `limit`, those whose neighbors are closest in time; the first and the last stay. */
function spreadOut<G>(line: Ancestor<G>[], limit: number): Ancestor<G>[] {
  while (line.length > limit) {
    let dropped = line.length === 2 || limit === 1 ? 0 : 1;
    for (let index = 2; index < line.length - 1 && limit > 1; index++) {
      const gap = line[index + 1]!.generation - line[index - 1]!.generation;
      if (gap < line[dropped + 1]!.generation - line[dropped - 1]!.generation) dropped = index;
    }
    line.splice(dropped, 1);
  }
  return line;
}
