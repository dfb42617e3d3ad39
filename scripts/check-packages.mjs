// Packs every published package as `pnpm publish` would and checks the tarball: its files, publint, are-the-types-wrong.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { types } from 'node:util';
import { undeclaredImports } from './undeclared-imports.ts';

const root = resolve(import.meta.dirname, '..');
/** Entry points that a page loads by URL; no module imports them. */
const scripts = ['thread-worker.js'];
const allowed = /^package\/(package\.json|README\.md|LICENSE|dist\/.+)$/;
let failures = 0;

function report(name, ok, detail) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${detail ? `\n${detail.trimEnd().replace(/^/gm, '     ')}` : ''}`);
  if (!ok) failures++;
}

function run(name, command, args, options) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  report(name, status === 0, status === 0 ? '' : `${stdout}${stderr}`);
}

/**
 * A default import of an ES module is the whole module in a CommonJS build, and throws when it is called. Node says which
 * modules are such.
 */
function brokenDefaultImports(cwd) {
  const code = readFileSync(join(cwd, 'dist/index.cjs'), 'utf8');
  const requireThere = createRequire(join(cwd, 'dist/index.cjs'));
  const imports = [...code.matchAll(/var (\w+) = __toESM\(require\("([^"]+)"\), 1\);/g)];
  return imports
    .filter(
      ([, variable, name]) => code.includes(`${variable}.default`) && types.isModuleNamespaceObject(requireThere(name)),
    )
    .map(([, , name]) => name);
}

/** Modules that the CommonJS build requires and that are ES modules: Node can load them, others such as Jest cannot. */
function requiredEsModules(cwd) {
  const code = readFileSync(join(cwd, 'dist/index.cjs'), 'utf8');
  const requireThere = createRequire(join(cwd, 'dist/index.cjs'));
  const names = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
  return [...new Set(names)].filter((name) => types.isModuleNamespaceObject(requireThere(name)));
}

/** Code and declarations of a package, by their path in its tarball. */
function textsOf(cwd, files) {
  const paths = files.map((file) => file.replace(/^package\//, '')).filter((file) => /\.(js|cjs|ts|cts)$/.test(file));
  return new Map(paths.map((path) => [path, readFileSync(join(cwd, path), 'utf8')]));
}

for (const folder of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', folder);
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  if (manifest.private) continue;
  const scratch = mkdtempSync(join(tmpdir(), 'cnnviz-pack-'));
  try {
    execFileSync('pnpm', ['pack', '--pack-destination', scratch], { cwd, stdio: 'ignore' });
    const [filename] = readdirSync(scratch);
    const tarball = join(scratch, filename);
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const missing = [
      'package.json',
      'README.md',
      'LICENSE',
      'dist/index.js',
      'dist/index.cjs',
      'dist/index.d.ts',
    ].filter((file) => !files.includes(`package/${file}`));
    const extra = files.filter((file) => !allowed.test(file));
    report(
      `${manifest.name}: tarball holds only dist, README, LICENSE and package.json`,
      missing.length === 0 && extra.length === 0,
      missing.length + extra.length > 0 ? `missing: ${missing.join(', ')}; unexpected: ${extra.join(', ')}` : '',
    );
    const undeclared = undeclaredImports(textsOf(cwd, files), manifest);
    report(`${manifest.name}: imports what it declares`, undeclared.length === 0, undeclared.join('\n'));
    const esModules = requiredEsModules(cwd);
    report(`${manifest.name}: the CommonJS build requires no ES module`, esModules.length === 0, esModules.join(', '));
    const broken = brokenDefaultImports(cwd);
    report(`${manifest.name}: the CommonJS build finds its default imports`, broken.length === 0, broken.join(', '));
    run(`${manifest.name}: publint`, 'publint', ['run', tarball, '--strict'], { cwd: root });
    const checked = [tarball, '--format', 'ascii', '--exclude-entrypoints', ...scripts];
    run(`${manifest.name}: are-the-types-wrong`, 'attw', checked, { cwd: root });
    run(`${manifest.name}: pnpm publish --dry-run`, 'pnpm', ['publish', '--dry-run', '--no-git-checks'], { cwd });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
process.exitCode = failures === 0 ? 0 : 1;
