import {
  type Figure,
  lenet,
  mnist,
  multilayerPerceptron,
  option,
  type PictureCell,
  pngPicture,
  runExample,
} from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { foolingClaims } from './claims.ts';
import { type Fooled, fool, METHODS, type Method } from './fool.ts';
import { type Judgement, judge } from './judge.ts';
import { learnDigits } from './learn-digits.ts';

const TITLES: Record<Method, string> = {
  gradient: 'gradient ascent from noise',
  direct: 'evolution of pixels',
  cppn: 'evolution of CPPNs',
};

/** Pictures in a row. */
const COLUMNS = 5;

interface Result {
  method: Method;
  fooled: Fooled;
  own: Judgement;
  other: Judgement;
}

await runExample({
  folder: 'report/fooling-compare',
  summary: 'Fools LeNet by gradient, by evolved pixels and by evolved CPPNs, and asks a second network what it sees.',
  options: {
    target: option.probability('confidence that is enough for every digit', { default: 0.999 }),
    steps: option.wholeNumber('steps or generations at most', { default: 300 }),
    population: option.wholeNumber('images per generation', { default: 200 }),
    epochs: option.wholeNumber('of training, for both networks', { default: 3 }),
    seed: option.seed(),
  },
  stages: () => METHODS.length + 2,
  async run({ target, steps, population, epochs, seed }, { progress }) {
    const digits = await mnist({ seed });
    const { shape, bounds, classes } = digits.train;
    const images = epochs * digits.train.labels.length;
    const common = { inputShape: shape, classes: classes.length };
    const fooledNetwork = lenet({ ...common, seed });
    const askedNetwork = multilayerPerceptron({ ...common, seed: seed + 1, hiddenLayers: 1 });
    const first = await progress.stage('LeNet learns digits', images, (update) =>
      learnDigits(fooledNetwork, digits, { seed, epochs, update }),
    );
    const second = await progress.stage('a perceptron learns them too', images, (update) =>
      learnDigits(askedNetwork, digits, { seed: seed + 1, epochs, update }),
    );
    const results: Result[] = [];
    for (const method of METHODS) {
      const fooled = await progress.stage(TITLES[method], steps, (update) =>
        fool(method, first.model, {
          shape,
          bounds,
          classes: classes.length,
          target,
          steps,
          populationSize: population,
          seed,
          onProgress: update,
        }),
      );
      const own = await judge(first.model, fooled.images);
      const other = await judge(second.model, fooled.images);
      results.push({ method, fooled, own, other });
    }
    const table = tableOf(results, classes.length);
    const figures: Figure[] = [{ kind: 'table', caption: 'Three ways to the same end.', ...table }];
    for (const result of results) figures.push(await picturesOf(result));
    tf.dispose(results.map(({ fooled }) => fooled.images));
    fooledNetwork.dispose();
    askedNetwork.dispose();
    return {
      page: {
        title: 'Three ways to fool a network',
        intro: [
          'Gradient ascent looks inside the network; evolution only asks it. Each method makes ten images that LeNet takes for the digits 0 to 9. A perceptron that learned the same digits is then asked what it sees.',
        ],
        facts: [
          { label: 'LeNet, test accuracy', value: percent(first.testAccuracy) },
          { label: 'perceptron, test accuracy', value: percent(second.testAccuracy) },
        ],
        chapters: [{ id: 'compared', title: 'Compared', intro: [], figures }],
      },
      claims: foolingClaims(results, target),
      lines: table.rows.map((row) => row.map((cell, index) => `${table.columns[index]} ${cell}`.trim()).join(', ')),
    };
  },
});

function tableOf(results: readonly Result[], classes: number) {
  return {
    columns: [
      '',
      'mean confidence',
      'least',
      'images tried',
      'seconds',
      'second network agrees',
      'its mean confidence',
    ],
    rows: results.map(({ method, fooled, own, other }) => [
      TITLES[method],
      percent(own.mean),
      percent(Math.min(...own.confidences)),
      fooled.evaluations.toLocaleString('en'),
      fooled.seconds.toFixed(1),
      `${other.agreed} of ${classes}`,
      percent(other.mean),
    ]),
  };
}

async function picturesOf({ method, fooled: { images }, own, other }: Result): Promise<Figure> {
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
  return {
    kind: 'pictures',
    caption:
      'Below each image: the digit it was made for, and how sure LeNet is of it; then the digit that the second network reads.',
    rows: [{ heading: TITLES[method], cells: cells.slice(0, COLUMNS) }, { cells: cells.slice(COLUMNS) }],
  };
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}\u00a0%`;
}
