import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readClaims, workspaceRoot, writeWhole } from '@cnnviz/example-support';
import { type Experiment, experiments } from './experiments.ts';
import { type Outcome, reproductionPage } from './reproduction-page.ts';

const USAGE = `Runs the examples one after another, and writes docs/reproduction.md from the claims.json of each.

  --quick         less data and fewer epochs
  --only LIST     some of them: ${experiments.map(({ name }) => name).join(', ')};
                  of the others what an earlier run left counts
  --backend NAME  tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const scale = values.quick ? 'quick' : 'standard';
  const chosen = chosenOf(values.only);
  const results = join(workspaceRoot(), 'report', `reproduction-${scale}`);
  const failed: string[] = [];
  for (const experiment of chosen) {
    if (experiment.needsData && !process.env.CNNVIZ_DATA) {
      console.log(`${experiment.name} is left out: CNNVIZ_DATA is not set`);
      continue;
    }
    console.log(`\n=== ${experiment.title}`);
    const folder = join(results, experiment.name);
    // Runs of other sources must not count as done.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    if (!(await run(experiment, experiment.options[scale], folder))) failed.push(experiment.name);
  }
  const outcomes: Outcome[] = [];
  for (const experiment of experiments) {
    const path = join(results, experiment.name, 'claims.json');
    const left = existsSync(path) ? await readClaims(path) : undefined;
    outcomes.push({ experiment, options: experiment.options[scale], results: left });
  }
  const page = resolve(workspaceRoot(), 'docs/reproduction.md');
  await writeWhole(page, reproductionPage(outcomes));
  await execute('pnpm', ['exec', 'biome', 'format', '--write', page], workspaceRoot());
  console.log(`\nOpen ${page}`);
  if (failed.length > 0) throw new Error(`these did not end well: ${failed.join(', ')}`);
}

function chosenOf(only: string | undefined): readonly Experiment[] {
  if (only === undefined) return experiments;
  return only.split(',').map((name) => {
    const found = experiments.find((experiment) => experiment.name === name);
    if (found !== undefined) return found;
    throw new RangeError(`--only must name some of ${experiments.map((each) => each.name).join(', ')}, got ${name}`);
  });
}

/** @returns Whether it ended well. */
async function run({ name }: Experiment, options: readonly string[], folder: string): Promise<boolean> {
  const backend = values.backend === undefined ? [] : ['--backend', values.backend];
  const all = ['--filter', `@cnnviz/example-${name}`, 'start', ...options, ...backend, '--out', folder];
  return execute('pnpm', all, workspaceRoot());
}

function execute(command: string, options: readonly string[], cwd: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const child = spawn(command, options, { cwd, stdio: 'inherit' });
    child.once('error', fail);
    child.once('close', (status) => done(status === 0));
  });
}
