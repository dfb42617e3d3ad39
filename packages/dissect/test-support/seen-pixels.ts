import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { ReceptiveField } from '../src/receptive-field/receptive-field.ts';

/** Which axes of a tensor run down and across. */
export type Axes = readonly [down: number, across: number];

/** From the first to the last pixel along each direction; null if there is none. */
export type Seen = readonly (readonly [first: number, last: number] | null)[];

export interface Network {
  /** From images to a map. */
  apply: (images: tf.Tensor) => tf.Tensor;
  /** Of one image. */
  shape: readonly number[];
  imageAxes?: Axes;
  mapAxes?: Axes;
}

const channelsLast: Axes = [1, 2];

/**
 * What each position of a map sees, by finite differences: the pixels whose change changes the position, by more than
 * `least` of what the strongest pixel does. Gradients would say the same, but tfjs has none for dilated convolutions and a
 * wrong one for some bilinear resizing.
 */
export async function seenPixels(network: Network, least = 0): Promise<Map<string, Seen>> {
  const { apply, shape, imageAxes = channelsLast, mapAxes = channelsLast } = network;
  const [height, width] = imageAxes.map((axis) => shape[axis - 1]!) as [number, number];
  const changes = tf.tidy(() => {
    const image = tf.randomUniform([1, ...shape], 0.5, 1, 'float32', 7);
    const pixels = shape.map((length, axis) => (imageAxes.includes(axis + 1) ? length : 1));
    const images = tf.add(image, tf.reshape(tf.eye(height * width), [height * width, ...pixels]));
    const differences = tf.abs(tf.sub(apply(images), apply(image)));
    const others = differences.shape.map((_, axis) => axis).filter((axis) => axis > 0 && !mapAxes.includes(axis));
    return tf.sum(differences, others) as tf.Tensor3D;
  });
  const values = await changes.array();
  const [, rows, columns] = changes.shape;
  changes.dispose();
  const seen = new Map<string, Seen>();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const strengths = values.map((map) => map[row]![column]!);
      const limit = least * Math.max(...strengths);
      const pixels = strengths.flatMap((strength, pixel) => (strength > limit ? [pixel] : []));
      seen.set(`${row},${column}`, [
        rangeOf(pixels.map((pixel) => Math.floor(pixel / width))),
        rangeOf(pixels.map((pixel) => pixel % width)),
      ]);
    }
  }
  return seen;
}

const rangeOf = (places: readonly number[]): Seen[number] =>
  places.length === 0 ? null : [Math.min(...places), Math.max(...places)];

export type Reached = 'every' | 'some' | 'none';

/**
 * Expects that no position sees anything outside its field, and that the field is the smallest for which this holds: its
 * ends are reached by `every` position whose end lies within the image, or by `some` where maps were enlarged. By `none`
 * where maps of different strides meet.
 */
export function expectSeen(
  field: ReceptiveField,
  seen: ReadonlyMap<string, Seen>,
  { size, reached }: { size: readonly [height: number, width: number]; reached: Reached },
): void {
  for (const axis of [0, 1] as const) {
    const gaps: { first: number[]; last: number[] } = { first: [], last: [] };
    for (const [position, ranges] of seen) {
      const range = ranges[axis];
      if (!range) continue;
      const start = field.offset[axis] + Number(position.split(',')[axis]) * field.stride[axis];
      const end = start + field.size[axis] - 1;
      if (start > -1e-6) gaps.first.push(range[0] - start);
      if (end < size[axis] - 1 + 1e-6) gaps.last.push(end - range[1]);
      expect(range[0] - start, `first pixel of position ${position} along ${axis}`).toBeGreaterThan(-1e-6);
      expect(end - range[1], `last pixel of position ${position} along ${axis}`).toBeGreaterThan(-1e-6);
    }
    if (reached === 'none') continue;
    const extreme = reached === 'every' ? Math.max : Math.min;
    const furthest = { axis, first: extreme(...gaps.first), last: extreme(...gaps.last) };
    expect(furthest).toEqual({ axis, first: expect.closeTo(0, 6), last: expect.closeTo(0, 6) });
  }
}
