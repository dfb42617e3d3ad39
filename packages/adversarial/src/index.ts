export type { Bounds, Classifier, LongWork } from '@cnnviz/internal';
// Critical samples
export {
  type CriticalSamples,
  type CriticalSamplesOptions,
  type CriticalSamplesProgress,
  criticalSamples,
} from './critical-samples.ts';
// Attacks
export { type FgsmOptions, fgsm } from './fgsm.ts';
// Fooling images
export {
  type FirstIterations,
  type FoolingImages,
  type FoolingImagesOptions,
  type FoolingProgress,
  foolingImages,
} from './fooling-images.ts';
export { type MomentumPgdOptions, momentumPgd } from './momentum-pgd.ts';
export { type PgdOptions, pgd } from './pgd.ts';
export type { AttackProgress, AttackResult } from './projected-gradient.ts';
export type { L1Step, Norm } from './step-direction.ts';
