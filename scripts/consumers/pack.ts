import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = resolve(import.meta.dirname, '../..');

/** Name of each published package, such as `@cnnviz/adversarial`, to the path of its tarball. */
export type Tarballs = Readonly<Record<string, string>>;

/** Packs every published package, as it is built now, as `pnpm publish` would. */
export async function packAll(folder: string): Promise<Tarballs> {
  await mkdir(folder, { recursive: true });
  const tarballs: Record<string, string> = {};
  for (const name of (await readdir(join(root, 'packages'))).sort()) {
    const cwd = join(root, 'packages', name);
    const manifest = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as Manifest;
    if (manifest.private) continue;
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd });
    tarballs[manifest.name] = resolve(
      folder,
      `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`,
    );
  }
  return tarballs;
}

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
}

export interface ConsumerOptions {
  /** Where the project is made. Outside the workspace, so that nothing of it is found by accident. */
  folder: string;
  tarballs: Tarballs;
  /** What is installed, as `npm install` takes it: `@cnnviz/…` from its tarball, the rest from the registry. */
  packages: readonly string[];
  /** `module` (default) or `commonjs`. */
  type?: 'module' | 'commonjs';
  /** Whether packages may run their install scripts. Default: true. */
  installScripts?: boolean;
}

/** Makes a fresh project of a user and installs packages in it with npm. */
export async function makeConsumer(options: ConsumerOptions): Promise<void> {
  const { folder, tarballs, packages, type = 'module', installScripts = true } = options;
  await mkdir(folder, { recursive: true });
  const manifest = { name: 'consumer', version: '1.0.0', private: true, type };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const wanted = packages.map((name) => (name.startsWith('@cnnviz/') ? `file:${tarballOf(tarballs, name)}` : name));
  const settings = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  if (!installScripts) settings.push('--ignore-scripts');
  await run('npm', ['install', ...settings, ...wanted], { cwd: folder, maxBuffer: 1 << 26 });
}

function tarballOf(tarballs: Tarballs, name: string): string {
  const tarball = tarballs[name];
  if (tarball === undefined)
    throw new Error(`${name} is not a published package; expected one of ${Object.keys(tarballs).join(', ')}`);
  return tarball;
}
