import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  chooseBackend,
  type Figure,
  lenet,
  mnist,
  multilayerPerceptron,
  type PictureCell,
  pngPicture,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
} from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { foolingClaims } from './claims.ts';
import { type Fooled, fool, METHODS, type Method } from './fool.ts';
import { type Judgement, judge } from './judge.ts';
import { learnDigits } from './learn-digits.ts';

const USAGE = `Fools LeNet by gradient, by evolved pixels and by evolved CPPNs, and asks a second network what it sees.

  --target NUMBER      confidence that is enough for every digit (default: 0.999)
  --steps NUMBER       steps of the gradient, or generations, at most (default: 300)
  --population NUMBER  images of a generation (default: 200)
  --epochs NUMBER      of training, for both networks (default: 3)
  --seed NUMBER        (default: 0)
  --out FOLDER         where the page goes (default: report/fooling-compare, at the root of the repository)
  --backend NAME       tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const TITLES: Record<Method, string> = {
  gradient: 'gradient ascent from noise',
  direct: 'evolution of pixels',
  cppn: 'evolution of CPPNs',
};

/** Of pictures in a row. */
const COLUMNS = 5;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: '0.999' },
    steps: { type: 'string', default: '300' },
    population: { type: 'string', default: '200' },
    epochs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const seed = Number(values.seed);
  const epochs = Number(values.epochs);
  const steps = Number(values.steps);
  const backend = await chooseBackend();
  const start = performance.now();
  const progress = progressBars({ stages: METHODS.length + 2 });
  const digits = await mnist({ seed });
  const { shape, bounds, classes } = digits.train;
  const images = epochs * digits.train.labels.length;
  const fooledNetwork = lenet({ seed, inputShape: shape, classes: classes.length });
  const askedNetwork = multilayerPerceptron({
    seed: seed + 1,
    inputShape: shape,
    classes: classes.length,
    hiddenLayers: 1,
  });
  const first = await progress.stage('LeNet learns digits', images, (update) =>
    learnDigits(fooledNetwork, digits, { seed, epochs, update }),
  );
  const second = await progress.stage('a perceptron learns them too', images, (update) =>
    learnDigits(askedNetwork, digits, { seed: seed + 1, epochs, update }),
  );

  const results: { method: Method; fooled: Fooled; own: Judgement; other: Judgement }[] = [];
  for (const method of METHODS) {
    const fooled = await progress.stage(TITLES[method], steps, (update) =>
      fool(method, first.model, {
        shape,
        bounds,
        classes: classes.length,
        target: Number(values.target),
        steps,
        populationSize: Number(values.population),
        seed,
        onProgress: update,
      }),
    );
    const own = await judge(first.model, fooled.images);
    const other = await judge(second.model, fooled.images);
    results.push({ method, fooled, own, other });
  }

  const columns = [
    '',
    'mean confidence',
    'least',
    'images tried',
    'seconds',
    'second network agrees',
    'its mean confidence',
  ];
  const rows = results.map(({ method, fooled, own, other }) => [
    TITLES[method],
    percent(own.mean),
    percent(Math.min(...own.confidences)),
    fooled.evaluations.toLocaleString('en'),
    fooled.seconds.toFixed(1),
    `${other.agreed} of ${classes.length}`,
    percent(other.mean),
  ]);
  for (const row of rows) console.log(row.map((cell, index) => `${columns[index]} ${cell}`.trim()).join(', '));

  const figures: Figure[] = [{ kind: 'table', caption: 'Three ways to the same end.', columns, rows }];
  for (const { method, fooled, own, other } of results) {
    const cells = await cellsOf(method, fooled, own, other);
    figures.push({
      kind: 'pictures',
      caption:
        'The digit that each image was made for, and how sure LeNet is of it; then what the second network reads.',
      rows: [{ heading: TITLES[method], cells: cells.slice(0, COLUMNS) }, { cells: cells.slice(COLUMNS) }],
    });
    fooled.images.dispose();
  }
  const out = resolve(process.env.INIT_CWD ?? '.', values.out ?? resolve(workspaceRoot(), 'report/fooling-compare'));
  const page = await writeReport(out, {
    title: 'Three ways to fool a network',
    intro: [
      'Gradient ascent looks inside the network; evolution only asks it. Each method makes ten images that LeNet takes for the digits 0 to 9. A perceptron that learned the same digits is then asked what it sees.',
    ],
    facts: [
      { label: 'LeNet, test accuracy', value: percent(first.testAccuracy) },
      { label: 'perceptron, test accuracy', value: percent(second.testAccuracy) },
      { label: 'backend', value: `${backend.name}, ${backend.detail}` },
      { label: 'seed', value: String(seed) },
    ],
    chapters: [{ id: 'compared', title: 'Compared', intro: [], figures }],
  });
  await writeClaims(out, {
    claims: foolingClaims(results, Number(values.target)),
    backend,
    seconds: (performance.now() - start) / 1000,
  });
  fooledNetwork.dispose();
  askedNetwork.dispose();
  console.log(`Open ${page}`);
}

async function cellsOf(method: Method, { images }: Fooled, own: Judgement, other: Judgement): Promise<PictureCell[]> {
  const cells: PictureCell[] = [];
  for (const [digit, confidence] of own.confidences.entries()) {
    const picture = tf.tidy(() => tf.squeeze<tf.Tensor3D>(tf.slice(images, digit, 1), [0]));
    const alt = `An image that LeNet reads as ${digit} with ${percent(confidence)}`;
    cells.push({
      picture: await pngPicture(picture, { name: `${method}-${digit}`, alt, factor: 4 }),
      label: `${digit}: ${percent(confidence)}`,
      note: `second: ${other.readings[digit]}`,
    });
    picture.dispose();
  }
  return cells;
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}\u00a0%`;
}
