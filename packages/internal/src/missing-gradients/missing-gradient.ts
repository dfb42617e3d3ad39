import type { GradConfig } from '@tensorflow/tfjs-core';

/** What makes a gradient of tfjs right where it is wrong, or throws, and leaves it alone where it is right. */
export interface MendedGradient {
  kernelName: string;
  mend(original: GradConfig['gradFunc']): GradConfig['gradFunc'];
}
