import {
  type Chapter,
  dataFolder,
  option,
  preprocessingOf,
  preprocessingOptions,
  runExample,
} from '@cnnviz/example-support';
import type { Preprocessing } from '@cnnviz/models';
import { classesChapter, diversityChapter, layersChapter } from './chapters.ts';
import { activationClaims, type ClassDrawings, type Sides } from './claims.ts';
import { type DrawOptions, methodsFor } from './draw.ts';
import { folderSubject, type Subject, squeezeNetSubject } from './subject.ts';
import { unitPagesChapter } from './unit-pages.ts';

await runExample({
  folder: 'report/actmax',
  summary: 'Draws what classes and units of a network want to see.',
  options: {
    model: option.path(
      'FOLDER',
      'a LayersModel or a GraphModel (default: SqueezeNet 1.0, in models of the folder that CNNVIZ_DATA names)',
    ),
    ...preprocessingOptions,
    classes: option.wholeNumbers(
      'A,B,C',
      'numbers of classes (default, for SqueezeNet: eight that are easily recognized)',
    ),
    layer: option.text('NAME', 'whose units are drawn (default, for SqueezeNet: conv1 and three deeper ones)'),
    units: option.wholeNumbers('A,B,C', 'of that layer'),
    diversity: option.text(
      'NAME',
      'layer at which images of the first class are made to differ (default, for SqueezeNet: fire8_concat)',
    ),
    images: option.path('FOLDER', 'photographs, JPEG or PNG: each unit is shown beside those that drive it most'),
    steps: option.wholeNumber('steps of each ascent (default: 96)'),
    batch: option.wholeNumber('images at once', { default: 4 }),
    quick: option.flag('two classes, two units, 24 steps'),
    seed: option.seed(),
  },
  async run({ images, quick, batch, seed, ...values }, { progress }) {
    const steps = values.steps ?? (quick ? 24 : 96);
    const options: Omit<DrawOptions, 'update'> = { steps, batch, seed };
    const subject = await chooseSubject({ ...values, quick, preprocessing: preprocessingOf(values) });
    const { network, classes, layers } = subject;
    const diverse = values.diversity ?? (values.model === undefined && !quick ? 'fire8_concat' : undefined);
    const units = layers.reduce((total, { units: some }) => total + some.length, 0);
    const chapters: Chapter[] = [];
    let drawings: ClassDrawings[] = [];
    let diversity: { alone: Sides; apart: Sides } | null = null;
    if (classes.length > 0) {
      const drawn = await progress.stage(
        'classes',
        methodsFor(network.inputShape[2]).length * classes.length * steps,
        (update) => classesChapter(subject, { ...options, update }),
      );
      chapters.push(drawn.chapter);
      drawings = drawn.drawings;
    }
    if (units > 0) {
      const draw = (update: DrawOptions['update']) =>
        images === undefined
          ? layersChapter(subject, { ...options, update })
          : unitPagesChapter(subject, images, { ...options, update });
      chapters.push(await progress.stage('units', (images === undefined ? 1 : 2) * units * steps, draw));
    }
    if (diverse !== undefined && classes.length > 0) {
      const { chapter, ...sides } = await progress.stage('diversity', 8 * steps, (update) =>
        diversityChapter(subject, diverse, { ...options, update }),
      );
      chapters.push(chapter);
      diversity = sides;
    }
    network.dispose();
    return {
      page: {
        title: `What ${subject.name} wants to see`,
        intro: [
          'Each image began as gray noise and was changed by gradient ascent until a class or a unit of the network responded to it as strongly as possible.',
        ],
        facts: [{ label: 'steps', value: String(steps) }],
        chapters,
      },
      claims: activationClaims({ drawings, diversity }, { network: subject.name, steps }),
    };
  },
});

interface Choice {
  model: string | undefined;
  preprocessing: Preprocessing | undefined;
  classes: number[] | undefined;
  layer: string | undefined;
  units: number[] | undefined;
  quick: boolean;
}

async function chooseSubject({ model, preprocessing, classes, layer, units, quick }: Choice): Promise<Subject> {
  if ((layer === undefined) !== (units === undefined)) throw new RangeError('--layer and --units go together');
  const models = dataFolder('models');
  if (model === undefined && models === undefined) {
    throw new Error('there is no network: give --model, or name the folder of SqueezeNet in CNNVIZ_DATA');
  }
  const subject =
    model === undefined ? await squeezeNetSubject(models!, quick) : await folderSubject(model, preprocessing);
  const asked = layer !== undefined || classes !== undefined;
  return {
    ...subject,
    classes: classes ?? (asked ? [] : subject.classes),
    layers: layer !== undefined ? [{ layer, units: units! }] : asked ? [] : subject.layers,
  };
}
