// Follows each recipe of docs/bundlers.md in a project that has the packages from npm, and opens the page that comes of it
// in Chromium.
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { chromiumArguments, findChromium, reasonWithoutChromium } from '../../packages/testing/src/chromium.ts';
import { makeConsumer, root } from './pack.ts';
import { isolation, type PageResult, type Served, serve, strictPolicy, visit } from './pages.ts';
import { type Recipe, recipeOf } from './recipes.ts';
import { type Ending, endingOf, type Workshop } from './workshop.ts';

/** Sections of docs/bundlers.md, and the folder that holds the page in the end. */
const pages = { Vite: 'dist', webpack: 'dist', Rollup: 'dist', esbuild: 'dist', 'A page without a bundler': '.' };
const programs = ['Node, Deno and Bun', 'A server that bundles node_modules'];

const fixtures = join(import.meta.dirname, 'browser-page');

/** From the start of the backend to the end of an attack, in milliseconds. */
const MOST_TIME = 5000;
/** Of the length of what an attack moves: float32 sums in another order. */
const TOLERANCE = 1e-4;

export async function browsers(checks: Workshop): Promise<void> {
  const project = join(checks.folder, 'browsers');
  await makeConsumer({ folder: project, tarballs: checks.tarballs, packages: installed });
  await cp(fixtures, join(project, 'src'), { recursive: true });
  const docs = await readFile(join(root, 'docs/bundlers.md'), 'utf8');
  const expected = await movedOnCpu(project);
  await checkPrograms(checks, project, docs, expected);

  const reason = reasonWithoutChromium();
  if (reason !== undefined) return checks.skip('pages in a browser', reason);
  const browser = await chromium.launch({ executablePath: findChromium()!, args: chromiumArguments });
  try {
    for (const [section, output] of Object.entries(pages)) {
      const folder = await buildPage(checks, project, recipeOf(docs, section), { section, output });
      if (folder !== undefined) await checkPage(checks, browser, { section, folder, expected });
      if (section === 'esbuild' && folder !== undefined) {
        await checkFailures(checks, browser, folder);
        await checkWorkerScripts(checks, browser, { section, folder, expected });
      }
    }
  } finally {
    await browser.close();
  }
}

const installed = [
  '@cnnviz/adversarial',
  '@cnnviz/wasm-gradients',
  ...['core', 'layers', 'backend-cpu', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}@4.22.0`),
  ...['vite', 'webpack', 'webpack-cli', 'rollup', 'esbuild', 'deno', 'bun'],
  ...['commonjs', 'node-resolve', 'terser'].map((name) => `@rollup/plugin-${name}`),
];

/** What the attack moves by the gradients of the cpu backend. */
async function movedOnCpu(project: string): Promise<number[]> {
  const program = `
    import '@tensorflow/tfjs-backend-cpu';
    import * as tf from '@tensorflow/tfjs-core';
    import { attack } from './attack.js';
    await tf.setBackend('cpu');
    console.log(JSON.stringify(await attack()));
  `;
  await writeFile(join(project, 'src/reference.js'), program);
  const { output, failure } = await shell('node src/reference.js', project);
  if (failure !== undefined) throw new Error(failure);
  return JSON.parse(lastLine(output)) as number[];
}

/** Relative length of the difference. */
function differenceOf(moved: readonly number[] = [], expected: readonly number[]): number {
  if (moved.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.hypot(...moved.map((value, index) => value - expected[index]!)) / Math.hypot(...expected);
}

async function checkPrograms({ report, skip }: Workshop, project: string, docs: string, expected: number[]) {
  for (const section of programs) {
    const { files, commands } = recipeOf(docs, section);
    await writeFiles(project, files);
    for (const command of commands) {
      const name = `${section}: ${command.trimEnd().split('\n').at(-1)}`;
      const runtime = /^(deno|bun) /.exec(command)?.[1];
      const missing = runtime === undefined ? undefined : (await shell(`${runtime} --version`, project)).failure;
      if (missing !== undefined) {
        skip(name, missing);
        continue;
      }
      const { output, failure } = await shell(command, project);
      const { moved, threads }: PageResult = failure === undefined ? JSON.parse(lastLine(output)) : {};
      const isRight = threads! >= 1 && differenceOf(moved, expected) < TOLERANCE;
      report(name, failure ?? (isRight ? undefined : `another attack than on cpu: ${output.slice(-500)}`));
    }
  }
}

async function buildPage(
  { report }: Workshop,
  project: string,
  { files, commands }: Recipe,
  { section, output }: { section: string; output: string },
): Promise<string | undefined> {
  await writeFiles(project, { 'index.html': pageOf('/src/main.js'), ...files });
  for (const command of commands) {
    const { failure } = await shell(command, project);
    report(`${section}: ${command.split('\n')[0]}`, failure);
    if (failure !== undefined) return undefined;
  }
  if (output === '.') return project;
  const folder = join(project, 'built', section);
  await mkdir(dirname(folder), { recursive: true });
  await rename(join(project, output), folder);
  // Vite builds the page; what the others build is loaded by one.
  if (section !== 'Vite') await writeFile(join(folder, 'index.html'), pageOf('/main.js'));
  return folder;
}

function pageOf(script: string): string {
  return `<!doctype html>\n<html lang="en">\n<title>Attack</title>\n<script type="module" src="${script}"></script>\n</html>\n`;
}

interface Page {
  section: string;
  folder: string;
  expected: readonly number[];
}

const notIsolated =
  'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
  'Cross-Origin-Embedder-Policy: require-corp';
const noBlobs =
  "the threaded build did not start: the page's Content-Security-Policy does not allow workers from a blob; add worker-src " +
  'blob: to it, or set workerUrl';

/** On plain and isolated pages, with and without a strict policy, an attack runs, on threads or with the reason. */
async function checkPage({ report }: Workshop, browser: Browser, { section, folder, expected }: Page): Promise<void> {
  const policy = await strictPolicy(folder);
  const strictlyIsolated = { ...policy, ...isolation };
  for (const [name, headers, query, reason] of [
    ['plain', {}, '', notIsolated],
    ['isolated', isolation, '', undefined],
    ['strict policy', policy, '', notIsolated],
    ['strict policy, isolated', strictlyIsolated, '', undefined],
    ['isolated, workers from a blob', isolation, '?blob', undefined],
    ['strict policy, isolated, workers from a blob', strictlyIsolated, '?blob', noBlobs],
  ] as const) {
    const { result, workers, complaints } = await visitServed(browser, { folder, headers }, query);
    const threads = reason === undefined ? 2 : 1;
    const { error, endedIn = Number.POSITIVE_INFINITY } = result;
    const wrongs = [
      error,
      result.threads !== threads && `${result.threads} threads: ${result.reason}`,
      result.reason !== reason && `reason: ${result.reason}`,
      result.backend !== 'wasm' && `backend ${result.backend}`,
      workers !== threads - 1 && `${workers} workers are alive`,
      !(endedIn < MOST_TIME) && `it took ${endedIn} ms`,
      !(differenceOf(result.moved, expected) < TOLERANCE) && 'another attack than on cpu',
      // Chromium says itself what a policy forbids.
      ...complaints.filter((text) => reason !== noBlobs || !text.startsWith("Creating a worker from 'blob:")),
    ].filter((wrong) => typeof wrong === 'string');
    const on = threads === 1 ? 'one thread' : `${threads} threads`;
    report(
      `${section}, ${name}: ${on}, ${Math.round(endedIn)} ms`,
      wrongs.length === 0 ? undefined : wrongs.join('\n'),
    );
  }
}

/** If the backend cannot start, the error says which file it looked for and how to fix it. */
async function checkFailures({ report }: Workshop, browser: Browser, folder: string): Promise<void> {
  const notThere = (reason: string) =>
    `the wasm backend did not start: ADDRESS/tfjs-backend-wasm-simd.wasm ${reason}. Copy the three .wasm files of ` +
    '@tensorflow/tfjs-backend-wasm/dist to where they can be loaded and name that folder with setWasmPaths before the ' +
    'backend starts; https://github.com/cnnviz/cnnviz/blob/main/docs/bundlers.md shows how';
  const forbidden =
    'the wasm backend did not start: WebAssembly is forbidden here; script-src of a page' +
    "'s Content-Security-Policy needs 'wasm-unsafe-eval'";
  const cases: [name: string, served: Omit<Served, 'folder'>, message: string][] = [
    [
      'no .wasm files',
      { headers: isolation, instead: insteadOfWasm((response) => response.writeHead(404).end()) },
      notThere('answered 404 Not Found'),
    ],
    [
      'a page in their place',
      {
        headers: {},
        instead: insteadOfWasm((response) =>
          response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>'),
        ),
      },
      notThere('is not WebAssembly; it begins with "<!doctype html>"'),
    ],
    ['a policy without wasm', { headers: await strictPolicy(folder, '') }, forbidden],
  ];
  for (const [name, served, message] of cases) {
    const { result, workers } = await visitServed(browser, { folder, ...served }, '');
    const expected = `@cnnviz/wasm-gradients: ${message}`;
    const isRight = result.error === expected && workers === 0;
    report(`${name}: the error says how to fix it`, isRight ? undefined : `${workers} workers, ${result.error}`);
  }
}

/** A worker script that is missing, is another or stays silent is noticed within seconds: the attack runs on one thread. */
async function checkWorkerScripts({ report }: Workshop, browser: Browser, { folder, expected }: Page): Promise<void> {
  const noWorker = (path: string) =>
    `a worker cannot start from ${path}; workerUrl must point to thread-worker.js of @cnnviz/wasm-gradients, on the page's ` +
    'own origin and with the header Cross-Origin-Embedder-Policy: require-corp';
  for (const [name, path, reason] of [
    ['is missing', '/missing.js', noWorker('/missing.js')],
    ['is a page', '/index.html', 'Uncaught SyntaxError'],
    ['says nothing', '/silent.js', 'a worker gave no answer in 3 s'],
  ] as const) {
    const instead: Served['instead'] = (asked, response) => {
      if (asked !== '/silent.js') return false;
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end('setInterval(() => {}, 1000);');
      return true;
    };
    const { result, workers } = await visitServed(browser, { folder, headers: isolation, instead }, `?worker=${path}`);
    const { error, endedIn = Number.POSITIVE_INFINITY } = result;
    const wrongs = [
      error,
      result.threads !== 1 && `${result.threads} threads`,
      !result.reason?.startsWith(`the threaded build did not start: ${reason}`) && `reason: ${result.reason}`,
      workers !== 0 && `${workers} workers are alive`,
      !(endedIn < MOST_TIME) && `it took ${endedIn} ms`,
      !(differenceOf(result.moved, expected) < TOLERANCE) && 'another attack than on cpu',
    ].filter((wrong) => typeof wrong === 'string');
    report(
      `a worker script that ${name}: one thread, ${Math.round(endedIn)} ms`,
      wrongs.length === 0 ? undefined : wrongs.join('\n'),
    );
  }
}

const insteadOfWasm =
  (answer: (response: Parameters<NonNullable<Served['instead']>>[1]) => void): NonNullable<Served['instead']> =>
  (path, response) => {
    if (!path.endsWith('.wasm')) return false;
    answer(response);
    return true;
  };

async function visitServed(browser: Browser, served: Served, query: string) {
  const { address, close } = await serve(served);
  try {
    const visited = await visit(browser, `${address}${query}`);
    const { error } = visited.result;
    if (error !== undefined) visited.result.error = error.replace(address, 'ADDRESS/');
    return visited;
  } finally {
    close();
  }
}

async function writeFiles(project: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** Runs a block of shell commands in a project, as its user would type them. */
function shell(commands: string, cwd: string): Promise<Ending> {
  return endingOf('sh', ['-e', '-c', `PATH="$PWD/node_modules/.bin:$PATH"\n${commands}`], cwd);
}
