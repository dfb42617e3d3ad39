import { type Check, requireOutput } from '@cnnviz/internal';
import type { Rank, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** One unit that all images are to want, or one for each image. */
export type Units = number | readonly number[];

export interface WantedUnits {
  /** How many images they are for; undefined for any number. */
  readonly count: number | undefined;
  /**
   * 1 at the unit of each image and 0 elsewhere, `[count, available]`.
   *
   * @throws RangeError if a unit does not exist.
   */
  rows(count: number, available: number): Tensor2D;
}

/** @param name Of the argument: `units` or `classes`. */
export function wantedUnits(check: Check, name: 'units' | 'classes', units: Units): WantedUnits {
  const list: readonly number[] = typeof units === 'number' ? [units] : units;
  if (!Array.isArray(list)) check.fail('type', name, 'an integer or one for each image', units);
  if (list.length === 0) check.fail('range', name, 'an integer or one for each image', units);
  for (const unit of list) check.number(name, unit, { integer: true, min: 0 });
  return {
    count: typeof units === 'number' ? undefined : list.length,
    rows: (count, available) => {
      const missing = list.find((unit) => unit >= available);
      if (missing !== undefined) {
        const what = name === 'units' ? 'the layer has' : 'the model has';
        const one = name === 'units' ? 'unit' : 'class';
        check.failBecause('range', `${one} ${missing} does not exist: ${what} ${available}, 0 to ${available - 1}`);
      }
      const values = new Float32Array(count * available);
      for (let image = 0; image < count; image++) values[image * available + list[image % list.length]!] = 1;
      return tf.tensor2d(values, [count, available]);
    },
  };
}

/** @throws TypeError if a model's output is not float32 `[n, classes]`. */
export function requireLogits(check: Check, output: Tensor): Tensor2D {
  const expected = 'a function from images to logits [n, classes]';
  return requireOutput(check, 'model', expected, output, ({ rank }) => rank === 2);
}

/** @throws TypeError if a probe's output is not float32 `[n, h, w, units]`. */
export function requireMaps(check: Check, output: Tensor): readonly [height: number, width: number, units: number] {
  const expected = 'a function from images to activations [n, h, w, units]';
  const maps = requireOutput<Rank.R4>(check, 'probe', expected, output, ({ rank }) => rank === 4);
  return maps.shape.slice(1) as [number, number, number];
}
