import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { publishedPackages } from './find-examples.ts';

/** Something that the `index.ts` of a package exports. */
export interface Export {
  /** The package's folder, such as `actmax`. */
  folder: string;
  name: string;
  symbol: ts.Symbol;
  /** Whether it exists when the program runs, as a type does not. */
  isValue: boolean;
  /** The comment over its group of exports, or `undefined` if it stands above the first. */
  heading: string | undefined;
}

export interface Exports {
  checker: ts.TypeChecker;
  exports: readonly Export[];
}

/** What all published packages export, with its types. */
export function readExports(root: string): Exports {
  const folders = publishedPackages(root);
  const indexOf = (folder: string) => join(root, 'packages', folder, 'src/index.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(folders.map(indexOf), { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const exports = folders.flatMap((folder) => {
    const file = program.getSourceFile(indexOf(folder))!;
    const headings = headingsOf(readFileSync(indexOf(folder), 'utf8'));
    return checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map((exported): Export => {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      const position = exported.declarations![0]!.getStart();
      return {
        folder,
        name: exported.getName(),
        symbol,
        isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
        heading: headings.findLast(({ start }) => start < position)?.text,
      };
    });
  });
  return { checker, exports };
}

/** Comments on a line of their own, each the heading of the exports below it. */
function headingsOf(source: string): { text: string; start: number }[] {
  return [...source.matchAll(/^\/\/ (.+)$/gm)].map(({ index, 1: text }) => ({ text: text!, start: index }));
}

/** The text of each heading of a README, up to the next heading of any depth. */
export function sectionsOf(readme: string): Map<string, string> {
  const sections = new Map<string, string>();
  let heading = '';
  let isCode = false;
  for (const line of readme.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const found = isCode ? undefined : /^#+ (.+)$/.exec(line)?.[1];
    if (found !== undefined) heading = found;
    sections.set(heading, `${sections.get(heading) ?? ''}${line}\n`);
  }
  return sections;
}
