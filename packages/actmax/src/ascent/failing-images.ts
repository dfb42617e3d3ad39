import type { Transform } from '../transforms/transform.ts';

/** The numbers of one image in a step. */
export interface Score {
  activation: number;
  /** The activation minus the penalties. */
  value: number;
  /** Mean absolute value of the gradient; 0 if it is not computed. */
  slope: number;
}

export function isFiniteScore({ value, slope }: Score): boolean {
  return Number.isFinite(value) && Number.isFinite(slope);
}

export const finiteOrNaN = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

/** Says why no step can improve an image; undefined if one can. */
export function reasonToGiveUp({ activation, value, slope }: Score, isDead: boolean, transforms: readonly Transform[]) {
  if (!Number.isFinite(activation)) return `its activation must be finite, got ${activation}`;
  if (!Number.isFinite(value)) return `its activation minus the penalties must be finite, got ${value}`;
  if (!Number.isFinite(slope)) return 'its gradient must be finite, and is not';
  return isDead ? `its gradient at the start is zero, ${whatMayWake(transforms)}` : undefined;
}

/** Words the error of a run whose images are all dead. */
export function allAreDead(images: readonly number[], transforms: readonly Transform[]): string {
  const which = images.length === 1 ? `image ${images[0]}` : `images ${images.slice(0, 8).join(', ')}`;
  return `the gradient at the start is zero for ${which}, ${whatMayWake(transforms)}`;
}

function whatMayWake(transforms: readonly Transform[]): string {
  const robustness = transforms.length === 0 ? ', and so may the transforms of robustness()' : '';
  return `so that no step improves it: another seed or a start further from gray may activate the unit${robustness}; rejectZeroGradient: false continues all the same`;
}
