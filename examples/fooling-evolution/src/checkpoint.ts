import { isListOf, readJson } from '@cnnviz/example-support';
import type { Checkpoint } from './evolve-images.ts';

/** What is told of each generation. */
const told = ['generation', 'best', 'mean', 'median', 'seconds', 'processorSeconds'] as const;

/** @throws Error that names the file if it is no checkpoint. Of the state MAP-Elites decides whether it is whole. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { state, history } = ((await readJson(path)) ?? {}) as Partial<Checkpoint>;
  const isToldOf = (generation: Checkpoint['history'][number] | null) =>
    told.every((name) => Number.isFinite(generation?.[name]));
  if (state === undefined || history?.length === 0 || !isListOf(history, isToldOf)) {
    throw new Error(`${path}: expected a checkpoint of this example, found something else`);
  }
  return { state, history: history! };
}
