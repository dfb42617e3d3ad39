import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Chapter,
  chooseBackend,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
} from '@cnnviz/example-support';
import type { Preprocessing } from '@cnnviz/models';
import { classesChapter, diversityChapter, layersChapter } from './chapters.ts';
import { activationClaims, type ClassDrawings, type Sides } from './claims.ts';
import { type DrawOptions, methodsFor } from './draw.ts';
import { folderSubject, type Subject, squeezeNetSubject } from './subject.ts';
import { unitPagesChapter } from './unit-pages.ts';

const USAGE = `Draws what classes and units of a network want to see.

  --model FOLDER     a LayersModel or a GraphModel (default: SqueezeNet 1.0, in models of the folder that CNNVIZ_DATA names)
  --range MIN,MAX    of the pixels that the network takes, such as 0,1, where the model does not say
  --mean R,G,B       subtracted from them (default: 0,0,0)
  --deviation R,G,B  that they are divided by (default: 1,1,1)
  --classes A,B,C    numbers of classes (default, for SqueezeNet: eight that are easily told)
  --layer NAME       whose units are drawn (default, for SqueezeNet: conv1 and three deeper ones)
  --units A,B,C      of that layer
  --diversity NAME   layer at which images of the first class are made to differ (default, for SqueezeNet: fire8_concat)
  --images FOLDER    photographs, JPEG or PNG: each unit is shown beside those that drive it most
  --steps NUMBER     of each ascent (default: 96)
  --batch NUMBER     images at once (default: 4)
  --quick            two classes, two units, 24 steps
  --seed NUMBER      (default: 0)
  --out FOLDER       where the page goes (default: report/actmax, at the root of the repository)
  --backend NAME     tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    range: { type: 'string' },
    mean: { type: 'string' },
    deviation: { type: 'string' },
    classes: { type: 'string' },
    layer: { type: 'string' },
    units: { type: 'string' },
    diversity: { type: 'string' },
    images: { type: 'string' },
    steps: { type: 'string' },
    batch: { type: 'string', default: '4' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const from = process.env.INIT_CWD ?? '.';
  const { quick } = values;
  const options: Omit<DrawOptions, 'update'> = {
    steps: wholeNumber('steps', values.steps ?? (quick ? '24' : '96'), 1),
    batch: wholeNumber('batch', values.batch, 1),
    seed: wholeNumber('seed', values.seed, 0),
  };
  const backend = await chooseBackend();
  const subject = await chooseSubject(from);
  const { network, classes, layers } = subject;
  const diverse = values.diversity ?? (values.model === undefined && !quick ? 'fire8_concat' : undefined);
  const withDiversity = diverse !== undefined && classes.length > 0;
  const units = layers.reduce((total, { units: some }) => total + some.length, 0);
  const progress = progressBars();
  const start = performance.now();
  const chapters: Chapter[] = [];
  let drawings: ClassDrawings[] = [];
  let diversity: { alone: Sides; apart: Sides } | null = null;
  if (classes.length > 0) {
    const draw = (update: DrawOptions['update']) => classesChapter(subject, { ...options, update });
    const drawn = await progress.stage(
      'classes',
      methodsFor(network.inputShape[2]).length * classes.length * options.steps,
      draw,
    );
    chapters.push(drawn.chapter);
    drawings = drawn.drawings;
  }
  if (units > 0) {
    const { images } = values;
    const draw = (update: DrawOptions['update']) =>
      images === undefined
        ? layersChapter(subject, { ...options, update })
        : unitPagesChapter(subject, resolve(from, images), { ...options, update });
    chapters.push(await progress.stage('units', (images === undefined ? 1 : 2) * units * options.steps, draw));
  }
  if (withDiversity) {
    const draw = (update: DrawOptions['update']) => diversityChapter(subject, diverse, { ...options, update });
    const { chapter, ...sides } = await progress.stage('diversity', 8 * options.steps, draw);
    chapters.push(chapter);
    diversity = sides;
  }
  network.dispose();
  const seconds = (performance.now() - start) / 1000;
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/actmax') : resolve(from, values.out);
  const page = await writeReport(out, {
    title: `What ${subject.name} wants to see`,
    intro: ['Images made by gradient ascent, from gray, that make units of a network as active as they can get.'],
    facts: [
      { label: 'backend', value: `${backend.name}, ${backend.detail}` },
      { label: 'steps', value: String(options.steps) },
      { label: 'seed', value: String(options.seed) },
      { label: 'time', value: `${seconds.toFixed(0)} s` },
    ],
    chapters,
  });
  await writeClaims(out, {
    claims: activationClaims({ drawings, diversity }, { network: subject.name, steps: options.steps }),
    backend,
    seconds,
  });
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}

async function chooseSubject(from: string): Promise<Subject> {
  const data = process.env.CNNVIZ_DATA;
  if (values.model === undefined && !data) {
    throw new Error('there is no network: give --model, or name the folder of SqueezeNet in CNNVIZ_DATA');
  }
  const subject =
    values.model === undefined
      ? await squeezeNetSubject(join(data!, 'models'), values.quick)
      : await folderSubject(resolve(from, values.model), preprocessing());
  const { layer, units, classes } = values;
  if ((layer === undefined) !== (units === undefined)) throw new RangeError('--layer and --units go together');
  const asked = layer !== undefined || classes !== undefined;
  return {
    ...subject,
    classes: classes !== undefined ? numbers('classes', classes) : asked ? [] : subject.classes,
    layers: layer !== undefined ? [{ layer, units: numbers('units', units!) }] : asked ? [] : subject.layers,
  };
}

function preprocessing(): Preprocessing | undefined {
  if (values.range === undefined) return undefined;
  const [min, max] = numbers('range', values.range);
  return {
    range: [min!, max!],
    ...(values.mean !== undefined && { mean: numbers('mean', values.mean) }),
    ...(values.deviation !== undefined && { deviation: numbers('deviation', values.deviation) }),
  };
}

function numbers(name: string, text: string): number[] {
  const list = text.split(',').map(Number);
  if (list.some((value) => !Number.isFinite(value))) throw new RangeError(`--${name} must be numbers, got ${text}`);
  return list;
}

function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new RangeError(`--${name} must be a whole number >= ${min}, got ${text}`);
}
