import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { experiments } from '@cnnviz/example-reproduction';
import { type PeakMemory, workspaceRoot } from '@cnnviz/example-support';

/** An example that `pnpm --filter @cnnviz/example-NAME start` runs. */
export interface Example {
  name: string;
  options: readonly string[];
  needsData?: true;
}

export const examples: readonly Example[] = [
  { name: 'demo', options: [] },
  ...experiments.map(({ options, ...experiment }) => ({ ...experiment, options: options.quick })),
  { name: 'distributed-dissect', options: [] },
];

/** The peak memory of each process of an example that chose a backend. Its pages go to a folder in `scratch`. */
export async function peaksOf({ name, options }: Example, backend: string, scratch: string): Promise<PeakMemory[]> {
  const [peaks, out] = await Promise.all(['peaks-', 'out-'].map((prefix) => mkdtemp(join(scratch, prefix))));
  const command = ['--filter', `@cnnviz/example-${name}`, 'start', ...options, '--out', out!];
  const env = { ...process.env, CNNVIZ_BACKEND: backend, CNNVIZ_PEAK_MEMORY: peaks! };
  await promisify(execFile)('pnpm', command, { cwd: workspaceRoot(), env, maxBuffer: 2 ** 30 });
  const files = (await readdir(peaks!)).map((file) => readFile(join(peaks!, file), 'utf8'));
  return (await Promise.all(files)).map((text) => JSON.parse(text));
}
