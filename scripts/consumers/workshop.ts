import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Example,
  findExamples,
  publishedPackages,
} from '../../packages/testing/src/documentation/find-examples.ts';
import { readmesOf } from '../../packages/testing/src/documentation/readme-program.ts';
import { packAll, root, type Tarballs } from './pack.ts';

/** What every part of the checks works with. */
export interface Workshop {
  /** An empty folder outside the workspace, but for the tarballs. */
  folder: string;
  tarballs: Tarballs;
  /** Prints a line for a check. `failure` is what went wrong, if something did. */
  report(name: string, failure?: string): void;
  /** Prints that a check was not made, and why. */
  skip(name: string, reason: string): void;
}

export type Part = (workshop: Workshop) => Promise<void>;

/**
 * Packs the packages and runs the parts after each other.
 *
 * @param keep Whether the folder is left for a look into it.
 * @returns How many checks failed.
 */
export async function runParts(parts: Readonly<Record<string, Part>>, keep: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cnnviz-consumers-'));
  let failures = 0;
  const report = (name: string, failure?: string) => {
    console.log(`${failure === undefined ? 'ok  ' : 'FAIL'} ${name}`);
    if (failure === undefined) return;
    failures++;
    console.log(failure.trimEnd().replace(/^/gm, '     '));
  };
  try {
    const tarballs = await packAll(folder);
    const skip = (name: string, reason: string) => console.log(`skip ${name}: ${reason}`);
    for (const [name, part] of Object.entries(parts)) {
      const start = Date.now();
      await part({ folder, tarballs, report, skip }).catch((error) =>
        report(name, String(error.stderr || error.stack)),
      );
      console.log(`---- ${name}: ${Math.round((Date.now() - start) / 1000)} s`);
    }
  } finally {
    if (keep) console.log(folder);
    else await rm(folder, { recursive: true, force: true });
  }
  return failures;
}

export interface Readme {
  /** `packages/adversarial/README.md` */
  path: string;
  /** `adversarial`, or `root`. */
  name: string;
  text: string;
  examples: Example[];
}

/** The root README and those of the published packages. */
export async function publicReadmes(): Promise<Readme[]> {
  const examples = readmesOf(findExamples(root));
  const packages = publishedPackages(root).map((name) => ({ name, path: `packages/${name}/README.md` }));
  return Promise.all(
    [{ name: 'root', path: 'README.md' }, ...packages].map(async ({ name, path }) => ({
      name,
      path,
      text: await readFile(join(root, path), 'utf8'),
      examples: examples.get(path) ?? [],
    })),
  );
}

/** How a command ended. */
export interface Ending {
  output: string;
  /** Undefined where it exited with 0; else its exit code or signal, and the end of its output. */
  failure: string | undefined;
}

/** Runs a command to its end, for at most `seconds`. */
export function endingOf(command: string, args: readonly string[], cwd: string, seconds = 120): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 1000 * seconds, env: clean });
    let output = '';
    const collect = (text: Buffer) => {
      output += text.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const failure = `${args.slice(0, 3).join(' ')} ended with ${signal ?? code}\n${output.slice(-3000)}`;
      resolve({ output, failure: code === 0 ? undefined : failure });
    });
  });
}

/** A user's environment: nothing of the package manager that started these checks but the way to its registry. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm|pnpm|node_options$|node_path$)/i.test(name) ||
      /^npm_config_(registry|cache|userconfig|cafile|.*proxy)$/i.test(name),
  ),
);

/** Does the work for each item, for two at a time. */
export async function twoAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}
