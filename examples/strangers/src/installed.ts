import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where `install.sh` puts the packages, unless CNNVIZ_STRANGERS names another folder. */
const folder = process.env.CNNVIZ_STRANGERS || resolve(import.meta.dirname, '../networks');

/** A file or folder of a package that `install.sh` fetched. */
export const pathIn = (packageName: string, path: string): string => join(folder, 'node_modules', packageName, path);

/** Why the networks of a package cannot be loaded, if they cannot. */
export function reasonWithout(packageName: string): string | undefined {
  if (existsSync(pathIn(packageName, 'package.json'))) return undefined;
  return `${packageName} is not in ${folder}: run examples/strangers/install.sh`;
}
