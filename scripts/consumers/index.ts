// What a stranger's project gets: packs the published packages, installs the tarballs with npm outside the workspace, and
// compiles, runs and bundles what the READMEs show. `pnpm check:consumers types runtimes` runs some parts only, `--keep`
// leaves the folder.
import { browsers } from './browsers.ts';
import { firstExamples } from './first-examples.ts';
import { next } from './next.ts';
import { runtimes } from './runtimes.ts';
import { treeShaking } from './tree-shaking.ts';
import { types } from './types.ts';
import { type Part, runParts } from './workshop.ts';

const parts: Readonly<Record<string, Part>> = {
  types,
  runtimes,
  'tree-shaking': treeShaking,
  'first-examples': firstExamples,
  browsers,
  next,
};

const wanted = process.argv.slice(2).filter((argument) => argument !== '--keep');
for (const name of wanted) if (!(name in parts)) throw new Error(`no part ${name}, only ${Object.keys(parts)}`);
const chosen = Object.entries(parts).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const failures = await runParts(Object.fromEntries(chosen), process.argv.includes('--keep'));
process.exitCode = failures === 0 ? 0 : 1;
