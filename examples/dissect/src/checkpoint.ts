import type { DissectionState } from '@cnnviz/dissect';
import { readJson, writeWhole } from '@cnnviz/example-support';

/** The settings that a dissection depends on. A run resumes only from a checkpoint with the same settings. */
export type Settings = Readonly<Record<string, string>>;

interface Checkpoint {
  settings: Settings;
  state: DissectionState;
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeWhole(path, JSON.stringify(checkpoint));
}

/**
 * Reads the state in a checkpoint.
 *
 * @throws Error if the file is no checkpoint or has other settings; names the setting.
 */
export async function readCheckpoint(path: string, settings: Settings): Promise<DissectionState> {
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a checkpoint of this example, found ${found}`);
  };
  const { settings: others, state } = ((await readJson(path)) ?? {}) as Partial<Checkpoint>;
  if (typeof others !== 'object' || others === null || state === undefined) return fail('something else');
  for (const [name, value] of Object.entries(settings)) {
    const other: unknown = others[name];
    if (other === value) continue;
    fail(`one with ${name} ${typeof other === 'string' ? other : JSON.stringify(other)}, not ${value}`);
  }
  return state;
}
