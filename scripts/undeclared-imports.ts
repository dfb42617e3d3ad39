import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

export interface Dependencies {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/**
 * What the files of a package import, or say that they do, and a user who installed it would not have.
 *
 * @param files Path in the package to text of its JavaScript and declarations.
 * @returns A line for each file and name, `dist/index.d.ts: @cnnviz/internal`.
 */
export function undeclaredImports(files: ReadonlyMap<string, string>, manifest: Dependencies): string[] {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const isThere = (file: string, name: string) => {
    if (!name.startsWith('.')) return isBuiltin(name) || declared.has(packageOf(name));
    const path = posix.join(posix.dirname(file), name);
    return files.has(path);
  };
  return [...files].flatMap(([file, text]) => {
    const missing = importsOf(text).filter((name) => !isThere(file, name));
    if (text.includes('@cnnviz/internal')) missing.push('@cnnviz/internal');
    return [...new Set(missing)].map((name) => `${file}: ${name}`);
  });
}

function importsOf(text: string): string[] {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(text, true, true);
  return [...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName);
}

/** `@scope/name` of `@scope/name/part`. */
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
