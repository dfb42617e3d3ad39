import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, mnist, type Progress, selectImages } from '@cnnviz/example-support';
import { runDemo } from './demo.ts';
import { complaintsAbout, digestOfReport, type Remains, soak } from './soak.ts';

const USAGE = `Runs a small demo again and again, and fails unless each round has the same results and leaves no memory behind.

  --minutes NUMBER   begins no round after these (default: 120)
  --rounds NUMBER    instead of minutes
  --backend NAME     tensorflow, webgpu, wasm or cpu (default: wasm)
  --help`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    rounds: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const end = performance.now() + 60_000 * positive('minutes', values.minutes);
  const most = values.rounds === undefined ? Number.POSITIVE_INFINITY : positive('rounds', values.rounds);
  const backend = await chooseBackend({ argv: ['--backend', values.backend] });
  const { train, test } = await mnist({ seed: 0 });
  const first = (count: number) => Array.from({ length: count }, (_, index) => index);
  const data = { train: selectImages(train, first(1600)), test: selectImages(test, first(200)) };
  const silent: Progress = { stage: (_label, _total, work) => work(() => {}) };
  const rounds = await soak({
    work: async () => {
      const out = await mkdtemp(join(tmpdir(), 'soak-'));
      try {
        await runDemo({
          out,
          seed: 0,
          backend,
          progress: silent,
          epochs: 2,
          foolingIterations: 50,
          memorizingEpochs: 2,
          evolutionGenerations: 20,
          dissectedScenes: 40,
          generatorImages: 400,
          generatorEpochs: 1,
          data,
        });
        return await digestOfReport(out);
      } finally {
        await rm(out, { recursive: true });
      }
    },
    isEnough: ({ length }) => length >= most || (values.rounds === undefined && performance.now() >= end),
    onRound: ({ round, seconds, digest, remains }) =>
      console.log(`round ${round}: ${seconds.toFixed(0)} s, results ${digest}, ${inWords(remains)}`),
  });
  const complaints = complaintsAbout(rounds);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  console.log(`${rounds.length} rounds with the same results, and no memory that grew.`);
}

function inWords({ tensors, tensorBytes, wasmHeap, jsHeap, resident }: Remains): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return `${tensors} tensors (${megabytes(tensorBytes)}), wasm heap ${megabytes(wasmHeap)}, JavaScript ${megabytes(jsHeap)}, resident ${megabytes(resident)}`;
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`--${name} must be a number > 0, got ${text}`);
  return number;
}
