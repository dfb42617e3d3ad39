import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBroden } from '@cnnviz/dissect';
import {
  dataFolder,
  option,
  preprocessingOf,
  preprocessingOptions,
  runExample,
  writeReport,
} from '@cnnviz/example-support';
import { type ImageModel, loadModel } from '@cnnviz/models';
import { readCheckpoint, type Settings, writeCheckpoint } from './checkpoint.ts';
import { checkpointPace } from './checkpoint-pace.ts';
import { dissectionClaims, tallyClaims } from './claims.ts';
import { controls, forgetTraining } from './controls.ts';
import { dissectNetwork } from './dissect-network.ts';
import { readTallies, talliesReport } from './published-tallies.ts';
import { someImages } from './some-images.ts';
import { writeResults } from './write-results.ts';

const QUICK = 100;
const PERMUTATIONS = 99;
const squeezeNet = {
  layers: ['conv1', 'fire4_concat', 'fire8_concat', 'fire9_concat'],
  preprocessing: { range: [0, 255], mean: [122.679, 116.669, 104.007] },
} as const;

await runExample({
  folder: 'report/dissect',
  summary: 'Finds which concept each unit of a network detects, and writes a page about it.',
  options: {
    model: option.path(
      'FOLDER',
      'a LayersModel or a GraphModel (default: SqueezeNet 1.0, models/squeezenet1.0-imagenet in the folder that CNNVIZ_DATA names)',
    ),
    ...preprocessingOptions,
    broden: option.path(
      'FOLDER',
      "images and labels in Broden's format (default: mini-broden in the folder that CNNVIZ_DATA names)",
    ),
    split: option.text('NAME', 'only images of this split'),
    layers: option.names('A,B,C', `layers to dissect (default, for SqueezeNet: ${squeezeNet.layers.join()})`),
    upsampling: option.oneOf(
      ['receptive-field', 'half-pixel', 'align-corners'],
      'how maps are upsampled to labels: receptive-field, half-pixel or align-corners',
      { default: 'receptive-field' },
    ),
    controls: option.flag(
      'also dissects each layer with its units rotated at random, and untrained if the model is a LayersModel',
    ),
    statistics: option.flag(
      'also computes intervals and chance levels: 20 kB per image and layer in memory and in checkpoints',
    ),
    memory: option.positiveNumber('megabytes for kept activations; those that do not fit are computed twice', {
      default: 500,
    }),
    images: option.wholeNumber('top images shown per unit', { default: 5, min: 0 }),
    tallies: option.path(
      'FOLDER',
      "NetDissect's result tables, recounted on a page of their own (default: netdissect-tallies in the folder that CNNVIZ_DATA names, if it exists)",
    ),
    quick: option.flag('about 100 images, evenly spread over the data'),
    resume: option.path('FILE', 'resumes from the checkpoint that an earlier run wrote'),
  },
  writes: 'the page, tables and the checkpoint',
  async run(values, { out, backend, progress }) {
    const { upsampling: placement, images: topImages, quick, statistics } = values;
    const isSqueezeNet = values.model === undefined;
    const model = values.model ?? inData('model', 'models/squeezenet1.0-imagenet');
    const broden = values.broden ?? inData('broden', 'mini-broden');
    const subject = isSqueezeNet ? 'SqueezeNet 1.0' : 'a network';
    const layers = values.layers ?? (isSqueezeNet ? squeezeNet.layers : []);
    if (layers.length === 0) throw new RangeError('--layers must name layers of the network, such as conv1,conv5');
    const settings: Settings = {
      '--model': model,
      '--broden': broden,
      '--split': values.split ?? 'all',
      '--layers': layers.join(),
      '--upsampling': placement,
      '--images': String(topImages),
      '--quick': String(quick),
      '--statistics': String(statistics),
      '--controls': String(values.controls),
    };
    const resume = values.resume === undefined ? undefined : await readCheckpoint(values.resume, settings);

    const preprocessing = isSqueezeNet ? squeezeNet.preprocessing : preprocessingOf(values);
    const load = () => loadModel(model, { bounds: [0, 255], ...(preprocessing !== undefined && { preprocessing }) });
    const network = await load();
    let untrained: ImageModel | undefined;
    try {
      if (values.controls) untrained = await untrainedTwin(load);
      const { split } = values;
      const read = (path: string) => readFile(join(broden, path));
      const whole = await openBroden(read, split === undefined ? {} : { split });
      const concepts = quick ? someImages(whole, QUICK) : whole;
      console.log(`${concepts.count} images, ${concepts.concepts.length} concepts, ${layers.join(', ')} of ${model}`);
      await mkdir(out, { recursive: true });
      const checkpoint = join(out, 'checkpoint.json');
      const dissections = await progress.stage('dissecting', 2 * concepts.count, (update) =>
        dissectNetwork({
          network,
          concepts,
          layers,
          controls: values.controls ? controls(network, layers, untrained) : [],
          placement,
          activationMemory: 1e6 * values.memory,
          permutations: statistics ? PERMUTATIONS : 0,
          topImages,
          resume,
          pace: checkpointPace({ pause: 60_000, share: 0.05 }),
          keep: (state) => writeCheckpoint(checkpoint, { settings, state }),
          update,
        }),
      );
      const { page, lines } = await writeResults(out, dissections, {
        title: `What the units of ${subject} detect`,
        intro: [
          `${concepts.count} images with labels of ${concepts.concepts.length} concepts. Computed on ${backend.name}, ${backend.detail}. Concepts have the names that the data gives them; in Broden, those that end in -c are colors.`,
          ...(values.controls ? controlsIntro(untrained !== undefined) : []),
        ],
        concepts,
        imagesPerUnit: topImages,
      });
      const tallies = await readTallies(values.tallies ?? dataFolder('netdissect-tallies') ?? 'netdissect-tallies');
      if (tallies.length > 0) {
        lines.push(`Tallies: ${await writeReport(join(out, 'tallies'), talliesReport(tallies))}`);
      }
      const { user, system } = process.cpuUsage();
      return {
        page,
        claims: [
          ...(tallies.length > 0 ? tallyClaims(tallies) : []),
          ...dissectionClaims(dissections, { layers, on: `${subject}, ${concepts.count} images` }),
        ],
        lines: [...lines, `Processor time: ${((user + system) / 1e6).toFixed(0)} s`],
      };
    } finally {
      untrained?.dispose();
      network.dispose();
    }
  },
});

/** The same architecture with random weights; `undefined` if its weights cannot be changed. */
async function untrainedTwin(load: () => Promise<ImageModel>): Promise<ImageModel | undefined> {
  const twin = await load();
  if (forgetTraining(twin)) return twin;
  twin.dispose();
  return undefined;
}

function controlsIntro(hasUntrained: boolean): string[] {
  const rotated =
    'Each layer is compared with itself, rotated at random: the same activations, seen along the axes of a random rotation of the space of its units. If a network had no reason to prefer its own axes, these would detect as many different things.';
  const untrained =
    'Untrained is the same architecture with random weights. It detects what images and labels reveal to any sum of pixels, such as colors.';
  return hasUntrained ? [rotated, untrained] : [rotated];
}

function inData(option: string, name: string): string {
  const folder = dataFolder(name);
  if (folder === undefined) {
    throw new Error(`name a folder with --${option}, or one that holds ${name} with CNNVIZ_DATA`);
  }
  return folder;
}
