import { readFile } from 'node:fs/promises';
import type { DissectionState } from '@cnnviz/dissect';
import { writeWhole } from '@cnnviz/example-support';

/** What a dissection depends on: a run goes on only from a checkpoint of the same. */
export type Settings = Readonly<Record<string, string>>;

interface Checkpoint {
  settings: Settings;
  state: DissectionState;
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeWhole(path, JSON.stringify(checkpoint));
}

/** @throws Error if the file is no checkpoint, or one of other settings; says which. */
export async function readCheckpoint(path: string, settings: Settings): Promise<DissectionState> {
  const text = await readFile(path, 'utf8');
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a checkpoint of this example, found ${found}`);
  };
  let checkpoint: Partial<Checkpoint> | null;
  try {
    checkpoint = JSON.parse(text);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (checkpoint?.settings === undefined || checkpoint.state === undefined) return fail('something else');
  for (const [name, value] of Object.entries(settings)) {
    if (checkpoint.settings[name] !== value) fail(`one with ${name} ${checkpoint.settings[name]}, not ${value}`);
  }
  return checkpoint.state;
}
