import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commonProject } from './project.ts';
import { endingOf, type Workshop } from './workshop.ts';

/** Functions that need no dependency, and how many bytes they may cost a page, minified and gzipped. */
const budgets = { filterGrid: 4_000, receptiveField: 14_000 };

const bundlers = {
  esbuild: `
    const { build } = require('esbuild');
    exports.bundle = (entry, outfile) =>
      build({ entryPoints: [entry], outfile, bundle: true, minify: true, format: 'esm', external: ['@tensorflow/*'], logLevel: 'error' });`,
  webpack: `
    const webpack = require('webpack');
    const { basename, dirname } = require('node:path');
    exports.bundle = (entry, outfile) =>
      new Promise((resolve, reject) => {
        const config = {
          mode: 'production',
          entry,
          output: { path: dirname(outfile), filename: basename(outfile), library: { type: 'module' } },
          experiments: { outputModule: true },
          externals: [/^@tensorflow\\//],
        };
        webpack(config, (error, stats) =>
          error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve(),
        );
      });`,
  rollup: `
    const { rollup } = require('rollup');
    const commonjs = require('@rollup/plugin-commonjs');
    const { nodeResolve } = require('@rollup/plugin-node-resolve');
    const terser = require('@rollup/plugin-terser');
    exports.bundle = async (entry, outfile) => {
      const plugins = [nodeResolve({ browser: true }), commonjs(), terser()];
      const bundle = await rollup({ input: entry, external: /^@tensorflow\\//, plugins });
      await bundle.write({ file: outfile, format: 'es' });
    };`,
};

/** Checks that each bundler leaves out unused code, including CommonJS dependencies. */
export async function treeShaking(workshop: Workshop): Promise<void> {
  const project = await commonProject(workshop);
  const folder = join(project, 'tree-shaking');
  await mkdir(folder);
  for (const name of Object.keys(budgets))
    await writeFile(join(folder, `${name}.mjs`), `export { ${name} } from '@cnnviz/dissect';\n`);
  for (const [bundler, code] of Object.entries(bundlers)) {
    await writeFile(join(folder, `${bundler}.cjs`), code + measure(bundler));
    const { output, failure } = await endingOf('node', [`tree-shaking/${bundler}.cjs`], project);
    for (const [name, budget] of Object.entries(budgets)) {
      const bytes = Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(output)?.[1]);
      const tooLarge = bytes <= budget ? undefined : `expected at most ${budget} bytes`;
      workshop.report(`${bundler}: ${name} alone takes ${bytes} bytes`, failure ?? tooLarge);
    }
  }
}

const measure = (bundler: string) => `
  const { readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const { gzipSync } = require('node:zlib');
  (async () => {
    for (const name of ${JSON.stringify(Object.keys(budgets))}) {
      const outfile = join(__dirname, 'out', \`${bundler}-\${name}.mjs\`);
      await exports.bundle(join(__dirname, \`\${name}.mjs\`), outfile);
      console.log(name, gzipSync(readFileSync(outfile), { level: 9 }).length);
    }
  })();
`;
