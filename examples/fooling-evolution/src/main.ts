import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Chapter,
  type Claim,
  chooseBackend,
  loadSqueezeNet,
  loadTinyDarknet,
  type Progress,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
  writeWhole,
} from '@cnnviz/example-support';
import { readCheckpoint } from './checkpoint.ts';
import { evolutionClaims } from './claims.ts';
import { evolutionChapter, percent } from './evolution-chapter.ts';
import { type Checkpoint, checkpointOf, type EncodingName, evolveImages } from './evolve-images.ts';
import { learnDigits } from './learn-digits.ts';
import type { Subject } from './subject.ts';

const USAGE = `Evolves, for each class of a network, an image that the network is certain of.

  --network NAME       lenet (trained here on MNIST), squeezenet or tiny-darknet (default: lenet)
  --epochs NUMBER      how long LeNet trains (default: 6)
  --models FOLDER      holds the ImageNet networks (default: models in the folder that CNNVIZ_DATA names)
  --encoding NAME      direct, cppn or both (default: both for lenet, cppn for the others)
  --preset NAME        of CPPNs: neat or fooling (default: neat)
  --generations NUMBER (default: 200 for lenet, 5000 for the others)
  --population NUMBER  images per generation (default: 200)
  --minutes NUMBER     stop after this long with the images found so far
  --resume FILE        continue from the checkpoint that an earlier run wrote
  --seed NUMBER        (default: 0)
  --out FOLDER         where the page and the checkpoints go (default: report/fooling-evolution, at the root of the repository)
  --backend NAME       tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const INTRO = {
  direct:
    'Each gene is the brightness of one pixel, at first random. Crossing spreads genes about their parents, mutation moves a tenth of them.',
  cppn: 'Each image is drawn by a small network that maps the place of a pixel to its color, and that grows by mutation. The patterns are regular, and render at any size.',
};

const { values } = parseArgs({
  options: {
    network: { type: 'string', default: 'lenet' },
    epochs: { type: 'string', default: '6' },
    models: { type: 'string' },
    encoding: { type: 'string' },
    preset: { type: 'string', default: 'neat' },
    generations: { type: 'string' },
    population: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    resume: { type: 'string' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const network = oneOf('network', values.network, ['lenet', 'squeezenet', 'tiny-darknet']);
  const onDigits = network === 'lenet';
  const preset = oneOf('preset', values.preset, ['neat', 'fooling']);
  const asked = oneOf('encoding', values.encoding ?? (onDigits ? 'both' : 'cppn'), ['direct', 'cppn', 'both']);
  const encodings: EncodingName[] = asked === 'both' ? ['direct', 'cppn'] : [asked];
  const generations = wholeNumber('generations', values.generations ?? (onDigits ? '200' : '5000'));
  const populationSize = wholeNumber('population', values.population);
  const seed = wholeNumber('seed', values.seed);
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (minutes !== undefined && !(minutes > 0)) throw new RangeError(`--minutes must be above 0, got ${values.minutes}`);
  if (values.resume !== undefined && encodings.length > 1) {
    throw new RangeError('--resume continues one encoding: name it with --encoding');
  }
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const resume = values.resume === undefined ? undefined : await readCheckpoint(resolve(from, values.resume));
  const out = resolve(from, values.out ?? join(workspaceRoot(), 'report/fooling-evolution'));

  const backend = await chooseBackend();
  const progress = progressBars({ stages: encodings.length + 1 });
  const { subject, learned } = await openNetwork(network, seed, progress);
  const chapters: Chapter[] = [];
  const claims: Claim[] = [];
  const start = performance.now();
  try {
    await mkdir(out, { recursive: true });
    for (const encoding of encodings) {
      const keep = (reached: Checkpoint) =>
        writeWhole(join(out, `${network}-${encoding}.json`), JSON.stringify(reached));
      const evolved = await progress.stage(`evolving images: ${encoding}`, generations, (update) =>
        evolveImages(subject, {
          encoding,
          preset,
          generations,
          populationSize,
          batchSize: onDigits ? 200 : 20,
          seed,
          minutes,
          resume,
          onProgress: ({ done, mean, median }) => update(done, `mean ${percent(mean)}, median ${percent(median)}`),
          keep,
        }),
      );
      await keep(checkpointOf(evolved.state, evolved.history));
      const { mean, median, generation, seconds, processorSeconds } = evolved.history.at(-1)!;
      console.log(
        `${subject.name}, ${encoding}: mean ${percent(mean)}, median ${percent(median)} after ${generation} generations and ${seconds.toFixed(0)} s, ${processorSeconds.toFixed(0)} s of processor time`,
      );
      claims.push(...evolutionClaims(network, subject, evolved, encoding));
      chapters.push(
        await evolutionChapter(subject, evolved, {
          id: encoding,
          title: encoding === 'direct' ? 'Evolved pixel by pixel' : 'Evolved as patterns',
          intro: [INTRO[encoding]],
          shown: 10,
        }),
      );
    }
    const page = await writeReport(out, {
      title: `What evolution makes ${subject.name} see`,
      intro: [
        'For each class, the image that the network is most sure of is kept and bred from. No person chooses, and no gradient is taken: the network alone judges.',
      ],
      facts: [
        ...learned,
        { label: 'backend', value: `${backend.name}, ${backend.detail}` },
        { label: 'seed', value: String(seed) },
      ],
      chapters,
    });
    await writeClaims(out, { claims, backend, seconds: (performance.now() - start) / 1000 });
    console.log(`Open ${page}`);
  } finally {
    subject.dispose();
  }
}

async function openNetwork(name: string, seed: number, progress: Progress) {
  if (name === 'lenet') {
    const epochs = wholeNumber('epochs', values.epochs);
    const subject = await progress.stage('learning digits', epochs * 8000, (update) =>
      learnDigits({ seed, epochs, update }),
    );
    return { subject, learned: [{ label: 'test accuracy', value: percent(subject.testAccuracy) }] };
  }
  const folder = values.models ?? (process.env.CNNVIZ_DATA && join(process.env.CNNVIZ_DATA, 'models'));
  if (!folder) throw new Error('name the folder of the ImageNet networks with --models or CNNVIZ_DATA');
  const subject = await progress.stage('loading the network', 1, async (): Promise<Subject> => {
    const model = name === 'squeezenet' ? await loadSqueezeNet(folder) : await loadTinyDarknet(folder);
    return {
      name: name === 'squeezenet' ? 'SqueezeNet' : 'Tiny Darknet',
      model: model.classifier,
      shape: model.inputShape,
      bounds: model.bounds,
      classes: (model.labels ?? []).map(shortName),
      dispose: () => model.dispose(),
    };
  });
  return { subject, learned: [] };
}

/** `n01440764 tench, Tinca tinca` is a tench. */
function shortName(synset: string): string {
  return synset.replace(/^n\d+ /, '').split(',')[0]!;
}

function oneOf<const T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new RangeError(`--${name} must be one of ${allowed.join(', ')}, got ${value}`);
  return found;
}

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(`--${name} must be a whole number >= 0, got ${value}`);
  }
  return number;
}
