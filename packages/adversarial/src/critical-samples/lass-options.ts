import type { Bounds, Check } from '@cnnviz/internal';
import type { LassSettings } from './lass.ts';

/** What a search for critical samples may be told; lengths in the units of the pixels. */
export interface LassOptions {
  /** What a valid pixel may be: the range that the model was trained on. The constants below are scaled to it. */
  bounds: Bounds;
  /** How far a pixel may move, >= 0. Default: 0.3 on the scale 0-255, as released: 0.3 / 255 of [0, 1]. */
  radius?: number;
  /** Length of the step along the sign of the gradient, >= 0. Default: 0.25 on the scale 0-255, as released. */
  alpha?: number;
  /** Standard deviation of the noise in each step, >= 0. Default: 0.2 on the scale 0-255, as released. */
  beta?: number;
  /** Default: 100, as released. */
  maxIterations?: number;
  /** Whether points stay inside `bounds` too, not only near their images. Default: false, as released. */
  clip?: boolean;
  /** Decides the noise. */
  seed: number;
}

/** The settings that options stand for. */
export function checkLassOptions(
  check: Check,
  options: Omit<LassOptions, 'radius'> & { radius?: number },
): LassSettings {
  const [min, max] = check.bounds('bounds', options.bounds);
  const level = (max - min) / 255;
  check.seed('seed', options.seed);
  return {
    radius: check.number('radius', options.radius ?? defaultRadius([min, max]), { min: 0 }),
    alpha: check.number('alpha', options.alpha ?? 0.25 * level, { min: 0 }),
    beta: check.number('beta', options.beta ?? 0.2 * level, { min: 0 }),
    maxIterations: check.number('maxIterations', options.maxIterations ?? 100, { integer: true, min: 0 }),
    clipTo: check.boolean('clip', options.clip ?? false) ? [min, max] : undefined,
    stopBelow: 0,
  };
}

/** 0.3 of 255 levels. */
export function defaultRadius([min, max]: Bounds): number {
  return (0.3 * (max - min)) / 255;
}
