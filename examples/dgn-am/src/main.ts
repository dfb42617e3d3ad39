import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  chooseBackend,
  type DataSet,
  fashionMnist,
  mnist,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
} from '@cnnviz/example-support';
import { loadGenerator } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import { synthesisClaims } from './claims.ts';
import { drawWhatUnitsWant, firstImages } from './experiment.ts';
import { classesChapter, generatorChapter, hiddenChapter, houseNumbersChapter } from './report.ts';
import { drawHouseNumbers } from './svhn-prior.ts';

const USAGE = `Learns to draw images from a network's features, then draws what each class and some hidden units of another
network want to see, beside Fourier and plain pixels.

  --data NAME        mnist or fashion (default: mnist)
  --images NUMBER    to learn from, one half for the judge (default: 8000, all that mnist has; at most 60000 of fashion)
  --starts NUMBER    images of each class by each method (default: 10)
  --steps NUMBER     of each ascent, at most (default: 200)
  --wanted NUMBER    activation at which an image is done, as a multiple of the best real image's (default: 0.8)
  --epochs NUMBER    of each network (default: 3)
  --judge NUMBER     epochs of the judge (default: 8)
  --generator NUMBER epochs of the generator (default: 6)
  --quick            4000 images, 4 epochs of the judge, 2 starts, 100 steps: for a first look
  --svhn FOLDER      generator of house numbers (default: models/svhn-dcgan in the folder that CNNVIZ_DATA names)
  --out FOLDER       where the page goes (default: report/dgn-am)
  --seed NUMBER      (default: 0)
  --backend NAME     tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    images: { type: 'string' },
    starts: { type: 'string' },
    steps: { type: 'string' },
    wanted: { type: 'string', default: '0.8' },
    epochs: { type: 'string' },
    judge: { type: 'string' },
    generator: { type: 'string' },
    quick: { type: 'boolean', default: false },
    svhn: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const { quick } = values;
  const from = process.env.INIT_CWD ?? '.';
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/dgn-am') : resolve(from, values.out);
  const seed = wholeNumber('seed', 0);
  const wanted = Number(values.wanted);
  if (!(wanted > 0)) throw new RangeError(`--wanted must be a number > 0, got ${values.wanted}`);
  const options = {
    wanted,
    networkEpochs: wholeNumber('epochs', 3),
    judgeEpochs: wholeNumber('judge', quick ? 4 : 8),
    generatorEpochs: wholeNumber('generator', 6),
    starts: wholeNumber('starts', quick ? 2 : 10),
    steps: wholeNumber('steps', quick ? 100 : 200),
    hiddenUnits: 8,
    seed,
  };
  const backend = await chooseBackend();
  const data = await dataSet(seed, wholeNumber('images', quick ? 4000 : 8000));
  const progress = progressBars();
  const start = performance.now();
  const experiment = await drawWhatUnitsWant({ ...options, data, progress });
  const chapters = [
    await generatorChapter(experiment),
    await classesChapter(experiment, { classNames: data.train.classes, wanted }),
    await hiddenChapter(experiment),
  ];
  console.table(experiment.quality);
  console.log(`Right on test images: ${JSON.stringify(experiment.accuracies)}`);
  experiment.dispose();

  const folder = values.svhn ?? (process.env.CNNVIZ_DATA && join(process.env.CNNVIZ_DATA, 'models/svhn-dcgan'));
  if (folder && values.data === 'mnist' && !quick) {
    const svhn = await loadGenerator(folder);
    const { networkEpochs: epochs, steps } = options;
    const drawn = await drawHouseNumbers(svhn, data, {
      epochs,
      starts: 2,
      steps: Math.min(steps, 100),
      seed,
      progress,
    });
    chapters.push(await houseNumbersChapter(drawn));
    tf.dispose([drawn.photographs, drawn.seen]);
    svhn.dispose();
  } else {
    console.log('House numbers are left out: they need --data mnist, no --quick, and --svhn or CNNVIZ_DATA');
  }

  const seconds = (performance.now() - start) / 1000;
  const page = await writeReport(out, {
    title: 'What units want to see, with a learned generator',
    intro: [`${data.train.name}, seed ${seed}, on ${backend.name} (${backend.detail}).`],
    facts: [{ label: 'seconds', value: seconds.toFixed(0) }],
    chapters,
  });
  await writeClaims(out, {
    claims: synthesisClaims(experiment, { dataSet: data.train.name, wanted }),
    backend,
    seconds,
  });
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}

async function dataSet(seed: number, images: number): Promise<DataSet> {
  const sets: Record<string, () => Promise<DataSet>> = { mnist: () => mnist({ seed }), fashion: () => fashionMnist() };
  const load = sets[values.data];
  if (load === undefined)
    throw new RangeError(`--data must be one of ${Object.keys(sets).join(', ')}, got ${values.data}`);
  const { train, test } = await load();
  return { train: firstImages(train, images), test: firstImages(test, 2000) };
}

function wholeNumber(
  name: 'seed' | 'epochs' | 'judge' | 'generator' | 'starts' | 'steps' | 'images',
  standard: number,
): number {
  const value = Number(values[name] ?? standard);
  const min = name === 'seed' ? 0 : 1;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`--${name} must be a whole number >= ${min}, got ${values[name]}`);
  }
  return value;
}
