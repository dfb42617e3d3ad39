import { filmStrip, methodsGrid } from '@cnnviz/actmax';
import { type Chapter, type PictureCell, pngPicture } from '@cnnviz/example-support';
import { tileGrid } from '@cnnviz/internal';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Experiment } from './experiment.ts';
import type { SvhnDigits } from './svhn-prior.ts';
import { METHODS, type Method } from './synthesize-classes.ts';

const TITLES: Record<Method | 'real', string> = {
  real: 'real images',
  generator: 'with the generator',
  fourier: 'Fourier',
  pixels: 'plain pixels',
};

export async function generatorChapter({ learned }: Experiment): Promise<Chapter> {
  const { history, samples, bounds } = learned;
  const shown = [...new Set([0, samples.length - 1])];
  const cells: PictureCell[] = [];
  for (const epoch of shown) {
    const alt = `Ten test images, and below each the generator's reconstruction from its features after epoch ${epoch + 1}`;
    const picture = await pngPicture(samples[epoch]!, { name: `inversion-${epoch + 1}`, alt, factor: 3 });
    cells.push({ picture, label: `after epoch ${epoch + 1}` });
  }
  return {
    id: 'generator',
    title: 'A generator learns to draw from features',
    intro: [
      `Images go through LeNet up to its ${bounds.mean.length} hidden units; the generator learns to reconstruct the image from them, while half of them are dropped each time. It has never seen the network whose units it draws below.`,
    ],
    facts: [{ label: 'images', value: bounds.images.toLocaleString('en-GB') }],
    figures: [
      {
        kind: 'pictures',
        caption: 'Above: images of the test set. Below: their reconstructions by the generator from their features.',
        rows: cells.map((cell) => ({ cells: [cell] })),
      },
      {
        kind: 'table',
        caption:
          'Squared distances in training, summed over the pixels of an image that was reconstructed from half of its features.',
        columns: ['epoch', 'squared distance'],
        rows: history.map(({ epoch, imageLoss }) => [epoch + 1, imageLoss.toFixed(1)]),
      },
    ],
  };
}

export async function classesChapter(
  experiment: Experiment,
  { classNames, wanted }: { classNames: readonly string[]; wanted: number },
): Promise<Chapter> {
  const { classes, readings, quality, accuracies } = experiment;
  const rows: { heading: string; cells: PictureCell[] }[] = [];
  for (const [index, { method, images, activations }] of classes.entries()) {
    const cells: PictureCell[] = [];
    for (const [label, name] of classNames.entries()) {
      const picture = await imageAt(images, label, {
        name: `${method}-${label}`,
        alt: `What the network wants to see for ${name}, ${TITLES[method]}`,
      });
      const reading = classNames[readings[index]![label]!]!;
      cells.push({ picture, label: name, note: `${activations[label]!.toFixed(2)}; judge: ${reading}` });
    }
    rows.push({ heading: TITLES[method], cells });
  }
  const grid = await classesGrid(
    classes.map(({ images }) => images),
    classNames.length,
  );
  const filmed = [0, 3, 8].filter((label) => label < classNames.length);
  const films = await Promise.all(
    classes.map(async ({ method, film: frames }) => ({
      heading: TITLES[method],
      cells: [{ picture: await film(method, frames, filmed), label: filmed.map((l) => classNames[l]).join(', ') }],
    })),
  );
  return {
    id: 'classes',
    title: 'What every class wants to see',
    intro: [
      `One image per class, by gradient ascent on the logit of a network that had no part in training the generator, until the logit is ${wanted} times that of the best training image.`,
      'A judge then says what it sees: a network of another architecture, trained on other images than the first network and the generator. An image that only the first network recognizes is not a picture of the class.',
    ],
    facts: [
      { label: 'network under study, test accuracy', value: percent(accuracies.studied) },
      { label: 'judge, test accuracy', value: percent(accuracies.judge) },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: `One column per class, one row per method: ${METHODS.map((method) => TITLES[method]).join(', ')}.`,
        rows: [{ cells: [{ picture: grid }] }],
      },
      {
        kind: 'pictures',
        caption: 'Below each image: its logit as a multiple of the best real one, and what the judge reads.',
        rows,
      },
      {
        kind: 'table',
        caption:
          'Means over all classes and starts. Distances are root mean squares of pixels in [0, 1]: to the nearest training image (0 means memorized), and between images of one class.',
        columns: [
          '',
          'images',
          'activation / best real',
          'least',
          'recognized by the judge',
          '95 % interval',
          'of the class least recognized',
          'its confidence',
          'nearest training image',
          'diversity',
          'steps',
          'seconds',
        ],
        rows: quality.map((row) => [
          TITLES[row.method as Method],
          row.images,
          row.activationRatio.toFixed(2),
          row.leastRatio.toFixed(2),
          percent(row.recognized),
          row.interval.map((share) => (100 * share).toFixed(0)).join('–'),
          percent(row.leastRecognized),
          percent(row.confidence),
          row.nearestDistance.toFixed(3),
          row.diversity?.toFixed(3) ?? '',
          row.steps ?? '',
          row.seconds?.toFixed(0) ?? '',
        ]),
      },
      {
        kind: 'pictures',
        caption: 'How the images come about: after 0, 1, 2, 4, 8, … steps, and at the end.',
        rows: films,
      },
    ],
  };
}

export async function hiddenChapter({ hidden }: Experiment): Promise<Chapter> {
  const { units, synthesized, real } = hidden;
  const top = real.shape[0] / Math.max(1, units.length);
  const rows: { heading: string; cells: PictureCell[] }[] = [];
  for (const [index, { unit, bestReal }] of units.entries()) {
    const wanted = await imageAt(synthesized.images, index, {
      name: `unit-${unit}`,
      alt: `What hidden unit ${unit} wants to see`,
    });
    const activation = synthesized.activations[index]! * bestReal;
    const cells: PictureCell[] = [{ picture: wanted, label: 'wanted', note: activation.toFixed(2) }];
    for (let place = 0; place < top; place++) {
      const alt = `Test image number ${place + 1} of those that excite unit ${unit} most`;
      const picture = await imageAt(real, index * top + place, { name: `unit-${unit}-real-${place + 1}`, alt });
      cells.push({ picture, label: `real ${place + 1}`, ...(place === 0 && { note: bestReal.toFixed(2) }) });
    }
    rows.push({ heading: `unit ${unit}`, cells });
  }
  return {
    id: 'hidden',
    title: 'What hidden units want to see',
    intro: ['Units of the last hidden layer that are active on 5 % to 50 % of the test images.'],
    figures: [
      {
        kind: 'pictures',
        caption: 'First the image made for the unit, then the test images that excite it most.',
        rows,
      },
    ],
  };
}

export async function houseNumbersChapter({
  photographs,
  seen,
  digits,
  confidences,
  testAccuracy,
}: SvhnDigits): Promise<Chapter> {
  const columns = 10;
  const picture = (tiles: Tensor4D, name: string, alt: string) =>
    pictureOf(() => tileGrid(tiles, { columns }), { name, alt });
  const mean = confidences.reduce((sum, value) => sum + value, 0) / confidences.length;
  return {
    id: 'house-numbers',
    title: 'A generator of photographs as the prior',
    intro: [
      'The generator was trained on photographs of house numbers, the network on handwriting in random shades. The ascent searches for codes whose photographs the network assigns to each digit.',
    ],
    facts: [
      { label: 'network for handwriting, test accuracy', value: percent(testAccuracy) },
      { label: 'mean probability of the digit', value: percent(mean) },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: `Digits ${digits.slice(0, columns).join(', ')} from left to right; each row has its own start.`,
        rows: [
          {
            heading: 'photographs',
            cells: [
              {
                picture: await picture(
                  photographs,
                  'house-numbers',
                  'Photographs of house numbers that the network assigns to the digits 0 to 9',
                ),
              },
            ],
          },
          {
            heading: 'what the network sees',
            cells: [{ picture: await picture(seen, 'house-numbers-seen', 'Their middle, in gray') }],
          },
        ],
      },
    ],
  };
}

/** A row for each method, a column for each class, of the first start. */
function classesGrid(methods: readonly Tensor4D[], classes: number) {
  return pictureOf(
    () =>
      methodsGrid(
        methods.map((images) => tf.slice(images, 0, classes)),
        { bounds: [0, 1] },
      ),
    { name: 'classes', alt: `What each class wants to see: ${METHODS.map((method) => TITLES[method]).join(', ')}` },
  );
}

/** A row for each of some classes, a column for each moment. */
function film(method: Method, frames: readonly Tensor4D[], labels: readonly number[]) {
  return pictureOf(
    () => {
      const shown = frames.map((images) => tf.concat(labels.map((label) => tf.slice(images, label, 1))) as Tensor4D);
      return filmStrip(shown, { bounds: [0, 1] });
    },
    { name: `film-${method}`, alt: `Images of ${labels.length} classes on their way, ${TITLES[method]}` },
  );
}

function imageAt(images: Tensor4D, index: number, options: { name: string; alt: string }) {
  return pictureOf(() => tf.squeeze<Tensor3D>(tf.slice(images, index, 1), [0]), options);
}

async function pictureOf(make: () => Tensor3D, options: { name: string; alt: string }) {
  const picture = tf.tidy(make);
  try {
    return await pngPicture(picture, { ...options, factor: 3 });
  } finally {
    picture.dispose();
  }
}

/** Rounded down, so that only certainty reads 100 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)}\u00a0%`;
}
