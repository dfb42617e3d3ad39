import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Example } from './find-examples.ts';
import * as prelude from './prelude.ts';

/** The example as a module: its imports, the names that it takes from the prelude, and the rest as a function `run`. */
export function moduleOf({ place, code }: Pick<Example, 'place' | 'code'>): string {
  const source = ts.createSourceFile(place, code, ts.ScriptTarget.ES2022, true);
  const imports = source.statements.filter(ts.isImportDeclaration);
  const rest = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  const { used, declared } = namesIn(source);
  const given = Object.keys(prelude).filter((name) => used.has(name) && !declared.has(name));
  return [
    ...imports.map((statement) => statement.getFullText()),
    `import { ${given.join(', ')} } from './prelude.ts';`,
    'export async function run(): Promise<void> {',
    ...rest.map((statement) => statement.getFullText()),
    '}',
  ].join('\n');
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

/** Type errors of each example, in the words of the compiler. */
export function typeErrorsOf(root: string, examples: readonly Example[]): string[][] {
  const folder = join(root, 'packages/testing/src/documentation');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const sources = new Map(examples.map((example, index) => [join(folder, `example-${index}.ts`), moduleOf(example)]));
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
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}

const requireHere = createRequire(import.meta.url);

/** Runs an example to its end, on the current backend. */
export async function runExample(root: string, example: Example): Promise<void> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  const { outputText } = ts.transpileModule(moduleOf(example), { compilerOptions });
  const required = [...outputText.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name as string);
  const modules = new Map<string, unknown>();
  for (const name of required) modules.set(name, await load(root, name));
  const exported: { run?: () => Promise<void> } = {};
  new Function('require', 'exports', outputText)((name: string) => modules.get(name), exported);
  await exported.run?.();
}

function load(root: string, name: string): Promise<unknown> {
  if (name === './prelude.ts') return Promise.resolve(prelude);
  const own = name.match(/^@cnnviz\/([a-z-]+)$/)?.[1];
  const file = own === undefined ? requireHere.resolve(name) : join(root, 'packages', own, 'src/index.ts');
  return import(/* @vite-ignore */ isAbsolute(file) ? pathToFileURL(file).href : file);
}
