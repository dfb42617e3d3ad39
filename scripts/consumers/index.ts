// Checks the packages from a user's point of view: packs them, installs the tarballs with npm outside the workspace, and
// compiles, runs and bundles the examples of the READMEs. `pnpm check:consumers types runtimes` runs only these parts, and
// `--keep` keeps the folder.
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
for (const name of wanted)
  if (!(name in parts)) throw new Error(`unknown part ${name}, expected one of ${Object.keys(parts).join(', ')}`);
const chosen = Object.entries(parts).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const failures = await runParts(Object.fromEntries(chosen), process.argv.includes('--keep'));
process.exitCode = failures === 0 ? 0 : 1;
