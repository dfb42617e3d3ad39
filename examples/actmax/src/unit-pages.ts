import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { channel } from '@cnnviz/actmax';
import { receptiveField, type TopActivations, topActivationGrid, topActivations } from '@cnnviz/dissect';
import { type Chapter, type PictureCell, pngPicture, readPhoto } from '@cnnviz/example-support';
import type { Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { cellsOf } from './chapters.ts';
import { type DrawOptions, drawUnits } from './draw.ts';
import type { Subject } from './subject.ts';

const REAL = 4;
const SEEDS = 2;

/** For each unit, side by side: the images made for it and the photographs that drive it most. */
export async function unitPagesChapter(subject: Subject, folder: string, options: DrawOptions): Promise<Chapter> {
  const { network, layers, name } = subject;
  const paths = (await readdir(folder)).filter((file) => /\.(jpe?g|png)$/i.test(file)).sort();
  if (paths.length === 0) throw new Error(`${folder}: expected photographs, found no JPEG or PNG file`);
  const photo = (index: number) => readPhoto(join(folder, paths[index]!), { size: network.inputShape[0] });
  const rows: { heading: string; cells: PictureCell[] }[] = [];
  const measured: (string | number)[][] = [];
  let done = 0;
  for (const { layer, units } of layers) {
    const probe = network.probe(layer);
    const top = await topActivations(probe, photographs(subject, paths.length, photo), { perUnit: REAL });
    const made: { cells: PictureCell[]; peaks: number[] }[] = [];
    for (let start = 0; start < SEEDS; start++) {
      const update = (value: number) => options.update(done * options.steps + value);
      const seed = options.seed + start;
      const objectiveOf = (some: readonly number[]) => channel(probe, some);
      const drawing = await drawUnits(subject, units, objectiveOf, 'fourier', { ...options, seed, update });
      done += units.length;
      const peaks = await peaksOf(probe, drawing.images, units);
      const notes = peaks.map((peak) => `peak ${peak.toFixed(1)}`);
      const labels = units.map(() => `made, seed ${seed}`);
      made.push({ cells: await cellsOf(`made-${idOf(layer)}-${seed}`, subject, drawing, labels, notes), peaks });
      tf.dispose([drawing.images, drawing.film]);
    }
    for (const [index, unit] of units.entries()) {
      const real = await realCells(subject, layer, top, unit, photo);
      rows.push({ heading: `${layer}, unit ${unit}`, cells: [...made.map(({ cells }) => cells[index]!), ...real] });
      const best = top.units[unit]![0]!.activation;
      const peak = Math.max(...made.map(({ peaks }) => peaks[index]!));
      measured.push([
        `${layer}, unit ${unit}`,
        peak.toFixed(1),
        best.toFixed(1),
        best > 0 ? (peak / best).toFixed(1) : '',
      ]);
    }
  }
  return {
    id: 'unit-pages',
    title: `Units of ${name}: made images beside real ones`,
    intro: [
      `On the left, images made for the mean of a unit, from ${SEEDS} seeds. On the right, the ${REAL} of ${paths.length} photographs that excite it most at one position, outlined where it is above half of its peak.`,
    ],
    figures: [
      { kind: 'pictures', caption: 'One row per unit. The peak is its largest activation at any position.', rows },
      {
        kind: 'table',
        caption: 'Largest activation at any position.',
        columns: ['unit', 'made image', 'best photograph', 'ratio'],
        rows: measured,
      },
    ],
  };
}

async function* photographs({ network }: Subject, count: number, photo: (index: number) => Promise<tf.Tensor3D>) {
  for (let index = 0; index < count; index++) {
    const picture = await photo(index);
    const image = tf.tidy(() => tf.expandDims<tf.Tensor4D>(inBounds(picture, network.bounds), 0));
    try {
      yield image;
    } finally {
      tf.dispose([picture, image]);
    }
  }
}

async function realCells(
  { network }: Subject,
  layer: string,
  top: TopActivations,
  unit: number,
  photo: (index: number) => Promise<tf.Tensor3D>,
): Promise<PictureCell[]> {
  const [height, width] = network.inputShape;
  const { topology, constants, bounds } = network;
  const upsampling = receptiveField(topology, layer, { inputSize: [height, width], constants });
  const thresholds = top.units.map((records) => records[0]!.activation / 2);
  const cells: PictureCell[] = [];
  for (const [rank, record] of top.units[unit]!.entries()) {
    const only = { ...top, units: top.units.map((records) => records.slice(rank, rank + 1)) };
    const picture = await topActivationGrid(network.probe(layer), only, {
      imageOf: async (index) => {
        const picture = await photo(index);
        return { picture, input: inBounds(picture, bounds) };
      },
      upsampling,
      units: [unit],
      perUnit: 1,
      thresholds,
      padding: 0,
      border: 'none',
    });
    const alt = `Photograph number ${rank + 1} of those that excite unit ${unit} of ${layer} most.`;
    cells.push({
      picture: await pngPicture(picture, { name: `real-${idOf(layer)}-${unit}-${rank}`, alt }),
      label: `real ${rank + 1}`,
      note: `peak ${record.activation.toFixed(1)}`,
    });
    picture.dispose();
  }
  return cells;
}

/** Of each image's own unit, over all positions. */
async function peaksOf(probe: Probe, images: tf.Tensor4D, units: readonly number[]): Promise<number[]> {
  const maxima = tf.tidy(() => tf.max(probe(images), [1, 2]) as tf.Tensor2D);
  const rows = await maxima.array();
  maxima.dispose();
  return units.map((unit, index) => rows[index]![unit]!);
}

function inBounds(picture: tf.Tensor3D, [min, max]: readonly [number, number]): tf.Tensor3D {
  return tf.tidy(() => tf.add<tf.Tensor3D>(tf.mul(picture, max - min), min));
}

const idOf = (layer: string) => layer.replace(/[^A-Za-z0-9]+/g, '-');
