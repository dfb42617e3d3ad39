import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Chapter,
  type Claim,
  dataFolder,
  loadSqueezeNet,
  loadTinyDarknet,
  option,
  runExample,
  writeWhole,
} from '@cnnviz/example-support';
import { readCheckpoint } from './checkpoint.ts';
import { evolutionClaims } from './claims.ts';
import { evolutionChapter, percent } from './evolution-chapter.ts';
import { type Checkpoint, checkpointOf, type EncodingName, evolveImages } from './evolve-images.ts';
import { learnDigits } from './learn-digits.ts';
import type { Subject } from './subject.ts';

const INTRO = {
  direct:
    'Each gene is the brightness of one pixel, random at first. Crossover spreads genes around those of the parents; mutation moves a tenth of them.',
  cppn: 'Each image is drawn by a small network that maps the position of a pixel to its color and grows by mutation. The patterns are regular, and can be rendered at any size.',
};

await runExample({
  folder: 'report/fooling-evolution',
  summary: 'Evolves, for each class of a network, an image that it is certain of.',
  options: {
    network: option.oneOf(
      ['lenet', 'squeezenet', 'tiny-darknet'],
      'lenet (trained here on MNIST), squeezenet or tiny-darknet',
      { default: 'lenet' },
    ),
    epochs: option.wholeNumber('epochs for which LeNet learns', { default: 6 }),
    models: option.path('FOLDER', 'holds the ImageNet networks (default: models in the folder that CNNVIZ_DATA names)'),
    encoding: option.oneOf(
      ['direct', 'cppn', 'both'],
      'direct, cppn or both (default: both for lenet, cppn for the others)',
    ),
    preset: option.oneOf(['neat', 'fooling'], 'of CPPNs: neat or fooling', { default: 'neat' }),
    generations: option.wholeNumber('(default: 200 for lenet, 5000 for the others)', { min: 0 }),
    population: option.wholeNumber('images per generation', { default: 200, min: 0 }),
    minutes: option.positiveNumber('stop after so long with what there is'),
    resume: option.path('FILE', 'resumes from the checkpoint that an earlier run wrote'),
    seed: option.seed(),
  },
  writes: 'the page and the checkpoints',
  stages: (values) => encodingsOf(values).length + 1,
  async run({ network, epochs, preset, minutes, seed, population: populationSize, ...values }, { out, progress }) {
    const onDigits = network === 'lenet';
    const encodings = encodingsOf({ network, encoding: values.encoding });
    const generations = values.generations ?? (onDigits ? 200 : 5000);
    if (values.resume !== undefined && encodings.length > 1) {
      throw new RangeError('--resume takes the checkpoint of one encoding: name it with --encoding');
    }
    const checkpoint = values.resume === undefined ? undefined : await readCheckpoint(values.resume);
    const chapters: Chapter[] = [];
    const claims: Claim[] = [];
    const { subject, learned } = onDigits
      ? await progress.stage('learning digits', epochs * 8000, (update) => learnedDigits({ seed, epochs, update }))
      : await progress.stage('loading the network', 1, () => openNetwork(network, values.models));
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
            resume: checkpoint,
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
    } finally {
      subject.dispose();
    }
    return {
      page: {
        title: `What evolution makes ${subject.name} see`,
        intro: [
          'For each class, the image that the network is most sure of is kept and bred from. No person chooses, and no gradient is taken: the network is the only judge, as in [Nguyen et al. 2015](https://arxiv.org/abs/1412.1897).',
        ],
        facts: learned,
        chapters,
      },
      claims,
    };
  },
});

type NetworkName = 'lenet' | 'squeezenet' | 'tiny-darknet';

function encodingsOf(values: {
  network: NetworkName;
  encoding: EncodingName | 'both' | undefined;
}): readonly EncodingName[] {
  const encoding = values.encoding ?? (values.network === 'lenet' ? 'both' : 'cppn');
  return encoding === 'both' ? ['direct', 'cppn'] : [encoding];
}

async function learnedDigits(options: Parameters<typeof learnDigits>[0]) {
  const subject = await learnDigits(options);
  return { subject, learned: [{ label: 'test accuracy', value: percent(subject.testAccuracy) }] };
}

async function openNetwork(name: Exclude<NetworkName, 'lenet'>, folder = dataFolder('models')) {
  if (!folder) throw new Error('name the folder of the ImageNet networks with --models or CNNVIZ_DATA');
  const model = name === 'squeezenet' ? await loadSqueezeNet(folder) : await loadTinyDarknet(folder);
  const subject: Subject = {
    name: name === 'squeezenet' ? 'SqueezeNet' : 'Tiny Darknet',
    model: model.classifier,
    shape: model.inputShape,
    bounds: model.bounds,
    classes: (model.labels ?? []).map(shortName),
    dispose: () => model.dispose(),
  };
  return { subject, learned: [] };
}

/** `n01440764 tench, Tinca tinca` is a tench. */
function shortName(synset: string): string {
  return synset.replace(/^n\d+ /, '').split(',')[0]!;
}
