import type { Check } from '@cnnviz/internal';

/** Throws because a state is not one of the thresholds of all images. */
export function failForThresholds(check: Check, count: number): never {
  return check.failBecause('state', `thresholds must be those of all ${count} images, as mergeShards gives them`);
}
