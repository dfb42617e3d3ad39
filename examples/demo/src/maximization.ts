import { methodsGrid, robustness } from '@cnnviz/actmax';
import {
  firstImages,
  halves,
  imagesOnly,
  largestOutputs,
  learnGenerator,
  learnJudge,
  METHODS,
  type Method,
  type Synthesized,
  synthesize,
} from '@cnnviz/example-dgn-am';
import {
  type Chapter,
  type DataSet,
  type Done,
  fractionDone,
  type ImageSet,
  type PictureCell,
  type Progress,
  pngPicture,
} from '@cnnviz/example-support';
import type { Classifier } from '@cnnviz/internal';
import { classifier } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { percent } from './percent.ts';

export interface MaximizationOptions {
  network: tfl.LayersModel;
  data: DataSet;
  seed: number;
  /** Digits that the generator learns from, and as many others that the judge does, at most. */
  images: number;
  generatorEpochs: number;
  /** Most steps of each ascent. */
  steps: number;
  /** From 0 to 1. */
  onProgress: (share: number, part: string) => void;
}

const TITLES: Record<Method, string> = {
  generator: 'with a learned generator',
  fourier: 'Fourier coefficients, under moving transforms',
  pixels: 'plain pixels',
};
/** Of the logit of the best training image: where an image is done. */
const WANTED = 0.8;
const STARTS = 2;
const JUDGE_EPOCHS = 3;
/** The training of the judge and of the generator, and the methods. */
const PARTS = 2 + METHODS.length;
const ENLARGED = 3;

/** Draws what each digit is to the network, by gradient ascent, with more and with less to keep the drawing natural. */
export async function maximizationChapter(options: MaximizationOptions): Promise<Chapter> {
  const { network, data, seed, images, generatorEpochs, steps, onProgress } = options;
  const { classes, shape, bounds } = data.train;
  const [train, ofJudge] = halves(firstImages(data.train, 2 * images));
  const progress = partsOf(onProgress);
  const classify = classifier(network);
  const judge = await learnJudge(
    { train: ofJudge, test: data.test },
    { epochs: JUDGE_EPOCHS, seed: seed + 1, progress },
  );
  try {
    const learned = await learnGenerator(
      classifier(network, { output: 'fc1' }),
      { train, test: data.test },
      { epochs: generatorEpochs, seed, progress, hidden: 64, filters: [16, 8] },
    );
    try {
      const largest = await largestOutputs(classify, imagesOnly(train, { size: 500 }));
      const relative: Classifier = (batch) => tf.tidy(() => tf.div(classify(batch), tf.tensor1d(largest)));
      const subject = { relative, generator: learned.generator, codeBounds: learned.bounds, shape, bounds };
      const units = Array.from({ length: STARTS }, () => classes.map((_, label) => label)).flat();
      const transforms = robustness({ pad: 2, jitter: [2, 1] });
      const drawings: Drawing[] = [];
      for (const method of METHODS) {
        const ascent = { units, wanted: WANTED, steps, seed, progress, transforms };
        drawings.push(await judged(await synthesize(method, subject, ascent), judge.classifier, data.train));
      }
      return chapterOf(drawings, {
        steps,
        learnedFrom: train.labels.length,
        judgeAccuracy: judge.testAccuracy,
      });
    } finally {
      tf.dispose(learned.samples);
      learned.dispose();
    }
  } finally {
    judge.dispose();
  }
}

interface Drawing {
  method: Method;
  /** One for each class, from the first start. */
  cells: PictureCell[];
  images: number;
  /** Share that the judge reads as the class that was drawn. */
  recognized: number;
  meanActivation: number;
  leastActivation: number;
}

/** Disposes the images. */
async function judged(
  { method, units, images, film, activations }: Synthesized,
  judge: Classifier,
  { classes, bounds }: ImageSet,
): Promise<Drawing> {
  const logits = judge(images);
  const labels = tf.argMax(logits, 1);
  try {
    const readings = [...(await labels.data())];
    const cells: PictureCell[] = [];
    for (const [index, name] of classes.entries()) {
      const reading = classes[readings[index]!]!;
      const image = tf.tidy(() => methodsGrid([tf.slice(images, index, 1)], { bounds }));
      const alt = `What the network wants to see for ${name}, ${TITLES[method]}; another network reads ${reading}`;
      const picture = await pngPicture(image, { name: `wanted-${method}-${index}`, alt, factor: ENLARGED });
      cells.push({ picture, label: name, note: `judge: ${reading}` });
      image.dispose();
    }
    return {
      method,
      cells,
      images: units.length,
      recognized: readings.filter((reading, index) => reading === units[index]).length / units.length,
      meanActivation: activations.reduce((sum, activation) => sum + activation, 0) / units.length,
      leastActivation: Math.min(...activations),
    };
  } finally {
    tf.dispose([logits, labels, images, film]);
  }
}

function chapterOf(
  drawings: readonly Drawing[],
  { steps, learnedFrom, judgeAccuracy }: { steps: number; learnedFrom: number; judgeAccuracy: number },
): Chapter {
  return {
    id: 'maximization',
    title: 'What it wants to see',
    intro: [
      `Gradient ascent raises the logit of each digit until it reaches ${WANTED} of that of the best training image, for at most ${steps} steps. Nothing keeps plain pixels natural, and any trace of a digit drowns in clutter. Fourier coefficients, seen through small shifts, rotations and scalings, give smoother images.`,
      `The generator has learned from ${learnedFrom.toLocaleString('en-GB')} digits to draw an image from the activations of the network's last hidden units. So it draws strokes on a dark ground, and the ascent chooses which. A judge, another network trained on the same digits, says what it sees; it may be kinder to clutter than a person.`,
    ],
    facts: [{ label: 'test accuracy of the judge', value: percent(judgeAccuracy) }],
    figures: [
      {
        kind: 'pictures',
        caption: 'What the network wants to see for each digit, and what the judge reads.',
        rows: drawings.map(({ method, cells }) => ({ heading: TITLES[method], cells })),
      },
      {
        kind: 'table',
        caption: `The same over ${STARTS} starts per digit. Activations are logits, as multiples of that of the best training image.`,
        columns: ['', 'images', 'recognized by the judge', 'mean activation', 'lowest'],
        rows: drawings.map(({ method, images, recognized, meanActivation, leastActivation }) => [
          TITLES[method],
          images,
          percent(recognized),
          meanActivation.toFixed(2),
          leastActivation.toFixed(2),
        ]),
      },
    ],
  };
}

/** One bar for all parts, each of the same length. */
function partsOf(onProgress: MaximizationOptions['onProgress']): Progress {
  let done = 0;
  return {
    stage: async (label, total, work) => {
      const result = await work((at: Done | number) => onProgress((done + fractionDone(at, total)) / PARTS, label));
      done++;
      return result;
    },
  };
}
