import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync, type Plugin } from 'esbuild';
import type { Options } from 'tsup';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/**
 * Dependencies that are ES modules and nothing else. Jest, for one, cannot `require` those, so the CommonJS build contains
 * them.
 */
const esModulesOnly = /^(d3-contour|fast-png)$/;

/**
 * Keeps each file of `src` a file in the ES build. A bundler leaves out whole files that nothing asks for, with what they
 * import; in one large file it would keep every statement that may have an effect.
 */
const fileForFile: Plugin = {
  name: 'file-for-file',
  setup({ initialOptions, onResolve }) {
    if (initialOptions.format !== 'esm') return;
    const source = join(process.cwd(), 'src');
    onResolve({ filter: esModulesOnly }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, importer }) =>
      importer.startsWith(source) ? { path: path.replace(/\.ts$/, '.js'), external: true } : undefined,
    );
  },
};

/** The files that entries such as `src/index.ts` need when they run. */
function filesOf(entryPoints: string[]): string[] {
  const { metafile } = buildSync({
    entryPoints,
    bundle: true,
    packages: 'external',
    format: 'esm',
    outdir: 'dist',
    write: false,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/** Writes the licenses of what the CommonJS build contains, which is all that the ES build does and more. */
const licenses: Plugin = {
  name: 'licenses',
  setup({ initialOptions, onEnd }) {
    if (initialOptions.format !== 'cjs') return;
    onEnd(({ metafile, outputFiles }) => {
      const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) => Object.entries(output.inputs));
      const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
      const folders = files.map((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]);
      const texts = [...new Set(folders)].filter((folder) => folder !== undefined).map(licenseOf);
      if (texts.length === 0) return;
      const contents = new TextEncoder().encode(texts.sort().join('\n'));
      const path = join(process.cwd(), 'dist/third-party-notices.txt');
      outputFiles?.push({ path, contents, hash: '', text: '' });
    });
  },
};

function licenseOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no license to go with its code`);
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/** Leaves no name of the private package, which users do not have, and no import that does nothing. */
const ownNames: NonNullable<Options['plugins']>[number] = {
  name: 'own-names',
  renderChunk: (code) => ({
    code: code
      // Errors name the package that throws them.
      .replaceAll('"@cnnviz/internal"', JSON.stringify(manifest.name))
      // It would keep the order of effects, which these packages do not have. Bundlers warn about it.
      .replace(/^import "\.\/chunk-\w+\.js";$/gm, ''),
  }),
};

/** What every published package is built with: ESM, CommonJS and types; the private `@cnnviz/internal` is bundled. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  // Declarations of what has a path are bundled. By its name it would be imported.
  dts: { compilerOptions: { paths: { '@cnnviz/internal': ['../internal/src/index.ts'] } } },
  noExternal: ['@cnnviz/internal', esModulesOnly],
  esbuildPlugins: [fileForFile, licenses],
  esbuildOptions: (options, { format }) => {
    options.conditions = ['@cnnviz/source'];
    if (format !== 'esm') return;
    options.entryPoints = filesOf(options.entryPoints as string[]);
    options.outbase = 'src';
  },
  plugins: [ownNames],
  sourcemap: true,
  clean: true,
};
