import { inTurns, timed } from './in-turns.ts';
import { startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';

/** What a run came to, here and there. */
interface Run {
  evaluations: number;
}

export interface Task<R extends Run> {
  /** `OneMax, 100 bits`. */
  name: string;
  peers: readonly {
    /** Of `peers`; answers `evolve`. */
    program: string;
    /** Ours, with the peer's settings. */
    solve: (population: number, seed: number) => Promise<R>;
    /** The time that ours may take, as a share of theirs. */
    aim?: number;
  }[];
  /** The one that counts, and for which the aim is. */
  population: number;
  /** To see what the size does. */
  otherPopulations: readonly number[];
  /** What came out here and there. */
  equality: (mine: readonly R[], others: readonly R[]) => string;
}

const RUNS = 10;
/** Before anything counts, of what runs on V8: it compiles what it has seen often, and the first runs take three times as long. */
const WARM_UPS = 5;

/** A task of genetic algorithms beside each of its peers: evaluations a second, and whether they come to the same. */
export async function compareGeneticAlgorithms<R extends Run>(task: Task<R>, setting: Setting): Promise<void> {
  for (const { program, solve, aim } of task.peers) {
    const peer = await startPeer(program);
    if ('missing' in peer) {
      setting.skip(`${task.name} against ${program.split('_')[0]}`, peer.missing);
      continue;
    }
    for (const population of setting.quick ? [task.population] : [task.population, ...task.otherPopulations]) {
      const seeds = Array.from({ length: RUNS }, (_, seed) => seed);
      let mine: R[] = [];
      let others: R[] = [];
      let theirMemory = 0;
      const runOurs = async () => {
        const { result, ...timing } = await timed(() => Promise.all(seeds.map((seed) => solve(population, seed))));
        mine = result;
        return timing;
      };
      const runTheirs = async () => {
        const { result, residentBytes, ...timing } = await peer.ask<R[]>('evolve', { seeds, population });
        others = result;
        theirMemory = residentBytes;
        return timing;
      };
      for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) {
        await runOurs();
        if (program.endsWith('.mjs')) await runTheirs();
      }
      const pairs = await inTurns(setting.rounds, runOurs, runTheirs);
      const evaluations = (runs: R[]) => runs.reduce((sum, run) => sum + run.evaluations, 0);
      setting.emit({
        what: `${task.name}, population ${population}, ${RUNS} runs`,
        backend: 'none',
        peer: peer.version,
        pairs,
        handled: { ours: evaluations(mine), theirs: evaluations(others), unit: 'evaluations' },
        memory: { ours: ourMemory(), theirs: theirMemory },
        equal: task.equality(mine, others),
        ...(aim !== undefined && population === task.population && { aim }),
      });
    }
    peer.stop();
  }
}

/** `30 to 44 (median 36)`. */
export function rangeOf(values: readonly number[], digits = 0): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, middle, most] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  return `${least.toFixed(digits)} to ${most.toFixed(digits)} (median ${middle.toFixed(digits)})`;
}
