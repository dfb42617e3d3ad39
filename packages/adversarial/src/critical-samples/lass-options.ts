import type { Bounds, Check } from '@cnnviz/internal';
import type { LassSettings } from './lass.ts';

/** Options of a search for critical samples. Lengths are in the units of the pixels. */
export interface LassOptions {
  /** What a valid pixel may be: the range that the model was trained on. The constants below are scaled to it. */
  bounds: Bounds;
  /** How far a pixel may move, >= 0. Default: 0.3 on the scale 0-255, as released: 0.3 / 255 of [0, 1]. */
  radius?: number;
  /** Length of the step along the sign of the gradient, >= 0. Default: 0.25 on the scale 0-255, as released. */
  alpha?: number;
  /** Standard deviation of the noise in each step, >= 0. Default: 0.2 on the scale 0-255, as released. */
  beta?: number;
  /** The most steps from an image, each a gradient. Default: 100, as released. */
  maxSteps?: number;
  /** Whether points stay inside `bounds` too, not only near their images. Default: false, as released. */
  clip?: boolean;
  /** Decides the noise. Default: 0. */
  seed?: number;
}

/** Validates the options and fills in the defaults. */
export function checkLassOptions(
  check: Check,
  options: Omit<LassOptions, 'radius'> & { radius?: number },
): LassSettings & { seed: number } {
  const [min, max] = check.bounds('bounds', options.bounds);
  const level = (max - min) / 255;
  return {
    radius: check.number('radius', options.radius ?? defaultRadius([min, max]), { min: 0 }),
    alpha: check.number('alpha', options.alpha ?? 0.25 * level, { min: 0 }),
    beta: check.number('beta', options.beta ?? 0.2 * level, { min: 0 }),
    maxSteps: check.number('maxSteps', options.maxSteps ?? 100, { integer: true, min: 0 }),
    clipTo: check.boolean('clip', options.clip ?? false) ? [min, max] : undefined,
    stopBelow: 0,
    seed: check.seed('seed', options.seed === undefined ? 0 : options.seed),
  };
}

/** 0.3 of 255 levels. */
export function defaultRadius([min, max]: Bounds): number {
  return (0.3 * (max - min)) / 255;
}
