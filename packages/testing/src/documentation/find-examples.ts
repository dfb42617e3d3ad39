import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A piece of TypeScript that the documentation shows. */
export interface Example {
  /** Where it begins: `packages/adversarial/README.md:12`. */
  place: string;
  code: string;
  /** Whether its fence says ```ts no-run: it needs a browser or the network, so it is only type-checked. */
  isRun: boolean;
}

const markdown = /^([^/]+|docs\/.+|(packages|examples)\/[^/]+\/[^/]+)\.md$/;

/** Every ```ts block of the repository's Markdown, and every `@example` of what its published packages export. */
export function findExamples(root: string): Example[] {
  const published = publishedPackages(root).map((folder) => `packages/${folder}/src/`);
  const isSource = (file: string) =>
    published.some((folder) => file.startsWith(folder)) && file.endsWith('.ts') && !file.endsWith('.test.ts');
  return filesUnder(root).flatMap((file) => {
    const examplesOf = markdown.test(file) ? examplesOfMarkdown : isSource(file) ? examplesOfSource : undefined;
    return examplesOf?.(file, readFileSync(join(root, file), 'utf8')) ?? [];
  });
}

/** The Markdown files of the repository, as paths relative to `root`. */
export function markdownFiles(root: string): string[] {
  return filesUnder(root).filter((file) => markdown.test(file));
}

/** Paths relative to `root`, in order, of all files but what is installed, built or hidden. */
function filesUnder(root: string, folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => !/^(\.|node_modules$|dist$)/.test(name) && !(name === 'report' && !folder.includes('/src')))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(root, path) : [path];
    });
}

/** Folders of `packages` that are not private. */
export function publishedPackages(root: string): string[] {
  const isPublished = (folder: string) =>
    JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).private !== true;
  return readdirSync(join(root, 'packages')).filter(isPublished);
}

export function examplesOfMarkdown(file: string, text: string): Example[] {
  const fence = /^```(?:ts|typescript)[ \t]*(.*)\n([\s\S]*?)^```[ \t]*$/gm;
  return [...text.matchAll(fence)].map(({ index, 1: info = '', 2: code = '' }) => {
    const place = `${file}:${text.slice(0, index).split('\n').length}`;
    if (info !== '' && info !== 'no-run') throw new Error(`${place}: unknown word after \`\`\`ts: ${info}`);
    return { place, code, isRun: info !== 'no-run' };
  });
}

export function examplesOfSource(file: string, text: string): Example[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const isExported = (statement: ts.Statement) =>
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return source.statements.filter(isExported).flatMap((statement) =>
    ts
      .getJSDocTags(statement)
      .filter(({ tagName }) => tagName.text === 'example')
      .map((tag) => ({
        place: `${file}:${source.getLineAndCharacterOfPosition(tag.getStart()).line + 1}`,
        code: (ts.getTextOfJSDocComment(tag.comment) ?? '').replaceAll(/^```.*$/gm, ''),
        isRun: !/^```(ts|typescript) no-run$/m.test(ts.getTextOfJSDocComment(tag.comment) ?? ''),
      })),
  );
}
