import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, type PeakMemory } from '@cnnviz/example-support';
import { trainDigitNetwork } from '../digit-network.ts';
import { type Example, examples, peaksOf } from './examples.ts';
import type { Held } from './run-work.ts';
import { works } from './works.ts';

const USAGE = `Measures the peak memory of the algorithms and checks that four times as many steps, generations or images do not
raise it; then measures the demo and the other examples.

  --only TEXT      only algorithms and examples whose name contains TEXT
  --backend NAME   tensorflow or wasm (default: wasm)
  --help           prints this text`;

/** Garbage collection is unpredictable; a wasm heap never shrinks, so it must not grow. */
const MOST = { resident: 1.25, wasmHeap: 1 };

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    backend: { type: 'string', default: 'wasm' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'));
  try {
    await chooseBackend({ argv: ['--backend', values.backend] });
    await trainDigitNetwork(folder);
    console.log(['work', 'sizes', 'process, peak', 'wasm heap', 'tensors left', 'grows'].join(' | '));
    for (const [name, { unit, sizes }] of Object.entries(works)) {
      if (!name.includes(values.only)) continue;
      const [few, many] = [await run(name, sizes[0], folder), await run(name, sizes[1], folder)];
      const grown = (['resident', 'wasmHeap'] as const).filter((what) => many.peak[what] > MOST[what] * few.peak[what]);
      if (grown.length > 0 || many.tensorsLeft > 0) process.exitCode = 1;
      const both = (value: (held: Held) => number) => `${value(few)} and ${value(many)}`;
      console.log(
        [
          name,
          `${sizes[0]} and ${sizes[1]} ${unit}`,
          `${both(({ peak }) => Math.round(peak.resident / 1e6))} MB`,
          `${both(({ peak }) => Math.round(peak.wasmHeap / 1e6))} MB`,
          both(({ tensorsLeft }) => tensorsLeft),
          grown.length > 0 ? `**${grown.join(', ')}**` : 'no',
        ].join(' | '),
      );
    }
    console.log(`\n${['example', 'processes', 'largest process, peak', 'wasm heap'].join(' | ')}`);
    for (const example of examples) {
      if (!example.name.includes(values.only)) continue;
      if (example.needsData && !process.env.CNNVIZ_DATA) console.log(`${example.name} | CNNVIZ_DATA is not set`);
      else console.log(await exampleRow(example, folder));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function exampleRow(example: Example, folder: string): Promise<string> {
  const name = [example.name, ...example.options].join(' ');
  try {
    const peaks = await peaksOf(example, values.backend, folder);
    const most = (what: keyof PeakMemory) => `${Math.round(Math.max(...peaks.map((peak) => peak[what])) / 1e6)} MB`;
    return [name, peaks.length, most('resident'), most('wasmHeap')].join(' | ');
  } catch (error) {
    process.exitCode = 1;
    return `${name} | failed: ${error instanceof Error ? error.message : error}`;
  }
}

function run(name: string, size: number, folder: string): Promise<Held> {
  const child = fork(
    join(import.meta.dirname, 'run-work.ts'),
    [JSON.stringify({ name, size, backend: values.backend, folder })],
    { execArgv: process.execArgv },
  );
  return new Promise((resolve, reject) => {
    child.on('message', (held: Held) => resolve(held));
    child.on('exit', (code) => reject(new Error(`${name} exited with code ${code}`)));
  });
}
