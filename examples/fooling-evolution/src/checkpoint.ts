import { isListOf, readJson } from '@cnnviz/example-support';
import type { Checkpoint } from './evolve-images.ts';

/** The numbers that each entry of the history holds. */
const recorded = ['generation', 'best', 'mean', 'median', 'seconds', 'processorSeconds'] as const;

/**
 * Reads the checkpoint that an earlier run wrote. MAP-Elites checks its state.
 *
 * @throws Error that names the file if it is not such a checkpoint.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { kind, version, state, history } = ((await readJson(path)) ?? {}) as Partial<Checkpoint>;
  const isRecord = (generation: Checkpoint['history'][number] | null) =>
    recorded.every((name) => Number.isFinite(generation?.[name]));
  const isOurs = kind === 'evolveImages' && version === 1;
  if (!isOurs || state === undefined || history?.length === 0 || !isListOf(history, isRecord)) {
    throw new Error(`${path}: expected a checkpoint of this example, found something else`);
  }
  return { kind, version, state, history: history! };
}
