import ts from 'typescript';
import type { Example } from './find-examples.ts';

/** The examples of each README, in their order, by the README's path. */
export function readmesOf(examples: readonly Example[]): Map<string, Example[]> {
  const readmes = new Map<string, Example[]>();
  for (const example of examples) {
    const { file } = placeOf(example);
    if (file.endsWith('.md')) readmes.set(file, [...(readmes.get(file) ?? []), example]);
  }
  return readmes;
}

/** The file of an example, and the line in which it begins. */
export function placeOf({ place }: Pick<Example, 'place'>): { file: string; line: number } {
  const [file = '', line] = place.split(':');
  return { file, line: Number(line) };
}

/** The examples of one README as one program. */
export interface ReadmeProgram {
  /** All their imports, each name once. */
  imports: string;
  /**
   * All the rest. Each example is a block inside the block of the one above it: it has the names of those above, and may
   * declare them anew. `at('packages/adversarial/README.md:12')` stands before each.
   */
  body: string;
}

/**
 * Joins the examples of a README in their order. The first is complete; each of the others continues from those above it.
 */
export function programOf(examples: readonly Example[]): ReadmeProgram {
  const seen = new Map<string, string>();
  const imports: string[] = [];
  const blocks: string[] = [];
  for (const { place, code } of examples) {
    const source = ts.createSourceFile(place, code, ts.ScriptTarget.ES2022, true);
    const isImport = (statement: ts.Statement) => ts.isImportDeclaration(statement);
    for (const statement of source.statements.filter(ts.isImportDeclaration)) {
      for (const { name, text } of importedNames(statement)) {
        if (seen.get(name) === text) continue;
        if (seen.has(name)) throw new Error(`${place}: ${name} is imported above as something else: ${seen.get(name)}`);
        seen.set(name, text);
        imports.push(text);
      }
    }
    const rest = source.statements.filter((statement) => !isImport(statement));
    blocks.push(`{ at('${place}');\n${rest.map((statement) => statement.getFullText()).join('')}\n`);
  }
  return { imports: imports.join('\n'), body: blocks.join('') + '}'.repeat(blocks.length) };
}

/** Each name that a statement imports, as a statement of its own; an import for its effects goes by its module. */
function importedNames({ importClause, moduleSpecifier }: ts.ImportDeclaration): { name: string; text: string }[] {
  const from = moduleSpecifier.getText();
  if (importClause === undefined) return [{ name: from, text: `import ${from};` }];
  const { name, namedBindings } = importClause;
  const type = importClause.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type ' : '';
  const entry = (local: ts.Identifier, what: string) => ({
    name: local.text,
    text: `import ${type}${what} from ${from};`,
  });
  const entries = name === undefined ? [] : [entry(name, name.text)];
  if (namedBindings === undefined) return entries;
  if (ts.isNamespaceImport(namedBindings)) return [...entries, entry(namedBindings.name, namedBindings.getText())];
  return [...entries, ...namedBindings.elements.map((each) => entry(each.name, `{ ${each.getText()} }`))];
}

/** Packages that an example imports, `@scope/name` or `name`; nothing of what Node has built in. */
export function packagesOf({ place, code }: Pick<Example, 'place' | 'code'>): string[] {
  const source = ts.createSourceFile(place, code, ts.ScriptTarget.ES2022, true);
  const modules = source.statements
    .filter(ts.isImportDeclaration)
    .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text)
    .filter((name) => !name.startsWith('node:'));
  return [...new Set(modules.map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]))];
}

/** What a README tells its reader to install. */
export interface Install {
  /** Where it stands: its line, counted from 1. */
  line: number;
  /** The command as it is written. */
  command: string;
  packages: string[];
}

/** Every `npm install` of a README that names packages. */
export function installsOf(text: string): Install[] {
  return text.split('\n').flatMap((command, index) => {
    const names = /^npm install (?<names>[^-].*)$/.exec(command)?.groups?.names;
    return names === undefined ? [] : [{ line: index + 1, command, packages: names.split(' ') }];
  });
}
