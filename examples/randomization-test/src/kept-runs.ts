import { existsSync } from 'node:fs';
import { readJson } from '@cnnviz/example-support';
import type { ExperimentRun } from './experiment.ts';

/**
 * What an earlier run of the same settings kept; nothing where there is no file. Whether the runs are whole is seen where
 * `randomizationTest` resumes from them, except for what this example adds.
 *
 * @throws Error that names the file if it is of other settings, or a run in it is none of this example; says which.
 */
export async function readRuns(path: string, settings: object): Promise<ExperimentRun[]> {
  if (!existsSync(path)) return [];
  const { runs, ...made } = ((await readJson(path)) ?? {}) as { runs?: ExperimentRun[] };
  if (JSON.stringify(made) !== JSON.stringify(settings) || !Array.isArray(runs)) {
    throw new Error(`${path} holds runs of ${JSON.stringify(made)}: choose another --out or remove it`);
  }
  const damaged = runs.findIndex((run) => !(typeof run?.network === 'string' && Number.isFinite(run.seconds)));
  if (damaged >= 0) throw new Error(`${path}: expected runs of this example, found something else as run ${damaged}`);
  return runs;
}
