import { channel, diversity, filmStrip, logit, methodsGrid, sum, times } from '@cnnviz/actmax';
import { type Chapter, type PictureCell, pngPicture } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import type { ClassDrawings, Sides } from './claims.ts';
import {
  type Drawing,
  type DrawOptions,
  drawTogether,
  drawUnits,
  type Method,
  methodsFor,
  thumbnails,
} from './draw.ts';
import { className, type Subject } from './subject.ts';

const METHODS: Record<Method, string> = {
  phase: 'Phases of a natural spectrum, seen in crops',
  fourier: 'Fourier coefficients, seen through moving transforms',
  pixels: 'Plain pixels',
};
const SHORT: Record<Method, string> = { phase: 'phase', fourier: 'Fourier', pixels: 'pixels' };

/** Classes by each method: some show what the network knows, the last that it can be had with noise. */
export async function classesChapter(
  subject: Subject,
  options: DrawOptions,
): Promise<{ chapter: Chapter; drawings: ClassDrawings[] }> {
  const { network, classes, name } = subject;
  const { bounds } = network;
  const rows = [];
  const drawings: ClassDrawings[] = [];
  const small: tf.Tensor4D[] = [];
  const strips: { heading: string; cells: PictureCell[] }[] = [];
  const measured: Record<string, string[]> = {};
  const values: { step: number; activation: number; class: string; method: string }[] = [];
  let done = 0;
  const methods = methodsFor(network.inputShape[2]);
  for (const method of methods) {
    const update = (value: number) => options.update(done * options.steps + value);
    const objectiveOf = (some: readonly number[]) => logit(network.classifier, some);
    const drawing = await drawUnits(subject, classes, objectiveOf, method, { ...options, update });
    done += classes.length;
    const confidences = await confidencesOf(subject, drawing.images);
    const labels = classes.map((label) => className(subject, label));
    const notes = classes.map((_, index) => `${percent(confidences[index]!)} sure`);
    rows.push({ heading: METHODS[method], cells: await cellsOf(`class-${method}`, subject, drawing, labels, notes) });
    for (const [index, label] of labels.entries()) {
      const cells = [drawing.activations[index]!.toFixed(1), percent(confidences[index]!)];
      measured[label] = [...(measured[label] ?? []), ...cells];
      for (const [step, activation] of drawing.traces[index]!.entries()) {
        values.push({ step, activation, class: label, method: SHORT[method] });
      }
    }
    drawings.push({ method, confidences, roughness: await roughnessOf(drawing.images) });
    small.push(tf.tidy(() => thumbnails(drawing.images)));
    const filmed = labels.slice(0, drawing.film[0]!.shape[0]).join(', ');
    const strip = filmStrip(drawing.film, { bounds });
    const alt = `${METHODS[method]}: from left to right how images of ${filmed} come about`;
    strips.push({
      heading: METHODS[method],
      cells: [{ picture: await pngPicture(strip, { name: `film-${method}`, alt }), label: filmed }],
    });
    tf.dispose([strip, drawing.images, drawing.film]);
  }
  const grid = methodsGrid(small, { bounds });
  const order = methods.map((method) => SHORT[method]).join(', ');
  const alt = `One row of ${classes.length} images per method: ${order}`;
  const side = await pngPicture(grid, { name: 'classes', alt });
  tf.dispose([grid, small]);
  const chapter: Chapter = {
    id: 'classes',
    title: `What classes of ${name} want to see`,
    intro: [
      'These images started gray and were changed to raise the logit of a class. Plain pixels, which nothing keeps natural, become noise, and the network is just as certain of it.',
    ],
    figures: [
      {
        kind: 'pictures',
        caption: `One column per class; from top to bottom: ${order}.`,
        rows: [{ cells: [{ picture: side }] }],
      },
      { kind: 'pictures', caption: 'The best image of each run.', rows },
      {
        kind: 'pictures',
        caption: 'How the first of them come about: after 0, 1, 2, 4, 8, … steps, and at the end.',
        rows: strips,
      },
      {
        kind: 'table',
        caption: 'Logit and probability, without transforms.',
        columns: ['class', ...methods.flatMap((method) => [`logit (${SHORT[method]})`, 'probability'])],
        rows: Object.entries(measured).map(([label, cells]) => [label, ...cells]),
      },
      {
        kind: 'chart',
        caption: 'The logit at each step, as the network saw it.',
        alt: 'The logit of each class rises with the steps; with transforms it rises unsteadily.',
        spec: {
          width: 420,
          height: 240,
          data: { values },
          mark: { type: 'line', clip: true },
          encoding: {
            x: { field: 'step', type: 'quantitative' },
            y: { field: 'activation', type: 'quantitative', title: 'logit' },
            color: { field: 'class', type: 'nominal', scale: { scheme: 'tableau10' }, legend: { columns: 4 } },
            strokeDash: { field: 'method', type: 'nominal', legend: { orient: 'bottom' } },
          },
        },
      },
    ],
  };
  return { chapter, drawings };
}

/** Units of convolutions, filled with what they want. */
export async function layersChapter(subject: Subject, options: DrawOptions): Promise<Chapter> {
  const { network, layers, name } = subject;
  const rows = [];
  let done = 0;
  for (const { layer, units } of layers) {
    const probe = network.probe(layer);
    const update = (value: number) => options.update(done * options.steps + value);
    const drawing = await drawUnits(subject, units, (some) => channel(probe, some), 'fourier', { ...options, update });
    done += units.length;
    const labels = units.map((unit) => `unit ${unit}`);
    const notes = drawing.activations.map((activation) => `mean activation ${activation.toFixed(1)}`);
    const id = layer.replace(/[^A-Za-z0-9]+/g, '-');
    rows.push({ heading: layer, cells: await cellsOf(id, subject, drawing, labels, notes) });
    tf.dispose([drawing.images, drawing.film]);
  }
  return {
    id: 'units',
    title: `What units of ${name} want to see`,
    intro: [
      'Images that raise the mean of a unit over all positions, made from Fourier coefficients under random transforms.',
    ],
    figures: [{ kind: 'pictures', caption: 'One row per layer, in the order of the layers.', rows }],
  };
}

const SIDES = 4;
/** Of the mean logit without it: more takes much of the logit, as the README of the package measures. */
const DIVERSITY_SHARE = 0.01;

/** Several images of one class, alone and made to differ. */
export async function diversityChapter(
  subject: Subject,
  layer: string,
  options: DrawOptions,
): Promise<{ chapter: Chapter; alone: Sides; apart: Sides }> {
  const { network, classes } = subject;
  const label = classes[0]!;
  const objective = logit(network.classifier, label);
  const alone = await drawTogether(subject, objective, SIDES, 'fourier', options);
  const weight = DIVERSITY_SHARE * mean(alone.activations);
  const both = sum(objective, times(weight, diversity(network.probe(layer))));
  const update = (value: number) => options.update(SIDES * options.steps + value);
  const apart = await drawTogether(subject, both, SIDES, 'fourier', { ...options, update });
  const rows = [];
  const sides: Sides[] = [];
  for (const [id, how, { images }] of [
    ['alone', 'alone', alone],
    ['apart', `with diversity at ${layer}`, apart],
  ] as const) {
    const logits = await readLogits(subject, images);
    const own = logits.map((row) => row[label]!);
    const notes = own.map((activation) => `logit ${activation.toFixed(1)}`);
    const labels = notes.map((_, index) => `${index + 1}`);
    rows.push({ heading: how, cells: await cellsOf(`diversity-${id}`, subject, { images }, labels, notes) });
    const [min, max] = network.bounds;
    sides.push({
      meanLogit: mean(own),
      distance: (await meanDistance(images)) / (max - min),
      diversity: await textureDiversity(subject, layer, images),
    });
    images.dispose();
  }
  const chapter: Chapter = {
    id: 'diversity',
    title: `Several sides of one class: ${className(subject, label)}`,
    intro: [
      'Four images from four starts, without and with a reward for textures that differ from those of the other three.',
    ],
    figures: [
      { kind: 'pictures', caption: `Four images per row, made in one batch.`, rows },
      {
        kind: 'table',
        caption: 'Effect on the class, on the distance between images, and on diversity itself.',
        columns: ['', 'mean logit', 'root mean square difference of two images, of the bounds', 'diversity'],
        rows: rows.map(({ heading }, index) => {
          const { meanLogit, distance, diversity: texture } = sides[index]!;
          return [heading, meanLogit.toFixed(1), distance.toFixed(4), texture.toFixed(4)];
        }),
      },
    ],
  };
  return { chapter, alone: sides[0]!, apart: sides[1]! };
}

export async function cellsOf(
  id: string,
  { network }: Subject,
  { images }: Pick<Drawing, 'images'>,
  labels: readonly string[],
  notes: readonly string[],
): Promise<PictureCell[]> {
  const [min, max] = network.bounds;
  const cells: PictureCell[] = [];
  for (const [index, label] of labels.entries()) {
    const picture = tf.tidy(() => {
      const image = tf.reshape(tf.slice(images, index, 1), images.shape.slice(1) as [number, number, number]);
      return tf.div(tf.sub(image, min), max - min) as tf.Tensor3D;
    });
    const alt = `What ${label} wants to see; ${notes[index]}.`;
    cells.push({
      picture: await pngPicture(picture, {
        name: `${id}-${index}`,
        alt,
        factor: Math.max(1, Math.floor(112 / picture.shape[0])),
      }),
      label,
      note: notes[index]!,
    });
    picture.dispose();
  }
  return cells;
}

async function readLogits({ network }: Subject, images: tf.Tensor4D): Promise<number[][]> {
  const logits = network.classifier(images);
  const values = (await logits.array()) as number[][];
  logits.dispose();
  return values;
}

async function confidencesOf(subject: Subject, images: tf.Tensor4D): Promise<number[]> {
  const logits = await readLogits(subject, images);
  return logits.map((row, index) => {
    const own = row[subject.classes[index]!]!;
    return 1 / row.reduce((total, value) => total + Math.exp(value - own), 0);
  });
}

async function meanDistance(images: tf.Tensor4D): Promise<number> {
  const count = images.shape[0];
  const distances = tf.tidy(() => {
    const rows = tf.reshape(images, [count, -1]);
    const differences = tf.sub(tf.expandDims(rows, 1), tf.expandDims(rows, 0));
    return tf.sqrt(tf.mean(tf.square(differences), 2));
  });
  const values = [...(await distances.data())];
  distances.dispose();
  return values.reduce((total, value) => total + value, 0) / (count * (count - 1));
}

async function textureDiversity({ network }: Subject, layer: string, images: tf.Tensor4D): Promise<number> {
  const probe = network.probe(layer);
  const scores = tf.tidy(() => {
    const maps = probe(images);
    const objective = diversity(probe).prepare(() => maps as never, images.shape[0]);
    return objective.score(() => maps as never);
  });
  const values = [...(await scores.data<'float32'>())];
  scores.dispose();
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Mean difference of neighboring pixels of each image, as a share of the mean distance from its mean. */
async function roughnessOf(images: tf.Tensor4D): Promise<number[]> {
  const [, height, width] = images.shape;
  const shares = tf.tidy(() => {
    const meanSize = (values: tf.Tensor) => tf.mean(tf.abs(values), [1, 2, 3]);
    const part = (y: number, x: number) => tf.slice(images, [0, y, x, 0], [-1, height - 1, width - 1, -1]);
    const here = part(0, 0);
    const neighbors = tf.div(tf.add(meanSize(tf.sub(part(1, 0), here)), meanSize(tf.sub(part(0, 1), here))), 2);
    return tf.div(neighbors, meanSize(tf.sub(images, tf.mean(images, [1, 2], true))));
  });
  const values = [...(await shares.data())];
  shares.dispose();
  return values;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
