import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, peakMemory, peakMemoryText, progressBars, workspaceRoot } from '@cnnviz/example-support';
import { runDemo, STAGES } from './demo.ts';
import { percent } from './percent.ts';

const USAGE = `Trains LeNet on handwritten digits and writes a page that shows what it learned and how it is fooled.

  --out FOLDER     where the page goes (default: report, at the root of the repository)
  --seed NUMBER    decides weights, order and noise (default: 0)
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`--seed must be a whole number >= 0, got ${values.seed}`);
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const out = resolve(process.env.INIT_CWD ?? '.', values.out ?? resolve(workspaceRoot(), 'report'));
  const backend = await chooseBackend();
  const { page, testAccuracy, seconds } = await runDemo({
    out,
    seed,
    backend,
    progress: progressBars({ stages: STAGES }),
  });
  console.log(
    `${percent(testAccuracy)} of the test digits are read rightly. Everything took ${seconds.toFixed(0)} s and at most ${peakMemoryText(peakMemory())}.`,
  );
  console.log(`Open ${page}`);
}
