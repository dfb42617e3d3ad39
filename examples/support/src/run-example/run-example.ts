import { resolve } from 'node:path';
import { type ChosenBackend, chooseBackend } from '../backends/choose-backend.ts';
import { workspaceRoot } from '../backends/installed.ts';
import { type Claim, writeClaims } from '../claims.ts';
import type { Report } from '../html-report/render-report.ts';
import { writeReport } from '../html-report/write-report.ts';
import { peakMemory, peakMemoryText } from '../peak-memory.ts';
import { type Progress, progressBars } from '../progress-bar.ts';
import { backend as backendOption, helpText, type Options, type OptionValues, path, readOptions } from './options.ts';

export interface Example<O extends Options> {
  /** Folder of its page, from the root of the repository, unless `--out` names another. */
  folder: string;
  /** The first lines of its help. */
  summary: string;
  /** Options of its own; `--out`, `--backend` and `--help` are added. */
  options: O;
  /** What goes into its folder. Default `the page`. */
  writes?: string;
  /** Whether a second run with the same folder and options does only what the first did not finish. */
  resumes?: true;
  /** How many stages `run` will report. Default: not known. */
  stages?(options: OptionValues<O>): number;
  /** Does the work. Whatever it throws ends the command with its stack and exit code 1. */
  run(
    options: OptionValues<O> & { backend: string | undefined },
    surroundings: Surroundings,
  ): Promise<Outcome | undefined>;
}

export interface Surroundings {
  /** Absolute path of the folder for its page and files; not made yet. */
  out: string;
  backend: ChosenBackend;
  progress: Progress;
}

export interface Outcome {
  /** The page, to which backend, seed and time are added; or the path of one that is written already. */
  page: Report | string;
  /** Written to `claims.json`. */
  claims?: Claim[];
  /** Printed at the end. */
  lines?: readonly string[];
}

/**
 * The command of an example: reads its options, starts a backend, runs it, writes its page and claims, and prints what it
 * found, what it cost and where the page is. A wrong option ends it with one line and exit code 1.
 *
 * @param argv Default: the arguments of this process.
 *
 * @example
 * await runExample({
 *   folder: 'report/sheep',
 *   summary: 'Counts sheep.',
 *   options: { sheep: option.wholeNumber('how many', { default: 100 }), seed: option.seed() },
 *   async run({ sheep, seed }, { progress }) {
 *     const counted = await progress.stage('counting', sheep, (update) => count({ sheep, seed, update }));
 *     return { page: { title: 'Sheep', intro: [], chapters: [chapterOf(counted)] } };
 *   },
 * });
 */
export async function runExample<O extends Options>(
  example: Example<O>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const common = commonOptions(example);
  const values = optionsOrExit(example.summary, { ...example.options, ...common }, argv) as
    | (OptionValues<O> & OptionValues<typeof common>)
    | undefined;
  if (values === undefined) return;
  const out = values.out ?? resolve(workspaceRoot(), example.folder);
  const backend = await chooseBackend({ argv });
  const stages = example.stages?.(values);
  const progress = progressBars(stages === undefined ? {} : { stages });
  const start = performance.now();
  const outcome = await example.run(values, { out, backend, progress });
  if (outcome === undefined) return;
  const seconds = (performance.now() - start) / 1000;
  const { page, claims, lines = [] } = outcome;
  const written =
    typeof page === 'string' ? page : await writeReport(out, withFacts(page, { ...values, backend, seconds }));
  if (claims !== undefined) await writeClaims(out, { claims, backend, seconds });
  for (const line of lines) console.log(line);
  console.log(`Everything took ${seconds.toFixed(0)} s and at most ${peakMemoryText(peakMemory())}. Open ${written}`);
}

function commonOptions({
  folder,
  writes = 'the page',
  resumes,
}: Pick<Example<Options>, 'folder' | 'writes' | 'resumes'>) {
  const again = resumes ? '; a second run with the same folder and options does only what is missing' : '';
  return {
    out: path('FOLDER', `folder for ${writes} (default: ${folder}, at the root of the repository)${again}`),
    backend: backendOption(),
  };
}

/**
 * Options of a command that starts no backend. Prints the help if asked for it; a wrong option ends the process with one
 * line and exit code 1.
 *
 * @returns `undefined` if there is nothing more to do.
 */
export function optionsOrExit<O extends Options>(
  summary: string,
  options: O,
  argv: readonly string[] = process.argv.slice(2),
): OptionValues<O> | undefined {
  try {
    const values = readOptions(options, argv);
    if (values === undefined) console.log(helpText(summary, options));
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n--help lists the options.`);
    process.exitCode = 1;
    return undefined;
  }
}

function withFacts(page: Report, made: { backend: ChosenBackend; seconds: number; seed?: unknown }): Report {
  const { backend, seconds, seed } = made;
  return {
    ...page,
    facts: [
      ...(page.facts ?? []),
      { label: 'backend', value: `${backend.name}, ${backend.detail}` },
      ...(seed === undefined ? [] : [{ label: 'seed', value: String(seed) }]),
      { label: 'time', value: `${seconds.toFixed(0)} s` },
    ],
  };
}
