import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of `pnpm-workspace.yaml`: where `pnpm add -w` installs. */
export function workspaceRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('@cnnviz/example-support: workspaceRoot: no pnpm-workspace.yaml above this file');
    folder = parent;
  }
  return folder;
}

/** Path of the entry of a package that the user added to the workspace root, `undefined` if it is not there. */
export function installed(packageName: string): string | undefined {
  const root = workspaceRoot();
  // Looked for by its path: NODE_PATH, which pnpm's scripts set, also leads to what only another package depends on.
  const folder = join(root, 'node_modules', packageName);
  return existsSync(folder) ? createRequire(join(root, 'package.json')).resolve(folder) : undefined;
}
