import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openBroden } from '@cnnviz/dissect';
import {
  chooseBackend,
  peakMemory,
  peakMemoryText,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
} from '@cnnviz/example-support';
import { type ImageModel, loadModel, type Preprocessing } from '@cnnviz/models';
import { readCheckpoint, type Settings, writeCheckpoint } from './checkpoint.ts';
import { checkpointPace } from './checkpoint-pace.ts';
import { dissectionClaims, tallyClaims } from './claims.ts';
import { controls, forgetTraining } from './controls.ts';
import { dissectNetwork, type Placement } from './dissect-network.ts';
import { readTallies, talliesReport } from './published-tallies.ts';
import { someImages } from './some-images.ts';
import { writeResults } from './write-results.ts';

const USAGE = `Finds which concept each unit of a network detects, and writes a page of them.

  --model FOLDER       a LayersModel or a GraphModel (default: SqueezeNet 1.0, models/squeezenet1.0-imagenet in the folder
                       that CNNVIZ_DATA names)
  --range MIN,MAX      of the pixels that the network takes, such as 0,1, where the model does not say
  --mean R,G,B         subtracted from them (default: 0,0,0)
  --deviation R,G,B    that they are divided by (default: 1,1,1)
  --broden FOLDER      images and labels in Broden's format (default: mini-broden in the folder that CNNVIZ_DATA names)
  --split NAME         only images of this split
  --layers A,B,C       (default, for SqueezeNet: conv1,fire4_concat,fire8_concat,fire9_concat)
  --upsampling NAME    how maps are laid over labels: receptive-field, half-pixel or align-corners (default: the first)
  --controls           each layer with its units turned at random too, and untrained if the model is a LayersModel
  --statistics         intervals and chance levels too: 20 kB an image and layer in memory and in checkpoints
  --memory NUMBER      megabytes for activations between two uses; what does not fit is computed twice (default: 500)
  --images NUMBER      shown of each unit (default: 5)
  --tallies FOLDER     NetDissect's result tables, to be counted again on a page of their own (default: netdissect-tallies in
                       the folder that CNNVIZ_DATA names, if it is there)
  --quick              about 100 images, evenly from the data
  --resume FILE        go on from the checkpoint that an earlier run wrote
  --out FOLDER         where page, tables and checkpoint go (default: report/dissect, at the root of the repository)
  --backend NAME       tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const QUICK = 100;
const PERMUTATIONS = 99;
const squeezeNet = {
  layers: ['conv1', 'fire4_concat', 'fire8_concat', 'fire9_concat'],
  preprocessing: { range: [0, 255], mean: [122.679, 116.669, 104.007] },
} as const;

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    range: { type: 'string' },
    mean: { type: 'string' },
    deviation: { type: 'string' },
    broden: { type: 'string' },
    split: { type: 'string' },
    layers: { type: 'string' },
    upsampling: { type: 'string', default: 'receptive-field' },
    controls: { type: 'boolean', default: false },
    tallies: { type: 'string' },
    statistics: { type: 'boolean', default: false },
    memory: { type: 'string', default: '500' },
    images: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    resume: { type: 'string' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const model = folderOf('model', 'models/squeezenet1.0-imagenet', from);
  const broden = folderOf('broden', 'mini-broden', from);
  const isSqueezeNet = values.model === undefined;
  const subject = isSqueezeNet ? 'SqueezeNet 1.0' : 'a network';
  const layers = values.layers?.split(',') ?? (isSqueezeNet ? squeezeNet.layers : []);
  if (layers.length === 0) throw new RangeError('--layers must name layers of the network, such as conv1,conv5');
  const placement = placementOf(values.upsampling);
  const imagesPerUnit = numbers('images', values.images, 1)[0]!;
  const activationMemory = 1e6 * numbers('memory', values.memory, 1)[0]!;
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/dissect') : resolve(from, values.out);
  const settings: Settings = {
    '--model': model,
    '--broden': broden,
    '--split': values.split ?? 'all',
    '--layers': layers.join(),
    '--upsampling': placement,
    '--images': String(imagesPerUnit),
    '--quick': String(values.quick),
    '--statistics': String(values.statistics),
    '--controls': String(values.controls),
  };
  const resume = values.resume === undefined ? undefined : await readCheckpoint(resolve(from, values.resume), settings);

  const backend = await chooseBackend();
  const start = performance.now();
  const preprocessing = isSqueezeNet ? squeezeNet.preprocessing : preprocessingGiven();
  const load = () => loadModel(model, { bounds: [0, 255], ...(preprocessing === undefined ? {} : { preprocessing }) });
  const network = await load();
  let untrained: ImageModel | undefined;
  try {
    if (values.controls) {
      const other = await load();
      if (forgetTraining(other)) untrained = other;
      else other.dispose();
    }
    const whole = await openBroden(
      (path) => readFile(join(broden, path)),
      values.split === undefined ? {} : { split: values.split },
    );
    const concepts = values.quick ? someImages(whole, QUICK) : whole;
    console.log(`${concepts.count} images, ${concepts.concepts.length} concepts, ${layers.join(', ')} of ${model}`);
    await mkdir(out, { recursive: true });
    const checkpoint = join(out, 'checkpoint.json');
    const dissections = await progressBars().stage('dissecting', 2 * concepts.count, (update) =>
      dissectNetwork({
        network,
        concepts,
        layers,
        controls: values.controls ? controls(network, layers, untrained) : [],
        placement,
        activationMemory,
        permutations: values.statistics ? PERMUTATIONS : 0,
        topImages: imagesPerUnit,
        resume,
        pace: checkpointPace({ pause: 60_000, share: 0.05 }),
        keep: (state) => writeCheckpoint(checkpoint, { settings, state }),
        update,
      }),
    );
    const { page, lines } = await writeResults(out, dissections, {
      title: `What the units of ${subject} detect`,
      intro: [
        `${concepts.count} images with labels of ${concepts.concepts.length} concepts. Computed on ${backend.name}, ${backend.detail}. Names are those of the data; in Broden, those that end in -c are colors.`,
        ...(values.controls ? controlsIntro(untrained !== undefined) : []),
      ],
      concepts,
      imagesPerUnit,
    });
    for (const line of lines) console.log(line);
    const tallies = await readTallies(talliesFolder(from));
    if (tallies.length > 0) console.log(`Open ${await writeReport(join(out, 'tallies'), talliesReport(tallies))}`);
    const claims = [
      ...(tallies.length > 0 ? tallyClaims(tallies) : []),
      ...dissectionClaims(dissections, { layers, on: `${subject}, ${concepts.count} images` }),
    ];
    await writeClaims(out, { claims, backend, seconds: (performance.now() - start) / 1000 });
    const { user, system } = process.cpuUsage();
    console.log(
      `It took ${seconds(performance.now() - start)}, ${seconds((user + system) / 1000)} of processor time, and at most ${peakMemoryText(peakMemory())}. Open ${page}`,
    );
  } finally {
    untrained?.dispose();
    network.dispose();
  }
}

function controlsIntro(hasUntrained: boolean): string[] {
  const turned =
    'Each layer is held against itself turned at random: the same activations, seen from axes that a random rotation of the space of its units gives. If a network had no reason to prefer its own axes, these would detect as many different things.';
  const untrained =
    'Untrained is the same architecture with random weights. What it detects is what images and labels give away to any sum of pixels, such as colors.';
  return hasUntrained ? [turned, untrained] : [turned];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(0)} s`;
}

function folderOf(option: 'model' | 'broden', name: string, from: string): string {
  const given = values[option];
  if (given !== undefined) return resolve(from, given);
  const data = process.env.CNNVIZ_DATA;
  if (!data) throw new Error(`name a folder with --${option}, or one that holds ${name} with CNNVIZ_DATA`);
  return resolve(data, name);
}

function talliesFolder(from: string): string {
  if (values.tallies !== undefined) return resolve(from, values.tallies);
  return resolve(process.env.CNNVIZ_DATA ?? from, 'netdissect-tallies');
}

function placementOf(text: string): Placement {
  const allowed: Placement[] = ['receptive-field', 'half-pixel', 'align-corners'];
  const found = allowed.find((placement) => placement === text);
  if (found === undefined) throw new RangeError(`--upsampling must be one of ${allowed.join(', ')}, got ${text}`);
  return found;
}

function preprocessingGiven(): Preprocessing | undefined {
  const { range, mean, deviation } = values;
  if (range === undefined) {
    if (mean !== undefined || deviation !== undefined) throw new RangeError('--mean and --deviation need --range');
    return undefined;
  }
  const [min, max] = numbers('range', range, 2) as [number, number];
  return {
    range: [min, max],
    ...(mean === undefined ? {} : { mean: numbers('mean', mean, 3) }),
    ...(deviation === undefined ? {} : { deviation: numbers('deviation', deviation, 3) }),
  };
}

function numbers(name: string, text: string, count: number): number[] {
  const parsed = text.split(',').map(Number);
  if (parsed.length !== count || !parsed.every(Number.isFinite)) {
    throw new RangeError(`--${name} must be ${count === 1 ? 'a number' : `${count} numbers`}, got ${text}`);
  }
  return parsed;
}
