import { bitEncoding, evolve } from '@cnnviz/genetic';
import { inTurns, timed } from './in-turns.ts';
import { startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';

interface Solved {
  generations: number;
  evaluations: number;
}

/** And the time that ours may take, as a share of theirs. */
const PEERS: readonly (readonly [program: string, aim?: number])[] = [
  ['deap_one_max.py', 1 / 50],
  ['pygad_one_max.py'],
  ['genetic_js_one_max.mjs'],
];

/** OneMax with the settings of DEAP's example, beside DEAP, PyGAD and genetic-js: evaluations a second, and whether as many are needed. */
export async function compareOneMax(setting: Setting): Promise<void> {
  for (const [program, aim] of PEERS) {
    const peer = await startPeer(program);
    if ('missing' in peer) {
      setting.skip(`OneMax beside ${program.split('_one')[0]}`, peer.missing);
      continue;
    }
    for (const population of setting.quick ? [300] : [100, 300, 1000]) {
      const seeds = Array.from({ length: 10 }, (_, seed) => seed);
      let mine: Solved[] = [];
      let others: Solved[] = [];
      let theirMemory = 0;
      const pairs = await inTurns(
        setting.rounds,
        async () => {
          const { result, ...timing } = await timed(() => Promise.all(seeds.map((seed) => solve(population, seed))));
          mine = result;
          return timing;
        },
        async () => {
          const { result, residentBytes, ...timing } = await peer.ask<Solved[]>('evolve', { seeds, population });
          others = result;
          theirMemory = residentBytes;
          return timing;
        },
      );
      const evaluations = (solved: Solved[]) => solved.reduce((sum, one) => sum + one.evaluations, 0);
      const generations = (solved: Solved[]) => solved.map((one) => one.generations).toSorted((a, b) => a - b);
      setting.emit({
        what: `OneMax, 100 bits, population ${population}, ${seeds.length} runs`,
        backend: 'none',
        peer: peer.version,
        pairs,
        handled: { ours: evaluations(mine), theirs: evaluations(others), unit: 'evaluations' },
        memory: { ours: ourMemory(), theirs: theirMemory },
        equal: `all solved, in ${inWords(generations(mine))} and ${inWords(generations(others))} generations`,
        ...(aim !== undefined && population === 300 && { aim }),
      });
    }
    peer.stop();
  }
}

async function solve(population: number, seed: number): Promise<Solved> {
  const { history } = await evolve({
    encoding: bitEncoding({ length: 100, flipRate: 0.05 }),
    fitness: countOnes,
    populationSize: population,
    generations: 1000,
    target: 100,
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

const inWords = (values: number[]) => `${values.at(0)} to ${values.at(-1)} (median ${values[values.length >> 1]})`;
