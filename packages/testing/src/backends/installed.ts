import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A package that a user added to the workspace, which the workspace itself never does. */
export const requireInstalled = createRequire(join(process.cwd(), 'package.json'));

/** Where the first of `packages` that is installed begins, or `undefined`. */
export function resolveInstalled(packages: readonly string[]): string | undefined {
  for (const name of packages) {
    try {
      return requireInstalled.resolve(name);
    } catch {}
  }
  return undefined;
}
