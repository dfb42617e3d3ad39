import { SplitV, Unpack } from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

/** The gradient of `split` and `unstack` into a single part, whose gradient tfjs passes alone where its own code expects a list. */
export const onlyPartGradients: MendedGradient[] = [SplitV, Unpack].map((kernelName) => ({
  kernelName,
  mend: (original) => (dy, saved, attrs) => original(Array.isArray(dy) ? dy : [dy], saved, attrs),
}));
