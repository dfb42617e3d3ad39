import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { option, optionsOrExit, readClaims, workspaceRoot, writeWhole } from '@cnnviz/example-support';
import { type Experiment, experiments } from './experiments.ts';
import { type Outcome, reproductionPage } from './reproduction-page.ts';

const values = optionsOrExit(
  'Runs the examples one after another, and writes docs/reproduction.md from the claims.json of each.',
  {
    quick: option.flag('less data and fewer epochs'),
    only: option.names(
      'LIST',
      `runs some of ${experiments.map(({ name }) => name).join(', ')}; the others keep the results of an earlier run`,
    ),
    backend: option.backend(),
  },
);
if (values !== undefined) await reproduce(values);

interface ReproductionOptions {
  quick: boolean;
  only: string[] | undefined;
  backend: string | undefined;
}

async function reproduce({ quick, only, backend }: ReproductionOptions): Promise<void> {
  const scale = quick ? 'quick' : 'standard';
  const results = join(workspaceRoot(), 'report', `reproduction-${scale}`);
  const failed: string[] = [];
  for (const experiment of chosenOf(only)) {
    if (experiment.needsData && !process.env.CNNVIZ_DATA) {
      console.log(`${experiment.name} is left out: CNNVIZ_DATA is not set`);
      continue;
    }
    console.log(`\n=== ${experiment.title}`);
    const folder = join(results, experiment.name);
    // Runs of other sources must not count as done.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const onBackend = backend === undefined ? [] : ['--backend', backend];
    const succeeded = await start(experiment, [...experiment.options[scale], ...onBackend, '--out', folder]);
    if (!succeeded) failed.push(experiment.name);
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
  if (failed.length > 0) throw new Error(`these experiments failed: ${failed.join(', ')}`);
}

function chosenOf(only: string[] | undefined): readonly Experiment[] {
  return (
    only?.map((name) => {
      const found = experiments.find((experiment) => experiment.name === name);
      if (found !== undefined) return found;
      throw new RangeError(`--only must name some of ${experiments.map((each) => each.name).join(', ')}, got ${name}`);
    }) ?? experiments
  );
}

/** @returns Whether it succeeded. */
function start({ name }: Experiment, options: readonly string[]): Promise<boolean> {
  return execute('pnpm', ['--filter', `@cnnviz/example-${name}`, 'start', ...options], workspaceRoot());
}

function execute(command: string, options: readonly string[], cwd: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const child = spawn(command, options, { cwd, stdio: 'inherit' });
    child.once('error', fail);
    child.once('close', (status) => done(status === 0));
  });
}
