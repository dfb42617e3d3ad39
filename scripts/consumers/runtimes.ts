import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { programOf, type ReadmeProgram } from '../../packages/testing/src/documentation/readme-program.ts';
import { commonProject } from './project.ts';
import { type Ending, endingOf, publicReadmes, type Readme, twoAtATime, type Workshop } from './workshop.ts';

/** Prints where a program has come to, so that the output of one that fails ends with the example that did. */
const at = "const at = (place: string) => console.log('#', place);";

/** Runs the examples of the READMEs, each README from top to bottom, wherever they should run. */
export async function runtimes(workshop: Workshop): Promise<void> {
  const project = await commonProject(workshop);
  const readmes = await publicReadmes();
  const runnable = readmes.filter(({ examples }) => examples.some(({ isRun }) => isRun));
  for (const { path } of readmes.filter((readme) => !runnable.includes(readme))) {
    workshop.skip(path, 'it has no example that can run without a native library or the network');
  }
  runnable.push(everyPackage(Object.keys(workshop.tarballs)));
  await mkdir(join(project, 'run'));
  for (const readme of runnable) await writePrograms(join(project, 'run'), readme);

  const run = (runtime: string, command: string, args: (name: string) => readonly string[]) =>
    twoAtATime(runnable, async ({ name, path }) => {
      const { failure } = await endingOf(command, args(name), project);
      workshop.report(`${runtime}: ${path}`, failure);
    });
  await run('Node, ES modules', 'node', (name) => [`run/${name}.mjs`]);
  await run('Node, CommonJS', 'node', (name) => [`run/${name}.cjs`]);
  await runInJest(workshop, project, runnable);
  for (const [runtime, options] of [
    ['deno', ['run', '--allow-all', '--no-check']],
    ['bun', ['run']],
  ] as const) {
    const program = join(project, `node_modules/.bin/${runtime}`);
    const { output, failure } = await endingOf(program, ['--version'], project).catch(
      (error: Error): Ending => ({ output: '', failure: error.message }),
    );
    if (failure !== undefined) {
      workshop.skip(runtime, failure);
      continue;
    }
    const version = /\d+\.\d+\.\d+/.exec(output)?.[0];
    await run(`${runtime} ${version}`, program, (name) => [...options, `run/${name}.mts`]);
  }
}

/** A program that imports each package, the ones whose examples do not run here among them. */
function everyPackage(packages: readonly string[]): Readme {
  const imports = packages.map((name, index) => `import * as package${index} from '${name}';`);
  const checks = packages.map(
    (name, index) => `if (Object.keys(package${index}).length === 0) throw new Error('${name} exports nothing');`,
  );
  const code = [...imports, ...checks].join('\n');
  return {
    name: 'every-package',
    path: 'an import of every package',
    text: '',
    examples: [{ place: 'imports', code, isRun: true }],
  };
}

async function writePrograms(folder: string, { name, examples }: Readme): Promise<void> {
  const program = programOf(examples.filter(({ isRun }) => isRun));
  const { imports, body } = program;
  const module = [imports, at, body].join('\n');
  await writeFile(join(folder, `${name}.mts`), module);
  await writeFile(join(folder, `${name}.mjs`), transpiled(module, ts.ModuleKind.ESNext));
  await writeFile(join(folder, `${name}.cjs`), commonJs(program, 'main();'));
  const jest = `test('${name}', main, 120_000);`;
  await writeFile(join(folder, `${name}.test.js`), commonJs(program, jest));
}

function commonJs({ imports, body }: ReadmeProgram, start: string): string {
  const text = [imports, at, `async function main() {\n${body}\n}`, start];
  return transpiled(text.join('\n'), ts.ModuleKind.CommonJS);
}

const transpiled = (text: string, module: ts.ModuleKind) =>
  ts.transpileModule(text, { compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true } })
    .outputText;

/** In a CommonJS project and Jest's own environment, whose globals are not those of Node. */
async function runInJest(workshop: Workshop, project: string, readmes: readonly Readme[]): Promise<void> {
  const { output } = await endingOf(
    'node',
    ['node_modules/jest/bin/jest.js', '--rootDir=run', '--maxWorkers=2', '--json', '--outputFile=jest.json'],
    project,
    240,
  );
  const text = await readFile(join(project, 'jest.json'), 'utf8').catch(() => undefined);
  const results: JestResults = text === undefined ? { testResults: [] } : JSON.parse(text);
  for (const { name, path } of readmes) {
    const result = results.testResults.find((each) => each.name.endsWith(`/${name}.test.js`));
    const failure = result === undefined ? `no result\n${output.slice(-2000)}` : result.message;
    workshop.report(`Jest: ${path}`, result?.status === 'passed' ? undefined : failure);
  }
}

interface JestResults {
  testResults: { name: string; status: string; message: string }[];
}
