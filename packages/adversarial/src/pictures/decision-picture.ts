import { type Check, checker, enlarge, requireNames } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { DecisionMap } from './decision-map.ts';

export interface DecisionPictureOptions {
  /** Side of a point of the map in pixels, a whole number. Default: 8. */
  factor?: number;
  /** Name of each class. Default: its number. */
  classNames?: readonly string[];
}

export interface DecisionLegendEntry {
  label: number;
  /** Name of the class, or its number. */
  name: string;
  /** `#rrggbb`, where the model is certain. */
  color: string;
  /** Share of all points of the map, from 0 to 1. */
  share: number;
}

export interface DecisionPicture {
  /** `[side, side, 3]` in [0, 1]. The caller disposes. */
  picture: Tensor3D;
  /** The sample's class, then the others, the largest first. */
  legend: DecisionLegendEntry[];
}

/** Paul Tol's bright and muted schemes, told apart with every kind of color vision; the last is for all that follow. */
const COLORS = ['#4477aa', '#ee6677', '#ccbb44', '#228833', '#aa3377', '#66ccee', '#999933', '#ddcc77', '#bbbbbb'];
/** How much of its color a class keeps where the model is least sure. */
const PALEST = 0.35;
/** Width of the stripes, in pixels. */
const STRIPE = 6;

/**
 * A decision map as a picture: a color for each class, paler where the model is less sure, striped where the plane has
 * left the bounds of a valid image, and a cross at the sample.
 *
 * @param map As `decisionMap` gives it.
 * @returns The `picture`, which the caller disposes, and its legend.
 * @throws RangeError if an option is out of its range, or `map` has not one entry for each point.
 * @throws TypeError if an argument is of another kind.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core';
 * import { decisionMap, decisionPicture } from '@cnnviz/adversarial';
 *
 * const map = await decisionMap(model, tf.slice(images, 0, 1), { bounds: [0, 1], extent: 5, resolution: 9, seed: 0 });
 * const { picture, legend } = decisionPicture(map, { factor: 10 });
 * console.log(picture.shape); // [90, 90, 3]
 * for (const { name, color, share } of legend) console.log(name, color, share);
 */
export function decisionPicture(
  map: Pick<DecisionMap, 'resolution' | 'classes' | 'confidences' | 'inside'> & { sample: { label: number } },
  options: DecisionPictureOptions = {},
): DecisionPicture {
  const check = checker('@cnnviz/adversarial', 'decisionPicture');
  check.options(options);
  const factor = check.number('factor', options.factor ?? 8, { integer: true, min: 1 });
  const classNames = requireNames(check, 'classNames', options.classNames);
  const { resolution, classes, confidences, inside, sample } = requireMap(check, map);
  const counts = new Map<number, number>();
  for (const label of classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  const labels = [...counts.keys()].sort(
    (a, b) => Number(b === sample.label) - Number(a === sample.label) || counts.get(b)! - counts.get(a)! || a - b,
  );
  const legend = labels.map((label, rank) => ({
    label,
    name: classNames?.[label] ?? String(label),
    color: COLORS[Math.min(rank, COLORS.length - 1)]!,
    share: counts.get(label)! / classes.length,
  }));
  const colorOf = new Map(legend.map(({ label, color }) => [label, rgbOf(color)]));
  const points = new Float32Array(classes.length * 3);
  for (const [place, label] of classes.entries()) {
    const strength = PALEST + (1 - PALEST) * confidences[place]!;
    points.set(
      colorOf.get(label)!.map((level) => 1 - strength * (1 - level)),
      place * 3,
    );
  }
  const side = resolution * factor;
  const ink = new Float32Array(side * side);
  for (let pixel = 0; pixel < ink.length; pixel++) {
    const [y, x] = [Math.floor(pixel / side), pixel % side];
    const place = Math.floor(y / factor) * resolution + Math.floor(x / factor);
    if (!inside[place] && (x + y) % STRIPE === 0) ink[pixel] = 0.3;
  }
  const picture = tf.tidy(() => {
    const colored = enlarge(tf.tensor3d(points, [resolution, resolution, 3]), factor);
    return tf.mul(colored, tf.sub(1, tf.tensor3d(drawCross(ink, side), [side, side, 1]))) as Tensor3D;
  });
  return { picture, legend };
}

type Pictured = Parameters<typeof decisionPicture>[0];

/** As far as the picture looks at it. */
function requireMap(check: Check, map: Pictured): Pictured {
  const { resolution, classes, confidences, inside, sample } = check.options(map, 'map');
  check.number('map.resolution', resolution, { integer: true, min: 1 });
  const requireEach = (name: string, list: readonly unknown[], one: (place: string, value: unknown) => unknown) => {
    const points = resolution * resolution;
    if (!Array.isArray(list)) check.fail('type', `map.${name}`, `a list of ${points}`, list);
    if (list.length !== points) check.fail('range', `map.${name}`, `a list of ${points}`, list);
    for (const [place, value] of list.entries()) one(`map.${name}[${place}]`, value);
  };
  requireEach('classes', classes, (place, value) => check.number(place, value, { integer: true, min: 0 }));
  requireEach('confidences', confidences, (place, value) => check.number(place, value, { min: 0, max: 1 }));
  requireEach('inside', inside, check.boolean);
  check.number('map.sample.label', check.options(sample, 'map.sample').label, { integer: true, min: 0 });
  return map;
}

/** Black, in the middle, with a gap so that the sample's own color stays visible. */
function drawCross(ink: Float32Array, side: number): Float32Array {
  const middle = (side - 1) / 2;
  const reach = Math.max(2, side / 24);
  const crossed = ink.slice();
  for (let pixel = 0; pixel < ink.length; pixel++) {
    const [dy, dx] = [Math.abs(Math.floor(pixel / side) - middle), Math.abs((pixel % side) - middle)];
    const [near, far] = [Math.min(dx, dy), Math.max(dx, dy)];
    if (near <= 1 && far <= reach && far > reach / 4) crossed[pixel] = 1;
  }
  return crossed;
}

function rgbOf(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255);
}
