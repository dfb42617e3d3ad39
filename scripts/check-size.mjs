// Bundles what a page loads for each package, and for one function of it, and fails if a bundle exceeds its budget.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Imports and their budgets in bytes: minified and gzipped, with all dependencies but TensorFlow.js. */
const budgets = [
  ['regularizers', '*', 24_000],
  ['regularizers', 'l2Penalty', 3_000],
  // Among them training that resumes, with its checkpoints as files.
  ['adversarial', '*', 36_000],
  ['adversarial', 'fgsm', 4_800],
  ['adversarial', 'pgd', 9_500],
  ['genetic', '*', 26_000],
  ['genetic', 'bitFlipMutation', 3_500],
  ['genetic', 'evolveFoolingImages', 10_500],
  ['dissect', '*', 113_000],
  ['dissect', 'filterGrid', 4_000],
  // Two kinds of models and some ninety operations of graphs.
  ['dissect', 'receptiveField', 14_000],
  ['actmax', '*', 34_000],
  ['actmax', 'logit', 3_000],
  ['actmax', 'maximizeActivation', 11_500],
  ['models', '*', 21_000],
  ['models', 'classifier', 13_000],
  ['wasm-gradients', '*', 33_000],
  ['tensorflow-gradients', '*', 7_000],
];

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const complaints = [];
const rows = [];
for (const [folder, name, budget] of budgets) {
  const bytes = await sizeOf(folder, name);
  if (bytes > budget)
    complaints.push(
      `${name} of @cnnviz/${folder} exceeds its budget: make it smaller, or raise the budget with a reason`,
    );
  if (name === '*') checkReadme(folder, bytes);
  rows.push({ package: `@cnnviz/${folder}`, import: name, 'min + gzip': bytes, budget });
}
console.table(rows);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

async function sizeOf(folder, name) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${name === '*' ? '*' : `{ ${name} }`} from '@cnnviz/${folder}';`,
      resolveDir: join(root, 'packages', folder),
    },
    alias: { [`@cnnviz/${folder}`]: join(root, 'packages', folder, 'dist/index.js') },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['@tensorflow/*'],
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** The table in the README rounds to whole kB, and may be off by a tenth before it must be updated. */
function checkReadme(folder, bytes) {
  const stated = Number(readme.match(new RegExp(`\\(packages/${folder}\\)[^\\n]*?\\b(\\d+) kB`))?.[1]);
  const isTrue = Math.abs(1000 * stated - bytes) <= Math.max(500, bytes / 10);
  if (!isTrue)
    complaints.push(
      `README.md says that @cnnviz/${folder} has ${stated} kB, but it has ${(bytes / 1000).toFixed(1)} kB`,
    );
}
