import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Example } from './find-examples.ts';
import * as prelude from './prelude.ts';
import { programOf } from './readme-program.ts';

/** A module that exports `run(at)`, which calls `at(place)` before each example. */
export interface ExampleModule {
  /** Where it is from: of one example, or the name of a README. */
  place: string;
  text: string;
}

/** The examples of a README, each with the names of those above it, as one module. */
export function moduleOfReadme(place: string, examples: readonly Example[]): ExampleModule {
  const { imports, body } = programOf(examples);
  const text = [imports, 'export async function run(at: (place: string) => void): Promise<void> {', body, '}'];
  return { place, text: text.join('\n') };
}

/** The example of a docstring as a module: its imports, the names that it takes from the prelude, and the rest as a function `run`. */
export function moduleOf({ place, code }: Pick<Example, 'place' | 'code'>): ExampleModule {
  const source = ts.createSourceFile(place, code, ts.ScriptTarget.ES2022, true);
  const imports = source.statements.filter(ts.isImportDeclaration);
  const rest = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  const { used, declared } = namesIn(source);
  const given = Object.keys(prelude).filter((name) => used.has(name) && !declared.has(name));
  const text = [
    ...imports.map((statement) => statement.getFullText()),
    `import { ${given.join(', ')} } from './prelude.ts';`,
    `export async function run(at: (place: string) => void): Promise<void> {\nat('${place}');`,
    ...rest.map((statement) => statement.getFullText()),
    '}',
  ];
  return { place, text: text.join('\n') };
}

function namesIn(source: ts.SourceFile): { used: Set<string>; declared: Set<string> } {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclaration =
        (ts.isVariableDeclaration(parent) ||
          ts.isBindingElement(parent) ||
          ts.isImportSpecifier(parent) ||
          ts.isNamespaceImport(parent) ||
          ts.isFunctionDeclaration(parent)) &&
        parent.name === node;
      (isDeclaration ? declared : used).add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { used, declared };
}

/** Type errors of each module, in the words of the compiler, after the place of the example. */
export function typeErrorsOf(root: string, modules: readonly ExampleModule[]): string[][] {
  const folder = join(root, 'packages/testing/src/documentation');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const sources = new Map(modules.map(({ text }, index) => [join(folder, `example-${index}.ts`), text]));
  const settings: ts.CompilerOptions = {
    ...options,
    baseUrl: root,
    paths: { '@cnnviz/*': ['packages/*/src/index.ts'] },
    noUnusedLocals: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const host = ts.createCompilerHost(settings);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const text = sources.get(file);
    return text === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  };
  const program = ts.createProgram([...sources.keys()], settings, host);
  return [...sources.keys()].map((file) => {
    const example = program.getSourceFile(file);
    const diagnostics = [...program.getSyntacticDiagnostics(example), ...program.getSemanticDiagnostics(example)];
    return diagnostics.map(({ messageText, start }) => {
      const place = placeBefore(sources.get(file)!.slice(0, start));
      return `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

const placeBefore = (text: string) => [...text.matchAll(/\bat\('([^']+)'\);$/gm)].at(-1)?.[1] ?? 'imports';

const requireHere = createRequire(import.meta.url);

/** Runs a module to its end, on the current backend. An error says in which example it happened. */
export async function runModule(root: string, { text }: ExampleModule): Promise<void> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  const required = [...outputText.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name as string);
  const modules = new Map<string, unknown>();
  for (const name of required) modules.set(name, await load(root, name));
  const exported: { run?: (at: (place: string) => void) => Promise<void> } = {};
  new Function('require', 'exports', outputText)((name: string) => modules.get(name), exported);
  let reached = '';
  try {
    await exported.run?.((place) => {
      reached = place;
    });
  } catch (error) {
    throw new Error(`${reached}: ${error}`, { cause: error });
  }
}

function load(root: string, name: string): Promise<unknown> {
  if (name === './prelude.ts') return Promise.resolve(prelude);
  const own = name.match(/^@cnnviz\/([a-z-]+)$/)?.[1];
  const file = own === undefined ? requireHere.resolve(name) : join(root, 'packages', own, 'src/index.ts');
  return import(/* @vite-ignore */ isAbsolute(file) ? pathToFileURL(file).href : file);
}
