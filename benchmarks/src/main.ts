import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend } from '@cnnviz/example-support';
import { comparisons } from './comparisons.ts';
import { trainDigitNetwork } from './digit-network.ts';
import type { Row } from './row.ts';
import type { Message } from './run-comparison.ts';
import { tableOf } from './table.ts';

const USAGE = `Compares the packages with their alternatives on this machine, with the same networks and images.

  --only NAMES       comma-separated comparisons: ${Object.keys(comparisons).join(', ')} (default: all)
  --backends NAMES   tensorflow, wasm (default: both; one that does not start is left out)
  --rounds NUMBER    number of measured pairs (default: 5)
  --quick            fewer sizes
  --json FILE        also writes the rows to this file after each comparison
  --help             prints this text

peers/install.sh creates the Python environment of the peers. CNNVIZ_DATA names the folder with SqueezeNet and photographs.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(comparisons).join(',') },
    backends: { type: 'string', default: 'tensorflow,wasm' },
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds must be an integer >= 1, got ${values.rounds}`);
  const wanted = values.only.split(',');
  for (const name of wanted) {
    if (!(name in comparisons))
      throw new RangeError(`--only must name some of ${Object.keys(comparisons).join(', ')}, got ${name}`);
  }
  const machine = `${cpus()[0]!.model}, ${availableParallelism()} cores, Node ${process.version}; medians of ${rounds} pairs`;
  const exchange = await mkdtemp(join(tmpdir(), 'benchmarks-'));
  const rows: Row[] = [];
  const skipped = new Set<string>();
  try {
    await chooseBackend({ argv: ['--backend', 'wasm'], print: () => {} });
    await trainDigitNetwork(exchange);
    for (const comparison of wanted) {
      const backends = comparisons[comparison]!.usesBackend ? values.backends.split(',') : ['wasm'];
      for (const backend of backends) {
        const setting = { comparison, backend, rounds, exchange, data: process.env.CNNVIZ_DATA, quick: values.quick };
        const failure = await run(JSON.stringify(setting), (message) => {
          if ('row' in message) {
            rows.push(message.row);
            const { what, backend, peer, pairs } = message.row;
            console.error(`${what}, ${backend} against ${peer}: ${pairs.ratio.toFixed(2)}`);
          } else skipped.add(`${message.skipped}: ${message.reason}`);
        });
        if (failure !== undefined) skipped.add(`${comparison} on ${backend}: ${failure}`);
        if (values.json !== undefined) {
          await writeFile(values.json, JSON.stringify({ machine, rows, skipped: [...skipped] }, null, 2));
        }
      }
    }
  } finally {
    await rm(exchange, { recursive: true });
  }
  console.log(`${machine}\n\n${tableOf(rows)}`);
  for (const reason of skipped) console.log(`\nLeft out: ${reason}`);
}

/** @returns The error message of the process, if it failed. */
function run(setting: string, onMessage: (message: Message) => void): Promise<string | undefined> {
  const child = fork(join(import.meta.dirname, 'run-comparison.ts'), [setting], {
    execArgv: process.execArgv,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr!.on('data', (text) => {
    complaint += text;
  });
  child.on('message', onMessage);
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code === 0 ? undefined : reasonIn(complaint)));
  });
}

/** The message of an error, without its stack. */
function reasonIn(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^\w*Error( \[\w+\])?: /.test(line)) ??
    lines.filter(Boolean).at(-1) ??
    'it ended without a message'
  );
}
