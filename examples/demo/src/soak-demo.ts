import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBackend, mnist, option, optionsOrExit, type Progress, selectImages } from '@cnnviz/example-support';
import { runDemo } from './demo.ts';
import { complaintsAbout, digestOfReport, type Remains, soak } from './soak.ts';

const values = optionsOrExit(
  'Runs a small demo again and again, and fails unless each round has the same results and leaves no memory behind.',
  {
    minutes: option.positiveNumber('begins no round after these', { default: 120 }),
    rounds: option.wholeNumber('instead of minutes'),
    backend: option.text('NAME', 'tensorflow, webgpu, wasm or cpu', { default: 'wasm' }),
  },
);
if (values !== undefined) await soakDemo(values);

interface SoakDemoOptions {
  minutes: number;
  rounds: number | undefined;
  backend: string;
}

async function soakDemo({ minutes, rounds: most, backend: backendName }: SoakDemoOptions): Promise<void> {
  const end = performance.now() + 60_000 * minutes;
  const backend = await chooseBackend({ argv: ['--backend', backendName] });
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
          foolingSteps: 50,
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
    isEnough: ({ length }) => (most === undefined ? performance.now() >= end : length >= most),
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
